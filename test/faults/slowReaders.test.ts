import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ConnectionId, Framing, type SlowConsumerPolicy } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { string, utf8 } from "../support/texts.ts"

// More bytes than one turn of the loop can receive, because the hub cannot drop bytes that the kernel has taken.
const budget = 4 * 1024 * 1024
// libuv reads a socket up to 32 times in a turn, 64 KiB each. The bytes of one turn may be queued above the budget.
// Those of another turn may be in a log segment of which only the end is needed.
const bound = budget + 2 * 32 * 64 * 1024
const lineBytes = 16 * 1024
const count = 3000
const batchLines = 64

const line = (n: number) => `${n}:`.padEnd(lineBytes - 1, "x")
const numberOf = (text: string) => Number.parseInt(text, 10)
/** The numbers of whole lines. Torn lines give no number. */
const numbers = (bytes: Uint8Array) =>
  string(bytes)
    .split("\n")
    .slice(0, -1)
    .map((text) => (text === line(numberOf(text)) ? numberOf(text) : Number.NaN))
const none = Buffer.alloc(0)
const everything = Array.from({ length: count }, (_, n) => n)

/** A broker with a publisher, two readers, and a subscriber that does not read. */
const room = (slowConsumer: SlowConsumerPolicy) =>
  Effect.gen(function* () {
    const served = yield* Testing.serve({
      handler: Handler.broker(),
      settings: { frame: Framing.line, hubBudget: budget, slowConsumer },
    })
    const publisher = yield* served.connect()
    const readers = [yield* served.connectPeer(), yield* served.connectPeer()]
    const deaf = yield* served.connectPeer({ reads: false })
    let mostRetained = 0
    const publish = (numbers: ReadonlyArray<number>) =>
      Effect.forEach(
        numbers,
        (n) =>
          Effect.gen(function* () {
            yield* publisher.send(utf8(line(n)))
            mostRetained = Math.max(mostRetained, (yield* served.server.hub.stats).retainedBytes)
          }),
        { discard: true },
      )
    const read = (lines: number) => Effect.forEach(readers, (reader) => reader.take(lines * lineBytes))
    // Only `block` waits for slow readers, and a busy machine makes any reader slow. Here no reader lags by a whole
    // budget.
    const publishAtReadersPace = Effect.forEach(Chunk.chunksOf(Chunk.fromIterable(everything), batchLines), (batch) =>
      Effect.zipRight(publish([...batch]), read(batch.length)),
    ).pipe(Effect.map((batches) => readers.map((_, at) => Buffer.concat(batches.map((parts) => parts[at] ?? none)))))
    return {
      ...served,
      deaf,
      publishAll: publish(everything),
      publishAtReadersPace,
      read: read(count),
      mostRetained: () => mostRetained,
    }
  })

