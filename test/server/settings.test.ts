import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  Client,
  ClientConfig,
  type ClientSettings,
  type ReconnectSettings,
  type SessionOptions,
} from "../../src/client/index.ts"
import { AddressSet, Framing, fdEndpoint, SettingsError, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { Hub, type HubOptions } from "../../src/hub/index.ts"
import type { EventSubscribeOptions } from "../../src/runtime/EventBus.ts"
import { Handler, type ReloadableSettings, Server, ServerConfig, type ServerSettings } from "../../src/server/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"

const numbers = [-1, Number.NaN, 1.5, Number.NEGATIVE_INFINITY, "1", undefined, null]
const noLimits = [0, ...numbers]
const times = [-1, Number.NaN, -5n, [-1, 0], "5s", "-5 seconds", "5 parsecs", undefined, null]
const deadlines = [0, 0.5, "0 seconds", Duration.zero, Duration.millis(-5), Duration.millis(Number.NaN), ...times]
const wrongKeepalives = [
  { idle: 999 },
  { idle: "5 seconds", interval: 0 },
  { idle: "5 seconds", interval: Duration.infinity },
  { idle: "5 seconds", count: 0 },
  { idle: "5 seconds", count: 128 },
  { idle: "5 seconds", count: "3" },
]
const keepalives = [999, "10 hours", Duration.millis(999), Duration.seconds(32_768), ...deadlines, ...wrongKeepalives]
const heartbeat = { payload: Uint8Array.of(1), interval: Duration.seconds(1), timeout: Duration.seconds(1) }

/** Invalid values of each field. */
type Wrong<S> = { readonly [K in keyof S]-?: ReadonlyArray<unknown> }

const wrongInBoth = {
  frame: [undefined, null, "line", {}],
  maxFrame: noLimits,
  inbox: numbers,
  outbox: numbers,
  closeDeadline: times,
  family: ["ipv5", undefined, 4],
  keepalive: keepalives,
  idleTimeout: deadlines,
  writeTimeout: deadlines,
  heartbeat: ["ping", 5, { ...heartbeat, interval: "soon" }],
}

const wrongInServers: Wrong<ServerSettings> = {
  ...wrongInBoth,
  listen: [
    [],
    undefined,
    "",
    "127.0.0.1:port",
    ["127.0.0.1:80", "fd:x"],
    tcpEndpoint("127.0.0.1", 70_000),
    tcpEndpoint("", 80),
    unixEndpoint(""),
    fdEndpoint(-1),
  ],
  halfClosed: ["open", undefined],
  ipv6Only: [undefined, 1, "yes"],
  unixMode: [-1, 0o1000, 1.5, "660"],
  hubBudget: noLimits,
  slowConsumer: ["drop", undefined],
  paceLimit: times,
  drain: times,
  backlog: [65_536, Number.POSITIVE_INFINITY, ...noLimits],
  allow: [undefined, "10.0.0.0/8", ["10.0.0.0/8"]],
  deny: [undefined, "10.0.0.0/8", [null]],
  maxConns: noLimits,
  maxPerAddress: noLimits,
  displace: [undefined, 1, "yes"],
  refusal: ["full", 5],
  proxyProtocol: ["on", undefined, true],
  proxyFrom: [undefined, "10.0.0.0/8"],
  telnet: [undefined, 1, "yes"],
  tls: [{}, "cert.pem", true],
  handshakeTimeout: deadlines,
  maxRate: noLimits,
  maxRateInAll: noLimits,
  maxPending: noLimits,
  firstFrameTimeout: deadlines,
}

const wrongInClients: Wrong<ClientSettings> = {
  ...wrongInBoth,
  halfClosed: ["open", undefined],
  source: ["", "a.name", 5],
  sourcePort: [-1, 65_536, 1.5, Number.NaN, "80"],
  proxy: ["socks5://127.0.0.1:1080", {}],
  sendProxy: [0, 3, "v1"],
  telnet: [undefined, 1, "yes"],
  tls: [{}, true],
  onConnect: [undefined, "hello", [1], [Uint8Array.of(1), "x"]],
  connectTimeout: deadlines,
  wait: times,
  attemptDelay: times,
}

const wrongInReconnect: Wrong<ReconnectSettings> = {
  baseDelay: times,
  maxDelay: times,
  jitter: [-0.1, 1.1, Number.NaN, undefined],
  stableAfter: times,
  maxAttempts: numbers,
  onPeerEnd: ["again", undefined],
}

/** Expects an error that names the field, for each value of each field. */
const refuses = <S, A, R>(wrong: Wrong<S>, use: (options: Partial<S>) => Effect.Effect<A, unknown, R>, prefix = "") =>
  Effect.forEach(Object.entries<ReadonlyArray<unknown>>(wrong), ([field, values]) =>
    Effect.forEach(values, (value) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(use({ [field]: value } as Partial<S>))
        if (!(error instanceof SettingsError)) return expect([field, value, error]).toBe("a SettingsError")
        expect([field, value, error.field.split(".")[0]]).toEqual([field, value, prefix === "" ? field : prefix])
        expect(error.message).toMatch(/^the setting [\w.]+ cannot be .+; it takes \S.+$/)
      }),
    ),
  )

const handler = Handler.discard()

