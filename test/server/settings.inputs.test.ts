import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client, ClientConfig, reconnectDefaults } from "../../src/client/index.ts"
import { checkClientSettings, checkReconnect } from "../../src/client/internal/checkClientSettings.ts"
import { Framing, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { Handler, Server, ServerConfig } from "../../src/server/index.ts"
import { checkServerSettings } from "../../src/server/internal/checkServerSettings.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { utf8 } from "../support/texts.ts"

describe("durations in settings", () => {
  it.effect("are texts, milliseconds or Durations, and become Durations", () =>
    Effect.gen(function* () {
      const server = yield* checkServerSettings({
        ...ServerConfig.defaults,
        frame: Framing.line,
        drain: "2 minutes",
        idleTimeout: 1500,
        keepalive: Duration.seconds(30),
        writeTimeout: Number.POSITIVE_INFINITY,
        heartbeat: { payload: utf8("ping"), interval: "1 second", timeout: 250 },
      })
      expect(server.drain).toEqual(Duration.minutes(2))
      expect(server.idleTimeout).toEqual(Duration.millis(1500))
      expect(server.keepalive).toEqual({ idle: Duration.seconds(30) })
      expect(Duration.isFinite(server.writeTimeout)).toBe(false)
      expect(server.heartbeat).toEqual({
        payload: utf8("ping"),
        interval: Duration.seconds(1),
        timeout: Duration.millis(250),
      })
      const client = yield* checkClientSettings({ ...ClientConfig.defaults, connectTimeout: "3 seconds" })
      expect(client.connectTimeout).toEqual(Duration.seconds(3))
      const reconnect = yield* checkReconnect({ ...reconnectDefaults, baseDelay: 10, maxDelay: "1 minute" })
      expect([reconnect.baseDelay, reconnect.maxDelay]).toEqual([Duration.millis(10), Duration.minutes(1)])
    }),
  )

  it.effect("are named in the error with the forms that are right", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Server.make({ handler, settings: { idleTimeout: -5 } })))
      expect(error.message).toBe(
        'the setting idleTimeout cannot be -5; it takes a duration of 1 ms or more, such as "5 seconds" or 5000 ' +
          "(milliseconds), or Duration.infinity for no deadline",
      )
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

const handler = Handler.echo()

describe("endpoints as texts", () => {
  it.scoped("listen, connect, run, open a session and stop", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ handler, settings: { frame: Framing.line } })
      const { endpoint } = yield* server.listen("127.0.0.1:9000")
      expect(endpoint).toEqual(tcpEndpoint("127.0.0.1", 9000))
      const [, unix] = yield* server.listenAll([":9001", "unix:/run/x.sock"])
      expect(unix?.endpoint).toEqual(unixEndpoint("/run/x.sock"))
      const client = yield* Client.make({ frame: Framing.line })
      const connection = yield* client.connect("127.0.0.1:9000")
      yield* connection.send(utf8("one"))
      expect(yield* Testing.receiveText(connection)).toBe("one")
      expect(yield* client.run("unix:/run/x.sock", (one) => Effect.succeed(one.remote))).toEqual(
        unixEndpoint("/run/x.sock"),
      )
      const session = yield* client.session(":9001")
      yield* session.send(utf8("two"))
      yield* session.close
      yield* server.startListening("127.0.0.1:9002")
      expect(yield* server.stopListening("127.0.0.1:9002")).toBe(true)
      expect(yield* server.stopListening("127.0.0.1:port")).toBe(false)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are the setting of the layer, one text with a list or a list of texts", () =>
    Effect.gen(function* () {
      for (const listen of ["127.0.0.1:9000 [::1]:9000", ["127.0.0.1:9000", "[::1]:9000"]] as const) {
        const layer = Server.layer({ handler }).pipe(Layer.provide(ServerConfig.layer({ listen })))
        const listening = yield* Effect.provide(
          Effect.flatMap(Server, (server) => server.listening),
          Layer.fresh(layer),
        )
        expect(listening).toEqual([tcpEndpoint("127.0.0.1", 9000), tcpEndpoint("::1", 9000)])
      }
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("that are not endpoints fail with what is wrong and what is right", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ handler })
      const client = yield* Client.make()
      const right = "expected host:port, :port, a port, a host, [ipv6]:port or unix:/path"
      const listening = yield* Effect.flip(server.listen("plc:x"))
      expect(listening).toMatchObject({ _tag: "ListenError", reason: "InvalidEndpoint", endpoint: "plc:x" })
      expect(listening.message).toBe(`cannot listen on "plc:x": the port "x" is not a number; ${right}`)
      const connecting = yield* Effect.flip(client.connect("plc:x"))
      expect(connecting).toMatchObject({ _tag: "ConnectError", reason: "InvalidEndpoint", endpoint: "plc:x" })
      expect(connecting.message).toBe(`cannot connect to "plc:x": the port "x" is not a number; ${right}`)
      expect(yield* Effect.flip(client.run("", () => Effect.void))).toMatchObject({ reason: "InvalidEndpoint" })
      expect(yield* Effect.flip(client.session("plc:70000"))).toMatchObject({
        _tag: "SettingsError",
        field: "endpoint",
        value: '"plc:70000": the port 70000 is above 65535',
      })
      const layer = Server.layer({ handler }).pipe(Layer.provide(ServerConfig.layer({ listen: "plc:x" })))
      expect(yield* Effect.flip(Layer.build(layer))).toMatchObject({
        _tag: "SettingsError",
        field: "listen",
        value: '"plc:x": the port "x" is not a number',
      })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
