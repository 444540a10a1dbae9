import { describe, expect, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Client } from "../../src/client/index.ts"
import { Framing, limits, parseAddressRanges, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { Handler, Server, ServerConfig } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

const fromEnv = (variables: Record<string, string>) =>
  Effect.provide(ServerConfig, ServerConfig.layerFromEnv()).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)), { pathDelim: "_" })),
  )

describe("the settings of a server", () => {
  it("default to the limits of the domain and to loopback", () => {
    expect(ServerConfig.defaults).toMatchObject({
      listen: tcpEndpoint("127.0.0.1", 12345),
      frame: Framing.raw,
      maxFrame: limits.maxFrameBytes,
      slowConsumer: "disconnect",
      drain: Duration.seconds(5),
    })
  })

  it.effect("are the defaults with some replaced, in a layer", () =>
    Effect.gen(function* () {
      const settings = yield* ServerConfig
      expect(settings).toEqual({ ...ServerConfig.defaults, maxFrame: 7, frame: Framing.line })
    }).pipe(Effect.provide(ServerConfig.layer({ maxFrame: 7, frame: Framing.line }))),
  )

  it.effect("are the defaults where the environment says nothing", () =>
    Effect.gen(function* () {
      expect(yield* fromEnv({})).toEqual(ServerConfig.defaults)
    }),
  )

  it.effect("are read from the environment, each with its unit", () =>
    Effect.gen(function* () {
      const settings = yield* fromEnv({
        TCPFX_LISTEN: "unix:/run/x, [::1]:9000",
        TCPFX_FAMILY: "ipv6",
        TCPFX_IPV6_ONLY: "yes",
        TCPFX_UNIX_MODE: "0660",
        TCPFX_FRAME: "line",
        TCPFX_MAX_FRAME: "2KiB",
        TCPFX_HUB_BUDGET: "1MiB",
        TCPFX_SLOW_CONSUMER: "drop-oldest",
        TCPFX_PACE_LIMIT: "250ms",
        TCPFX_INBOX: "1000",
        TCPFX_OUTBOX: "1kB",
        TCPFX_CLOSE_DEADLINE: "1.5",
        TCPFX_DRAIN: "1m",
        TCPFX_BACKLOG: "3",
        TCPFX_ALLOW: "10.0.0.0/8 ::1",
        TCPFX_DENY: "192.0.2.7",
        TCPFX_MAX_CONNS: "100",
        TCPFX_MAX_PER_ADDRESS: "2",
        TCPFX_DISPLACE: "yes",
        TCPFX_REFUSAL: "full\\n",
        TCPFX_PROXY_PROTOCOL: "require",
        TCPFX_PROXY_FROM: "192.0.2.1",
        TCPFX_HANDSHAKE_TIMEOUT: "3s",
        TCPFX_MAX_RATE: "1MiB",
        TCPFX_MAX_RATE_IN_ALL: "8MiB",
        TCPFX_MAX_PENDING: "64MiB",
        TCPFX_FIRST_FRAME_TIMEOUT: "4s",
        TCPFX_IDLE_TIMEOUT: "90s",
        TCPFX_HEARTBEAT: "ping\\x00",
        TCPFX_HEARTBEAT_INTERVAL: "20s",
        TCPFX_KEEPALIVE: "30s,5s,4",
        TCPFX_WRITE_TIMEOUT: "7s",
      })
      expect(settings).toEqual({
        listen: [unixEndpoint("/run/x"), tcpEndpoint("::1", 9000)],
        family: "ipv6",
        ipv6Only: true,
        unixMode: 0o660,
        frame: Framing.line,
        maxFrame: 2048,
        hubBudget: 1024 * 1024,
        slowConsumer: "drop-oldest",
        paceLimit: Duration.millis(250),
        inbox: 1000,
        outbox: 1000,
        halfClosed: "close",
        closeDeadline: Duration.millis(1500),
        drain: Duration.minutes(1),
        backlog: 3,
        allow: Either.getOrThrow(parseAddressRanges("10.0.0.0/8 ::1")),
        deny: Either.getOrThrow(parseAddressRanges("192.0.2.7")),
        maxConns: 100,
        maxPerAddress: 2,
        displace: true,
        refusal: utf8("full\n"),
        proxyProtocol: "require",
        proxyFrom: Either.getOrThrow(parseAddressRanges("192.0.2.1")),
        telnet: false,
        tls: undefined,
        handshakeTimeout: Duration.seconds(3),
        maxRate: 1024 ** 2,
        maxRateInAll: 8 * 1024 ** 2,
        maxPending: 64 * 1024 ** 2,
        firstFrameTimeout: Duration.seconds(4),
        idleTimeout: Duration.seconds(90),
        heartbeat: { payload: utf8("ping\0"), interval: Duration.seconds(20), timeout: Duration.seconds(20) },
        keepalive: { idle: Duration.seconds(30), interval: Duration.seconds(5), count: 4 },
        writeTimeout: Duration.seconds(7),
      })
    }),
  )

  const bad: ReadonlyArray<readonly [string, string]> = [
    ["TCPFX_LISTEN", "127.0.0.1:port"],
    ["TCPFX_FAMILY", "ipx"],
    ["TCPFX_IPV6_ONLY", "maybe"],
    ["TCPFX_UNIX_MODE", "0688"],
    ["TCPFX_FRAME", "xml"],
    ["TCPFX_FRAME", "toString"],
    ["TCPFX_MAX_FRAME", "much"],
    ["TCPFX_HUB_BUDGET", "0"],
    ["TCPFX_SLOW_CONSUMER", "shout"],
    ["TCPFX_PACE_LIMIT", "5 parsecs"],
    ["TCPFX_DRAIN", "soon"],
    ["TCPFX_BACKLOG", "1.5"],
    ["TCPFX_BACKLOG", "70000"],
    ["TCPFX_ALLOW", "lab.example"],
    ["TCPFX_MAX_CONNS", "0"],
    ["TCPFX_PROXY_PROTOCOL", "guess"],
    ["TCPFX_PROXY_FROM", "proxy.example"],
    ["TCPFX_HANDSHAKE_TIMEOUT", "0"],
    ["TCPFX_MAX_RATE", "fast"],
    ["TCPFX_MAX_RATE_IN_ALL", "0"],
    ["TCPFX_MAX_PENDING", "1.5parsecs"],
    ["TCPFX_FIRST_FRAME_TIMEOUT", "later"],
    ["TCPFX_IDLE_TIMEOUT", "0ms"],
    ["TCPFX_HEARTBEAT", "\\y"],
    ["TCPFX_HEARTBEAT_INTERVAL", "0"],
    ["TCPFX_HEARTBEAT_TIMEOUT", "-1"],
    ["TCPFX_KEEPALIVE", "0.5s"],
    ["TCPFX_KEEPALIVE", "32768s"],
    ["TCPFX_KEEPALIVE", "5s,2s,128"],
    ["TCPFX_DISPLACE", "perhaps"],
    ["TCPFX_WRITE_TIMEOUT", "0"],
  ]
  for (const [name, value] of bad) {
    it.effect(`are refused with a typed error when ${name} is ${JSON.stringify(value)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(fromEnv({ [name]: value }))
        expect([error._op, String(error)]).toEqual(["InvalidData", expect.stringContaining(value)])
      }),
    )
  }

  it.effect("come from a Config that other programs can nest", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.fromMap(new Map([["APP_TCPFX_BACKLOG", "9"]]), { pathDelim: "_" })
      const settings = yield* Effect.withConfigProvider(Config.nested(ServerConfig.config, "APP"), provider)
      expect(settings.backlog).toBe(9)
    }),
  )
})

describe("the layer of a server", () => {
  overEachTransport("listens as the settings say, serves, and drains at its end", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const layer = Server.layer({ handler: Handler.broker() }).pipe(
        Layer.provide(ServerConfig.layer({ listen: anyPort, frame: Framing.line })),
      )
      const server = yield* Effect.map(Layer.buildWithScope(layer, scope), (context) => Effect.provide(Server, context))
      const { drain, listen, subscribeEvents } = yield* server
      const events = yield* Testing.probe(subscribeEvents())
      const { endpoint } = yield* listen(anyPort)
      const client = yield* Client.make({ frame: Framing.line })
      const [a, b] = [yield* client.connect(endpoint), yield* client.connect(endpoint)]
      yield* events.first("ConnectionOpened", 2)
      yield* a.send(utf8("hello"))
      expect(yield* Testing.receiveText(b)).toBe("hello")
      yield* Effect.all([Scope.close(scope, Exit.void), a.close, b.close], { concurrency: 3 })
      expect(yield* drain).toEqual({ graceful: 2, forced: 0 })
      expect(events.all("ListenStopped").length).toBe(2)
    }),
  )

  it.scoped("fails with ListenError when it cannot listen", () =>
    Effect.gen(function* () {
      const endpoint = tcpEndpoint("127.0.0.1", 4000)
      const layer = Server.layer({ handler: Handler.broker() }).pipe(
        Layer.provide(ServerConfig.layer({ listen: endpoint })),
      )
      yield* Layer.build(layer)
      const error = yield* Effect.flip(Layer.build(Layer.fresh(layer)))
      expect(error).toMatchObject({ _tag: "ListenError", reason: "AddressInUse", endpoint })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
