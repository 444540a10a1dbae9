import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ServerEvent } from "../../src/domain/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import type { EventRecorder } from "../support/eventRecorder.ts"
import { receiveText, serving, utf8 } from "../support/serving.ts"

const rate = 2 * 1024 * 1024

// Long enough that a machine which stands still at one end of it makes no difference.
const seconds = 3

/** Bytes that were received of each in the seconds behind the first, in which the burst comes. */
const receivedOf = (events: EventRecorder<ServerEvent>, ids: ReadonlyArray<number>) =>
  Effect.map(
    events.until(() => {
      const frames = events.all("FrameReceived")
      const from = (frames[0]?.at ?? 0) + 1000
      const until = from + seconds * 1000
      return (frames.at(-1)?.at ?? 0) > until ? frames.filter(({ at }) => at > from && at <= until) : undefined
    }),
    (frames) =>
      ids.map((id) => frames.filter((frame) => frame.id === id).reduce((sum, { bytes }) => sum + bytes.length, 0)),
  )

describe("peers that send all they can", () => {
  it.scopedLive("are held to the rate of one, and who sends little is answered at once", () =>
    Effect.gen(function* () {
      const { connect, connectRaw, events } = yield* serving(Handler.echo(), { maxRate: rate })
      const flood = yield* connectRaw()
      yield* flood.write(new Uint8Array(16 * rate))
      yield* events.one("ConnectionThrottled", ({ id }) => id === 1)
      const modest = yield* connect()
      yield* modest.send(utf8("hello"))
      expect(yield* receiveText(modest)).toBe("hello")
      const [bytes = 0] = yield* receivedOf(events, [1])
      expect(Math.abs(bytes - seconds * rate)).toBeLessThan(0.2 * seconds * rate)
      expect(events.all("ConnectionThrottled").length).toBe(1)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("are held to the rate of all together, each to its share", () =>
    Effect.gen(function* () {
      const { connectRaw, events } = yield* serving(Handler.discard(), { maxRateInAll: rate })
      const floods = yield* Effect.replicateEffect(connectRaw(), 3)
      yield* Effect.forEach(floods, (flood) => flood.write(new Uint8Array(8 * rate)))
      const shares = yield* receivedOf(events, [1, 2, 3])
      const total = shares.reduce((sum, share) => sum + share, 0)
      expect(Math.abs(total - seconds * rate)).toBeLessThan(0.2 * seconds * rate)
      expect(Math.min(...shares)).toBeGreaterThan(Math.max(...shares) / 2)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("more waiting for all than may", () => {
  it.scopedLive("ends the one for whom most waits; the others get everything in order", () =>
    Effect.gen(function* () {
      const limit = 16 * 1024 * 1024
      const { connect, connectRaw, events, server } = yield* serving(Handler.broker(), {
        frame: Framing.line,
        hubBudget: 1024 ** 3,
        maxPending: limit,
      })
      const publisher = yield* connect()
      const reader = yield* connectRaw()
      yield* connectRaw({ reads: false })
      const line = (n: number) => `${n}:`.padEnd(16 * 1024 - 1, "x")
      const publish = (n: number) =>
        Effect.gen(function* () {
          yield* publisher.send(utf8(line(n)))
          expect((yield* reader.take(16 * 1024)).toString()).toBe(`${line(n)}\n`)
        })
      const isOver = () => events.all("ConnectionClosed").length > 0
      let sent = 0
      for (; sent < 1500; sent++) yield* publish(sent)
      // Half of what waits for the first.
      yield* connectRaw({ reads: false })
      for (; !isOver(); sent++) yield* publish(sent)
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 3, reason: { _tag: "PendingLimit", limitBytes: limit } })
      const { pendingBytes = 0, totalBytes = 0 } = closed.reason._tag === "PendingLimit" ? closed.reason : {}
      expect(totalBytes).toBeGreaterThan(limit)
      expect(pendingBytes).toBeGreaterThan(totalBytes / 2)
      for (let more = 0; more < 20; more++) yield* publish(sent + more)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1, 2, 4])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
