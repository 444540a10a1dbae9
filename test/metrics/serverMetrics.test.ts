import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Metrics } from "../../src/metrics/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { Handler, Server, type ServerService } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, Transport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { hex } from "../support/framingSuite.ts"
import { metricsOf } from "../support/metrics.ts"
import { utf8 } from "../support/texts.ts"

let tests = 0
/** A label that no other test has. */
const newTag = (): string => `server ${++tests}`
const line = { frame: Framing.line }
const once: Metrics.ServerMetricsOptions = { every: Duration.infinity, hub: false }

/** Keeps the metrics of a server. `now` are the metrics of this moment, `end` those after the end of their scope. */
const measure = (server: ServerService, options: Metrics.ServerMetricsOptions = once) =>
  Effect.gen(function* () {
    const test = newTag()
    const scope = yield* Scope.make()
    yield* Scope.extend(Metrics.server({ ...options, tags: { test } })(server), scope)
    const now = metricsOf(test)
    return { now, end: Effect.zipRight(Scope.close(scope, Exit.void), now) }
  })

describe("the metrics of a server", () => {
  overEachTransport("count its connections: open ones, opened ones, and closed ones by reason", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const early = yield* connect()
      const { end, now } = yield* measure(server)
      expect(yield* now).toEqual({ connections: 1 })
      yield* connect()
      yield* connect()
      yield* connect()
      expect(yield* now).toEqual({ connections: 4, connections_opened_total: 3 })
      yield* early.close
      yield* events.first("ConnectionClosed", 1)
      yield* server.kick(ConnectionId.make(2), "reset")
      yield* server.kick(ConnectionId.make(3), "reset")
      yield* events.first("ConnectionClosed", 3)
      const closed = { "connections_closed_total PeerClosed": 1, "connections_closed_total Kicked": 2 }
      expect(yield* now).toEqual({ connections: 1, connections_opened_total: 3, ...closed })
      expect(yield* end).toEqual({ connections_opened_total: 3, ...closed })
    }).pipe(Effect.scoped),
  )

  overEachTransport("count bytes and frames both ways, from their start on, and payloads once for each recipient", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: Handler.reply(utf8("ok")), settings: line })
      const [one, two] = [yield* connect(), yield* connect()]
      yield* one.send(utf8("before"))
      expect(yield* Testing.receiveText(one)).toBe("ok")
      const { end, now } = yield* measure(server)
      yield* one.send(utf8("a"))
      yield* one.send(utf8("bc"))
      yield* Testing.receiveText(one)
      yield* Testing.receiveText(one)
      yield* server.broadcast(utf8("all"))
      yield* Testing.receiveText(one)
      yield* Testing.receiveText(two)
      expect(yield* now).toEqual({ connections: 2 })
      expect(yield* end).toEqual({
        bytes_in_total: "a\nbc\n".length,
        bytes_out_total: "ok\nok\n".length + 2 * "all\n".length,
        frames_in_total: 2,
        frames_out_total: 2 + 2,
      })
    }).pipe(Effect.scoped),
  )

  overEachTransport("do not count frames if they shall not, and not the bytes of an echo as frames", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: Handler.echo(), settings: line })
      const all = yield* measure(server)
      const bytesOnly = yield* measure(server, { ...once, frames: false })
      const client = yield* connect()
      yield* client.send(utf8("abc"))
      yield* Testing.receiveText(client)
      const bytes = { bytes_in_total: 4, bytes_out_total: 4, connections_opened_total: 1 }
      expect(yield* all.end).toEqual({ ...bytes, frames_in_total: 1 })
      expect(yield* bytesOnly.end).toEqual(bytes)
    }).pipe(Effect.scoped),
  )

  overEachTransport("count refused connections by rule", () =>
    Effect.gen(function* () {
      const { connect, connectTo, endpoint, events, server } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { maxConns: 1 },
      })
      const { now } = yield* measure(server)
      yield* connect()
      yield* connectTo(endpoint)
      yield* connectTo(endpoint)
      yield* events.first("ConnectionRefused", 2)
      yield* server.suspend
      yield* connectTo(endpoint)
      yield* events.first("ConnectionRefused", 3)
      expect(yield* now).toEqual({
        connections: 1,
        connections_opened_total: 1,
        "refused_total TooManyConnections": 2,
        "refused_total Suspended": 1,
      })
    }),
  )

  overEachTransport("count slow consumers, and their ends", () =>
    Effect.gen(function* () {
      const settings = { hubBudget: 1024 * 1024, paceLimit: "10 millis" } as const
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.broker(), settings })
      const { now } = yield* measure(server)
      yield* (yield* connect()).pause
      while (events.all("ConnectionClosed").length === 0) yield* flood(server)
      expect(events.all("ConnectionStalled")).toHaveLength(1)
      expect(yield* now).toEqual({
        connections_opened_total: 1,
        slow_consumers_total: 1,
        "connections_closed_total SlowConsumer": 1,
      })
    }),
  )

  overEachTransport("count the frames that are dropped for a slow consumer", () =>
    Effect.gen(function* () {
      const settings = { hubBudget: 1024 * 1024, paceLimit: "10 millis", slowConsumer: "drop-oldest" } as const
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.broker(), settings })
      const { now } = yield* measure(server)
      yield* (yield* connect()).pause
      while (events.all("FramesDropped").length < 3) yield* flood(server)
      const missed = events.all("FramesDropped").map((event) => event.missed)
      expect((yield* now)["frames_dropped_total"]).toBe(missed.reduce((sum, count) => sum + count, 0))
    }),
  )

  overEachTransport("count skipped bytes", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { frame: Framing.cobs },
      })
      const { now } = yield* measure(server)
      const peer = yield* connect({ frame: Framing.raw })
      yield* peer.send(hex("0261 00 0561 00 0661 00 0262 00"))
      yield* events.one("BytesSkipped")
      expect((yield* now)["bytes_skipped_total"]).toBe(6)
    }),
  )

  it.scopedLive("count messages that cannot be decoded, and failures to accept, with the option `watch`", () =>
    Effect.gen(function* () {
      const test = newTag()
      const server = yield* Server.make({
        protocol: Protocol.make("numbers", { toServer: Schema.Number, toClient: Schema.Number }),
        handler: (connection) => connection.runForEach(() => Effect.void),
        watch: Metrics.server({ ...once, tags: { test } }),
      })
      const events = yield* Testing.probe(server.subscribeEvents())
      const { endpoint } = yield* server.listen(anyPort)
      const client = yield* (yield* Client.make(line)).connect(endpoint)
      yield* client.send(utf8("no number"))
      yield* events.one("ConnectionClosed")
      expect(yield* metricsOf(test)).toEqual({
        "accept_failures_total EMFILE": 1,
        connections_opened_total: 1,
        "connections_closed_total MessageInvalid": 1,
        messages_invalid_total: 1,
      })
    }).pipe(Effect.provide(failingAccept)),
  )

  overEachTransport("include the connections that end with the server, with the option `watch`", () =>
    Effect.gen(function* () {
      const test = newTag()
      const scope = yield* Scope.make()
      const made = Server.make({ handler: Handler.echo(), watch: Metrics.server({ ...once, tags: { test } }) })
      const server = yield* Scope.extend(made, scope)
      const { endpoint } = yield* Scope.extend(server.listen(anyPort), scope)
      const client = yield* (yield* Client.make()).connect(endpoint)
      yield* client.send(utf8("abc"))
      yield* Testing.receiveBytes(client, 3)
      yield* Scope.close(scope, Exit.void)
      expect(yield* metricsOf(test)).toEqual({
        connections_opened_total: 1,
        "connections_closed_total LocalClosed": 1,
        bytes_in_total: 3,
        bytes_out_total: 3,
        frames_in_total: 1,
      })
    }).pipe(Effect.scoped),
  )

  it.scoped("are sampled after each interval", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: Handler.echo() })
      const { now } = yield* measure(server, { every: "5 seconds", hub: false })
      const client = yield* connect()
      for (const total of [3, 6]) {
        yield* client.send(utf8("abc"))
        yield* Testing.receiveBytes(client, 3)
        const before = yield* now
        expect(before["bytes_in_total"] ?? 0).toBe(total - 3)
        yield* TestClock.adjust("4 seconds")
        expect(yield* now).toEqual(before)
        yield* TestClock.adjust("1 second")
        expect(yield* now).toMatchObject({ bytes_in_total: total, frames_in_total: total / 3 })
      }
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("of several servers with the same labels add up", () =>
    Effect.gen(function* () {
      const test = newTag()
      const one = yield* Testing.serve({ handler: Handler.echo() })
      const two = yield* Testing.serve({ handler: Handler.echo() })
      const scope = yield* Scope.make()
      yield* Scope.extend(Metrics.server({ ...once, tags: { test } })(one.server), scope)
      yield* Metrics.server({ ...once, tags: { test } })(two.server)
      yield* one.connect()
      yield* two.connect()
      yield* two.connect()
      expect(yield* metricsOf(test)).toEqual({ connections: 3, connections_opened_total: 3 })
      yield* Scope.close(scope, Exit.void)
      expect(yield* metricsOf(test)).toEqual({ connections: 2, connections_opened_total: 3 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("have the labels of the fiber that turned them on", () =>
    Effect.gen(function* () {
      const test = newTag()
      const { connect, server } = yield* Testing.serve({ handler: Handler.echo() })
      yield* Effect.tagMetrics(Metrics.server(once)(server), "test", test)
      yield* connect()
      expect(yield* metricsOf(test)).toEqual({ connections: 1, connections_opened_total: 1 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("include those of its hub", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: Handler.echo() })
      const { end, now } = yield* measure(server, { every: "1 second" })
      const client = yield* connect()
      yield* server.broadcast(utf8("abc"))
      yield* Testing.receiveBytes(client, 3)
      yield* TestClock.adjust("1 second")
      expect(yield* now).toMatchObject({ hub_subscribers: 1, hub_flush_seconds: 1 })
      expect(yield* end).not.toHaveProperty("hub_subscribers")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("refuse an invalid interval", () =>
    Effect.gen(function* () {
      const make = Server.make({ handler: Handler.echo(), watch: Metrics.server({ every: 0 }) })
      expect(yield* Effect.flip(make)).toMatchObject({ _tag: "SettingsError", field: "every" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

/** Publishes 64 KiB in one turn of the event loop. */
const flood = (server: ServerService) => Effect.zipRight(server.broadcast(new Uint8Array(64 * 1024)), Testing.nextTurn)

/** A transport that fails once to accept. */
const failingAccept = Layer.effect(
  Transport,
  Effect.map(Transport, (transport) =>
    Transport.of({
      ...transport,
      listen: (endpoint, options, handlers) =>
        transport.listen(endpoint, options, {
          ...handlers,
          onListening: (bound) => {
            handlers.onListening(bound)
            handlers.onFailure("EMFILE", bound)
          },
        }),
    }),
  ),
).pipe(Layer.provide(MemoryTransport.layer()))