describe("invalid settings", () => {
  it.scoped("are refused by Server.make and Server.layer, field by field", () =>
    Effect.gen(function* () {
      yield* refuses(wrongInServers, (settings) => Server.make({ handler, settings }))
      const layer = Server.layer({ handler }).pipe(Layer.provide(ServerConfig.layer({ maxFrame: Number.NaN })))
      expect(yield* Effect.flip(Layer.build(layer))).toMatchObject({ _tag: "SettingsError", field: "maxFrame" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are refused by Client.make and Client.layer, field by field", () =>
    Effect.gen(function* () {
      yield* refuses(wrongInClients, (settings) => Client.make(settings))
      const layer = Client.layer.pipe(Layer.provide(ClientConfig.layer({ sourcePort: -1 })))
      expect(yield* Effect.flip(Layer.build(layer))).toMatchObject({ _tag: "SettingsError", field: "sourcePort" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are refused by run, session, subscribeEvents and reload", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      const server = yield* Server.make({ handler })
      const nowhere = tcpEndpoint("127.0.0.1", 1)
      yield* refuses(wrongInReconnect, (reconnect) => client.run(nowhere, () => Effect.void, reconnect), "reconnect")
      yield* refuses(wrongInReconnect, (reconnect) => client.session(nowhere, { reconnect }), "reconnect")
      const session: Wrong<SessionOptions> = {
        onConnect: [undefined, "log in"],
        reconnect: [undefined, 5],
        outboxBytes: noLimits,
        whenFull: ["drop", undefined],
      }
      yield* refuses(session, (options) => client.session(nowhere, options))
      const subscription: Wrong<EventSubscribeOptions> = {
        frames: [undefined, "yes"],
        bufferBytes: numbers,
        overflow: ["drop", undefined],
      }
      yield* refuses(subscription, (options) => server.subscribeEvents(options))
      yield* refuses(subscription, (options) => client.subscribeEvents(options))
      const { allow, deny, maxConns, maxPerAddress, tls } = wrongInServers
      const reload: Wrong<ReloadableSettings> = { allow, deny, maxConns, maxPerAddress, tls }
      yield* refuses(reload, (changed) => server.reload(changed))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are refused by Hub.make and by subscribers of a hub, field by field", () =>
    Effect.gen(function* () {
      const { budgetBytes, slowConsumer } = { budgetBytes: noLimits, slowConsumer: ["drop", undefined] }
      const hubs: Wrong<HubOptions> = {
        framing: [undefined, "line"],
        budgetBytes,
        slowConsumer,
        paceLimit: times,
        maxFrameBytes: noLimits,
        history: [undefined, {}, { last: 0 }, { last: 1, since: 1000 }, { since: 1 }, { last: 1, maxBytes: 1 }],
      }
      yield* refuses(hubs, (options) => Hub.make(options))
      const hub = yield* Hub.make()
      yield* refuses({ budgetBytes, slowConsumer, history: [undefined, 1] }, (options: object) =>
        hub.subscribe(options),
      )
    }),
  )

  it.scoped("name the nested field, the value, and the valid values", () =>
    Effect.gen(function* () {
      const settings = { frame: Framing.line, heartbeat: { ...heartbeat, timeout: Duration.zero } }
      const error = yield* Effect.flip(Server.make({ handler, settings }))
      expect(error.message).toBe(
        'the setting heartbeat.timeout cannot be 0 ms; it takes a duration of 1 ms or more, such as "5 seconds" or 5000 (milliseconds), or Duration.infinity for no deadline',
      )
      const lines = yield* Effect.flip(
        Client.make({ frame: Framing.line, heartbeat: { ...heartbeat, payload: Uint8Array.of(97, 10) } }),
      )
      expect(lines.message).toBe(
        "the setting heartbeat.payload cannot be these bytes: it contains a line end (LF, at byte 1), so it would arrive as several frames; it takes a payload that line frames can carry",
      )
      const first = yield* Effect.flip(
        Client.make({ frame: Framing.fixed(2), onConnect: [Uint8Array.of(1, 2), Uint8Array.of(1)] }),
      )
      expect(first.message).toMatch(
        /^the setting onConnect\[1\] cannot be these bytes: .*; it takes a payload that fixed:2 frames/,
      )
      const port = yield* Effect.flip(Client.make({ sourcePort: 65_536 }))
      expect(port.message).toBe(
        "the setting sourcePort cannot be 65536; it takes a whole number from 0 to 65535, or undefined",
      )
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("include a framing other than the framing of the shared hub", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ framing: Framing.line })
      const other = yield* Effect.flip(Server.make({ handler, hub, settings: { frame: Framing.raw } }))
      expect([other.field, other.message]).toEqual([
        "frame",
        "the setting frame cannot be raw, but the hub has line frames; it takes the framing of the hub; leave it out",
      ])
      yield* Server.make({ handler, hub })
      yield* Server.make({ handler, hub, settings: { frame: Framing.line, heartbeat } })
      const layer = (frame: Partial<ServerSettings>) =>
        Layer.build(
          Layer.provide(
            Server.layer({ handler, hub }),
            ServerConfig.layer({ ...frame, listen: tcpEndpoint("127.0.0.1", 0) }),
          ),
        )
      yield* layer({})
      yield* layer({ frame: Framing.line })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("settings at the ends of their ranges", () => {
  it.scoped("are accepted", () =>
    Effect.gen(function* () {
      const least = { maxFrame: 1, inbox: 0, outbox: 0, closeDeadline: Duration.zero, keepalive: Duration.seconds(1) }
      const most = {
        maxFrame: Number.POSITIVE_INFINITY,
        closeDeadline: Duration.infinity,
        keepalive: Duration.infinity,
      }
      for (const settings of [least, most]) {
        yield* Client.make({ ...settings, attemptDelay: Duration.zero, sourcePort: 0, source: "fe80::1%eth0" })
        yield* Server.make({
          handler,
          settings: {
            ...settings,
            backlog: 65_535,
            drain: Duration.zero,
            unixMode: 0,
            allow: AddressSet.from([]),
            tls: undefined,
          },
        })
      }
      yield* Server.make({ handler, settings: { listen: [unixEndpoint(`@${"x".repeat(107)}`), fdEndpoint(3)] } })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
