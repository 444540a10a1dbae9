import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client, ClientConfig } from "../../src/client/index.ts"
import {
  ConnectError,
  closeReasons,
  Framing,
  formatEndpoint,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { type DialRules, dialTransport, makeDialLog } from "../support/dialTransport.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const recorded = (settings = {}) =>
  Effect.gen(function* () {
    const client = yield* Client.make(settings)
    return { client, events: yield* Testing.probe(client.subscribeEvents({ frames: true })) }
  })

describe("connecting", () => {
  overEachTransport("emits connecting, connected, the frames, closing and disconnected with the totals", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo() })
      const { client, events } = yield* recorded()
      const connection = yield* client.connect(endpoint)
      yield* connection.send(utf8("hello"))
      yield* Testing.receiveBytes(connection, 5)
      yield* connection.close
      yield* events.one("Disconnected")
      expect(events.tags()).toEqual([
        "Connecting",
        "Connected",
        "FrameSent",
        "FrameReceived",
        "Closing",
        "Disconnected",
      ])
      expect(events.seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
      expect(events.all("Connecting")[0]).toMatchObject({ endpoint })
      expect(events.all("Connected")[0]).toMatchObject({ remote: endpoint, local: connection.local })
      expect(events.all("Disconnected")[0]).toMatchObject({
        remote: endpoint,
        reason: { _tag: "LocalClosed" },
        bytesIn: 5,
        bytesOut: 5,
      })
    }),
  )

  overEachTransport("with a client whose scope has closed is interrupted, and ends a session", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo() })
      const scope = yield* Scope.make()
      const client = yield* Scope.extend(Client.make(), scope)
      yield* Scope.close(scope, Exit.void)
      expect(Exit.isInterrupted(yield* Effect.exit(client.connect(endpoint)))).toBe(true)
      const session = yield* client.session(endpoint)
      expect(yield* Effect.exit(Stream.runCount(session.frames))).toEqual(Exit.succeed(0))
    }),
  )

  overEachTransport("while the scope of the client closes leaves no open connection", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo() })
      const scope = yield* Scope.make()
      const client = yield* Scope.extend(Client.make(), scope)
      const connecting = yield* Effect.fork(client.connect(endpoint))
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      const connected = yield* Fiber.await(connecting)
      if (Exit.isFailure(connected)) expect(Exit.isInterrupted(connected)).toBe(true)
      else expect(yield* connected.value.closed).toMatchObject({ reason: closeReasons.localClosed })
    }),
  )

  overEachTransport("to a name emits a look-up first", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo() })
      const { client, events } = yield* recorded()
      const port = endpoint._tag === "Tcp" ? endpoint.port : 0
      yield* client.connect(tcpEndpoint("localhost", port))
      yield* events.one("Connected")
      expect(events.tags()[0]).toBe("LookingUp")
      expect(events.all("LookingUp")).toMatchObject([{ host: "localhost" }])
    }),
  )

  overEachTransport("emits which side half-closed, and why it was disconnected", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo() })
      const { client, events } = yield* recorded()
      const connection = yield* client.connect(endpoint)
      yield* connection.halfClose
      expect((yield* connection.closed).reason).toEqual({ _tag: "LocalClosed" })
      yield* events.one("Disconnected")
      expect(events.all("HalfClosed").map(({ by }) => by)).toEqual(["local", "peer"])
    }),
  )

  overEachTransport("ends with its scope: the server sees the end, and the client emits it", () =>
    Effect.gen(function* () {
      const { endpoint, events: server } = yield* Testing.serve({ handler: Handler.echo() })
      const { client, events } = yield* recorded()
      const connection = yield* Effect.scoped(Effect.zipLeft(client.connect(endpoint), server.one("ConnectionOpened")))
      expect((yield* connection.closed).reason).toEqual({ _tag: "LocalClosed" })
      expect((yield* server.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
      expect(yield* Effect.flip(connection.send(utf8("x")))).toMatchObject({ reason: { _tag: "LocalClosed" } })
      expect(yield* events.one("Disconnected")).toMatchObject({ remote: endpoint })
    }),
  )

  overEachTransport("fails with Refused without a listener", () =>
    Effect.gen(function* () {
      const endpoint = yield* Effect.scoped(
        Effect.map(Testing.serve({ handler: Handler.echo() }), (server) => server.endpoint),
      )
      const { client, events } = yield* recorded()
      const error = yield* Effect.flip(client.connect(endpoint))
      expect(error).toMatchObject({ _tag: "ConnectError", reason: "Refused", code: "ECONNREFUSED", endpoint })
      yield* events.one("Connecting")
      expect(events.tags()).toEqual(["Connecting"])
    }),
  )

  it.scopedLive("fails with PathNotFound where there is no socket file", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "socket")
      const { client } = yield* recorded()
      const missing = yield* Effect.flip(client.connect(unixEndpoint(path)))
      expect([missing.reason, missing.code]).toEqual(["PathNotFound", "ENOENT"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("fails with NameNotFound where a name has no address", () =>
    Effect.gen(function* () {
      const { client, events } = yield* recorded()
      const endpoint = tcpEndpoint("nobody.invalid", 1)
      const error = yield* Effect.flip(client.connect(endpoint))
      expect(error).toMatchObject({ reason: "NameNotFound", code: "ENOTFOUND", endpoint })
      yield* events.one("LookingUp")
      expect(events.tags()).toEqual(["LookingUp"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("works as a layer with its settings", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.reply(utf8("12345")) })
      const client = yield* Client
      const connection = yield* client.connect(endpoint)
      yield* connection.send(utf8("1234"))
      expect((yield* connection.closed).reason).toEqual({ _tag: "FrameTooLong", limitBytes: 4 })
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerReset" })
    }).pipe(
      Effect.provide(Client.layer),
      Effect.provide(ClientConfig.layer({ maxFrame: 4, frame: Framing.line })),
      Effect.provide(MemoryTransport.layer()),
    ),
  )
})

describe("a name with several addresses", () => {
  const names = { plc: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] }
  const log = makeDialLog
  const network = (rules: DialRules, kept = log()) =>
    Layer.provideMerge(dialTransport(rules, kept), MemoryTransport.layer({ names }))

  const listenAt = (host: string) =>
    Effect.gen(function* () {
      const server = yield* Server.make({ handler: Handler.echo() })
      const events = yield* Testing.probe(server.subscribeEvents())
      return { events, ...(yield* server.listen(tcpEndpoint(host, 502))) }
    })

  it.scoped("is tried on the next address at once after a refusal", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* listenAt("10.0.0.2")
      const { client, events } = yield* recorded()
      const connection = yield* client.connect(tcpEndpoint("plc", 502))
      expect(connection.remote).toEqual(endpoint)
      yield* events.one("Connected")
      expect(events.tags()).toEqual(["LookingUp", "Connecting", "Connecting", "Connected"])
      expect(events.all("Connecting").map((event) => formatEndpoint(event.endpoint))).toEqual([
        "10.0.0.1:502",
        "10.0.0.2:502",
      ])
    }).pipe(Effect.provide(network({}))),
  )

  it.scoped("fails with the name when every address refuses", () =>
    Effect.gen(function* () {
      const { client, events } = yield* recorded()
      const error = yield* Effect.flip(client.connect(tcpEndpoint("plc", 502)))
      expect(error).toMatchObject({ reason: "Refused", endpoint: tcpEndpoint("plc", 502) })
      expect((yield* events.first("Connecting", 3)).length).toBe(3)
    }).pipe(Effect.provide(network({}))),
  )

  it.scoped.each([
    { failing: ["Unreachable", "Refused", "Unreachable"], told: ["Refused", "E1"] },
    { failing: ["Unreachable", "PermissionDenied", "Refused"], told: ["PermissionDenied", "E1"] },
    { failing: ["Unreachable", "Unreachable", "Unreachable"], told: ["Unreachable", "E0"] },
  ] as const)("tells the error that says most of $failing: the first that is not Unreachable", ({ failing, told }) =>
    Effect.gen(function* () {
      const { client } = yield* recorded()
      const error = yield* Effect.flip(client.connect(tcpEndpoint("plc", 502)))
      expect([error.reason, error.code, error.endpoint]).toEqual([...told, tcpEndpoint("plc", 502)])
    }).pipe(
      Effect.provide(
        network({
          instead: (endpoint) => {
            const index = names.plc.findIndex((host) => endpoint._tag === "Tcp" && endpoint.host === host)
            return Effect.fail(new ConnectError({ endpoint, reason: failing[index] ?? "Failed", code: `E${index}` }))
          },
        }),
      ),
    ),
  )

  it.scoped("gives an address that does not answer a head start of attemptDelay, then lets go of it", () => {
    const kept = log()
    return Effect.gen(function* () {
      yield* listenAt("10.0.0.3")
      const { client, events } = yield* recorded({ attemptDelay: Duration.millis(250) })
      const connecting = yield* Effect.fork(client.connect(tcpEndpoint("plc", 502)))
      yield* events.first("Connecting", 1)
      yield* TestClock.adjust("249 millis")
      expect(kept.dialled).toEqual(["10.0.0.1:502"])
      yield* TestClock.adjust("1 millis")
      yield* events.first("Connecting", 2)
      yield* TestClock.adjust("249 millis")
      expect(kept.dialled).toEqual(["10.0.0.1:502", "10.0.0.2:502"])
      yield* TestClock.adjust("1 millis")
      const connection = yield* Fiber.join(connecting)
      expect(connection.remote).toEqual(tcpEndpoint("10.0.0.3", 502))
      expect([...kept.open]).toEqual(["10.0.0.3:502"])
    }).pipe(Effect.provide(network({ blackHoles: ["10.0.0.1", "10.0.0.2"] }, kept)))
  })

  it.scoped("closes the losers that connected in the same moment", () =>
    Effect.gen(function* () {
      const both = yield* Deferred.make<void>()
      let waiting = 0
      const rules: DialRules = {
        instead: (endpoint, dial) =>
          formatEndpoint(endpoint).startsWith("10.0.0.3")
            ? dial
            : Effect.zipLeft(
                dial,
                Effect.suspend(() => (++waiting === 2 ? Deferred.succeed(both, undefined) : Deferred.await(both))),
              ),
      }
      const kept = log()
      yield* Effect.gen(function* () {
        const servers = yield* Effect.forEach(["10.0.0.1", "10.0.0.2"], listenAt)
        const { client, events } = yield* recorded({ attemptDelay: Duration.millis(250) })
        const connecting = yield* Effect.fork(client.connect(tcpEndpoint("plc", 502)))
        yield* events.first("Connecting", 1)
        yield* TestClock.adjust("250 millis")
        const connection = yield* Fiber.join(connecting)
        expect([...kept.open]).toEqual([formatEndpoint(connection.remote)])
        const loser = servers.find(({ endpoint }) => formatEndpoint(endpoint) !== formatEndpoint(connection.remote))
        expect(yield* loser?.events.one("ConnectionClosed") ?? Effect.void).toMatchObject({ id: 1 })
        yield* connection.send(utf8("x"))
        expect(string(yield* Testing.receiveBytes(connection, 1))).toBe("x")
      }).pipe(Effect.provide(network(rules, kept)))
    }),
  )

  it.scoped("fails with Timeout after connectTimeout and destroys every pending dial", () => {
    const kept = log()
    return Effect.gen(function* () {
      const { client, events } = yield* recorded({ connectTimeout: Duration.seconds(2) })
      const connecting = yield* Effect.fork(Effect.flip(client.connect(tcpEndpoint("plc", 502))))
      yield* events.first("Connecting", 1)
      yield* TestClock.adjust("1999 millis")
      expect(kept.open.size).toBe(3)
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(connecting)
      expect(error).toMatchObject({ reason: "Timeout", code: "ETIMEDOUT", endpoint: tcpEndpoint("plc", 502) })
      expect(kept.open.size).toBe(0)
    }).pipe(Effect.provide(network({ blackHoles: names.plc }, kept)))
  })

  it.scoped("is given up when connecting is interrupted", () => {
    const kept = log()
    return Effect.gen(function* () {
      const { client, events } = yield* recorded()
      const connecting = yield* Effect.fork(client.connect(tcpEndpoint("plc", 502)))
      yield* events.first("Connecting", 1)
      yield* Fiber.interrupt(connecting)
      expect([kept.dialled.length, kept.open.size]).toEqual([1, 0])
    }).pipe(Effect.provide(network({ blackHoles: names.plc }, kept)))
  })
})
