import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Client, ClientConfig, type ClientService } from "../../src/client/index.ts"
import { ConnectionId, Framing, tcpEndpoint } from "../../src/domain/index.ts"
import { Metrics } from "../../src/metrics/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { hex } from "../support/framingSuite.ts"
import { metricsOf } from "../support/metrics.ts"
import { utf8 } from "../support/texts.ts"

let tests = 0
const newTag = (): string => `client ${++tests}`
const once: Metrics.FrameMetricsOptions = { every: Duration.infinity }

/** Keeps the metrics of a client. `now` are the metrics of this moment, `end` those after the end of their scope. */
const measure = (client: ClientService) =>
  Effect.gen(function* () {
    const test = newTag()
    const scope = yield* Scope.make()
    yield* Scope.extend(Metrics.client({ ...once, tags: { test } })(client), scope)
    const now = metricsOf(test)
    return { now, end: Effect.zipRight(Scope.close(scope, Exit.void), now) }
  })

describe("the metrics of a client", () => {
  overEachTransport("count its connections, its bytes and its frames both ways", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({
        handler: Handler.reply(utf8("ok")),
        settings: { frame: Framing.line },
      })
      const client = yield* Client.make({ frame: Framing.line })
      yield* client.connect(endpoint)
      const { end, now } = yield* measure(client)
      const connection = yield* client.connect(endpoint)
      yield* connection.send(utf8("abc"))
      yield* connection.send(utf8("d"))
      yield* Testing.receiveText(connection)
      yield* Testing.receiveText(connection)
      expect(yield* now).toEqual({ connections: 2, connections_opened_total: 1 })
      yield* connection.close
      const closed = { connections_opened_total: 1, "connections_closed_total LocalClosed": 1 }
      expect(yield* now).toEqual({ connections: 1, ...closed })
      expect(yield* end).toEqual({
        ...closed,
        bytes_in_total: 6,
        bytes_out_total: 6,
        frames_in_total: 2,
        frames_out_total: 2,
      })
    }),
  )

  overEachTransport("count failed attempts by reason, and attempts after a loss", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      const { now } = yield* measure(client)
      yield* Effect.flip(client.connect(tcpEndpoint("127.0.0.1", 1)))
      expect(yield* now).toEqual({ "connect_failures_total Refused": 1 })
      const reconnect = { maxAttempts: 3, baseDelay: "1 millis" } as const
      yield* Effect.flip(client.run(tcpEndpoint("127.0.0.1", 1), () => Effect.void, reconnect))
      const { "connect_failures_total Refused": failures, reconnects_total: again } = yield* now
      expect([failures, again]).toEqual([1 + 3, 2])
    }),
  )

  overEachTransport("count the payloads that the outbox of a session drops", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      const events = yield* Testing.probe(client.subscribeEvents())
      const { now } = yield* measure(client)
      const options = {
        outboxBytes: 100,
        whenFull: "drop-newest",
        reconnect: { baseDelay: "1 hour", maxDelay: "1 hour" },
      } as const
      const session = yield* client.session(tcpEndpoint("127.0.0.1", 1), options)
      yield* events.one("Reconnecting")
      for (const _ of [1, 2, 3]) yield* session.send(new Uint8Array(60))
      expect((yield* now)["frames_dropped_total"]).toBe(2)
    }),
  )

  overEachTransport("count skipped bytes, and the frames of a protocol with a framing of its own", () =>
    Effect.gen(function* () {
      const wire = hex("0261 00 0561 00 0661 00 0262 00")
      const { endpoint } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(connection.send(wire), connection.receive),
      })
      const client = yield* Client.make()
      const events = yield* Testing.probe(client.subscribeEvents())
      const { end } = yield* measure(client)
      const numbers = Protocol.make("numbers", {
        toServer: Schema.Number,
        toClient: Schema.Number,
        framing: Framing.cobs,
      })
      const connection = yield* client.connect(endpoint, numbers)
      yield* Effect.exit(connection.runForEach(() => Effect.void))
      yield* events.one("MessageInvalid")
      const { bytes_skipped_total: skipped, frames_in_total: frames, messages_invalid_total: invalid } = yield* end
      expect([skipped, frames, invalid]).toEqual([6, 2, 1])
    }),
  )

  it.scoped("of a layer are sampled after each interval", () =>
    Effect.gen(function* () {
      const test = newTag()
      const { endpoint, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const layer = Metrics.layerClient({ tags: { test } }).pipe(
        Layer.provideMerge(Client.layer),
        Layer.provide(ClientConfig.layer()),
      )
      yield* Effect.gen(function* () {
        const client = yield* Client
        const connection = yield* client.connect(endpoint)
        yield* connection.send(utf8("abc"))
        yield* events.one("FrameReceived")
        yield* TestClock.adjust("1 second")
        const opened = { connections_opened_total: 1, bytes_out_total: 3, frames_out_total: 1 }
        expect(yield* metricsOf(test)).toEqual({ connections: 1, ...opened })
        yield* server.kick(ConnectionId.make(1), "reset")
        yield* connection.closed
        yield* Testing.nextTurn
        expect(yield* metricsOf(test)).toEqual({ ...opened, "connections_closed_total PeerReset": 1 })
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