describe("a peer that never reads", () => {
  it.scopedLive("does not stop the others: they get everything in order, and it is closed with SlowConsumer", () =>
    Effect.gen(function* () {
      const { events, mostRetained, publishAtReadersPace, server } = yield* room("disconnect")
      for (const bytes of yield* publishAtReadersPace) expect(numbers(bytes)).toEqual(everything)
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 4, reason: { _tag: "SlowConsumer", budgetBytes: budget } })
      const pending = closed.reason._tag === "SlowConsumer" ? closed.reason.pendingBytes : 0
      expect(pending).toBeGreaterThan(budget)
      expect(pending).toBeLessThanOrEqual(bound)
      expect(mostRetained()).toBeLessThanOrEqual(bound)
      expect(events.all("ConnectionStalled").some(({ id }) => id === 4)).toBe(true)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1, 2, 3])
      expect((yield* server.hub.stats).retainedBytes).toBe(0)
      expectWholeLives(events.seen.filter((event) => "id" in event && event.id === 4))
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("misses whole lines under drop-oldest, the oldest first, and the server counts them", () =>
    Effect.gen(function* () {
      const { deaf, events, mostRetained, publishAtReadersPace, server } = yield* room("drop-oldest")
      for (const bytes of yield* publishAtReadersPace) expect(numbers(bytes)).toEqual(everything)
      expect(mostRetained()).toBeLessThanOrEqual(bound)
      yield* server.kick(ConnectionId.make(4))
      yield* deaf.startReading
      const got = numbers(yield* deaf.takeRest)
      const dropped = events.all("FramesDropped").filter(({ id }) => id === 4)
      const missed = dropped.reduce((sum, event) => sum + event.missed, 0)
      expect(missed).toBeGreaterThan(0)
      expect(dropped.at(-1)?.total).toBe(missed)
      expect(got.length + missed).toBe(count)
      expect(got).toEqual([...got].sort((a, b) => a - b))
      expect(got.at(-1)).toBe(count - 1)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("stops the publishers under block, and no subscriber misses anything", () =>
    Effect.gen(function* () {
      const { deaf, events, mostRetained, publishAll, read } = yield* room("block")
      const reading = yield* Effect.fork(read)
      const publishing = yield* Effect.fork(publishAll)
      yield* events.one("ConnectionStalled", ({ id }) => id === 4)
      // The server pauses the publisher at the budget, and receives no more in any later turn.
      yield* turns(2000)
      const received = events.all("FrameReceived").length
      expect(received).toBeLessThan(count)
      yield* turns(500)
      expect(events.all("FrameReceived").length).toBe(received)
      yield* deaf.startReading
      expect(numbers(yield* deaf.take(count * lineBytes))).toEqual(everything)
      for (const bytes of yield* Fiber.join(reading)) expect(numbers(bytes)).toEqual(everything)
      yield* Fiber.join(publishing)
      expect(mostRetained()).toBeLessThanOrEqual(bound)
      yield* events.one("ConnectionRecovered", ({ id }) => id === 4)
      expect(events.all("FramesDropped")).toEqual([])
      expect(events.all("ConnectionClosed")).toEqual([])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("delays only senders that send to it directly", () =>
    Effect.gen(function* () {
      const held = yield* Deferred.make<void>()
      const { connectPeer, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      yield* connectPeer({ reads: false })
      const reader = yield* connectPeer()
      const volume = new Uint8Array(32 * 1024 * 1024)
      const sending = yield* Effect.fork(
        Effect.ensuring(server.send(ConnectionId.make(1), volume), Deferred.succeed(held, undefined)),
      )
      yield* events.one("FrameSent")
      yield* server.send(ConnectionId.make(2), utf8("you are served"))
      yield* reader.expect("you are served")
      expect(yield* Deferred.isDone(held)).toBe(false)
      yield* server.kick(ConnectionId.make(1), "reset")
      const error = yield* Effect.flip(Fiber.join(sending))
      expect(error).toMatchObject({ _tag: "ConnectionClosedError", reason: { _tag: "Kicked" } })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("is the only one of 50 peers that misses anything; the others get everything in order", () =>
    Effect.gen(function* () {
      const served = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { frame: Framing.line, hubBudget: 1024 ** 2 },
      })
      const publisher = yield* served.connect()
      const before = yield* Effect.replicateEffect(served.connectPeer(), 24)
      yield* served.connectPeer({ reads: false })
      const after = yield* Effect.replicateEffect(served.connectPeer(), 24)
      const readers = [...before, ...after]
      const got: Array<Array<number>> = readers.map(() => [])
      let last = 0
      // Publishes until the subscriber that does not read exceeds its budget, and a little longer.
      for (const more of [false, true]) {
        const until = last + batchLines
        while (more ? last < until : served.events.all("ConnectionClosed").length === 0) {
          for (let n = 0; n < batchLines / 4; n++) yield* publisher.send(utf8(line(last++)))
          for (const [at, reader] of readers.entries()) {
            got[at]?.push(...numbers(yield* reader.take((batchLines / 4) * lineBytes)))
          }
        }
      }
      const all = Array.from({ length: last }, (_, n) => n)
      for (const lines of got) expect(lines).toEqual(all)
      expect(yield* served.events.one("ConnectionClosed")).toMatchObject({ id: 26, reason: { _tag: "SlowConsumer" } })
      expect((yield* served.server.connections).length).toBe(49)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
