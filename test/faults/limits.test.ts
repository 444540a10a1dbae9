import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ServerEvent } from "../../src/domain/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { utf8 } from "../support/texts.ts"

const rate = 2 * 1024 * 1024

// The server may receive two reads above the rate from each peer: the read that exceeds the rate, and a pending one.
const overdraft = 2 * 64 * 1024

/** The bytes received from each peer so far, and the milliseconds from the first frame to the last. */
const received = (events: Testing.EventProbe<ServerEvent>, ids: ReadonlyArray<number>) => {
  const frames = events.all("FrameReceived").filter(({ id }) => ids.includes(id))
  const shares = ids.map((id) =>
    frames.filter((frame) => frame.id === id).reduce((sum, { bytes }) => sum + bytes.length, 0),
  )
  return {
    shares,
    total: shares.reduce((sum, share) => sum + share, 0),
    millis: (frames.at(-1)?.at ?? 0) - (frames[0]?.at ?? 0),
  }
}

/**
 * The minimum time for a number of bytes. The bytes of one second may arrive at once. A slow machine only adds time.
 */
const leastMillis = (bytes: number, peers: number) => ((bytes - rate - peers * overdraft) / rate) * 1000 - 5

// `server/Server.rates` tests under TestClock that the rate is also reached.
describe("peers that send at full speed", () => {
  it.scopedLive("are slowed down to the rate of one peer, and a peer that sends little gets its reply at once", () =>
    Effect.gen(function* () {
      const { connect, connectPeer, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { maxRate: rate },
      })
      const flood = yield* connectPeer()
      const volume = 4 * rate
      yield* flood.send(new Uint8Array(volume))
      yield* events.one("ConnectionThrottled", ({ id }) => id === 1)
      const modest = yield* connect()
      yield* modest.send(utf8("hello"))
      expect(yield* Testing.receiveText(modest)).toBe("hello")
      expect(received(events, [1]).total).toBeLessThan(volume)
      const { millis } = yield* events.until(() => {
        const soFar = received(events, [1])
        return soFar.total === volume ? soFar : undefined
      })
      expect(millis).toBeGreaterThanOrEqual(leastMillis(volume, 1))
      expect(events.all("ConnectionThrottled").filter(({ id }) => id === 1).length).toBe(1)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("are slowed down to the rate of all peers together, and each gets its share", () =>
    Effect.gen(function* () {
      const { connectPeer, events } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { maxRateInAll: rate },
      })
      const floods = yield* Effect.replicateEffect(connectPeer(), 3)
      yield* Effect.forEach(floods, (flood) => flood.send(new Uint8Array(8 * rate)))
      const { millis, shares, total } = yield* events.until(() => {
        const soFar = received(events, [1, 2, 3])
        return Math.min(...soFar.shares) >= rate ? soFar : undefined
      })
      expect(millis).toBeGreaterThanOrEqual(leastMillis(total, 3))
      // After the machine has stood still, one peer may get the bytes of a second at once.
      expect(Math.max(...shares)).toBeLessThan(6 * rate)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a total of queued bytes above the limit", () => {
  it.scopedLive("closes the client with the longest queue; the others get everything in order", () =>
    Effect.gen(function* () {
      const limit = 16 * 1024 * 1024
      const { connect, connectPeer, events, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: {
          frame: Framing.line,
          hubBudget: 1024 ** 3,
          maxPending: limit,
        },
      })
      const publisher = yield* connect()
      const reader = yield* connectPeer()
      yield* connectPeer({ reads: false })
      const line = (n: number) => `${n}:`.padEnd(16 * 1024 - 1, "x")
      const publish = (n: number) =>
        Effect.gen(function* () {
          yield* publisher.send(utf8(line(n)))
          yield* reader.expect(`${line(n)}\n`)
        })
      const isOver = () => events.all("ConnectionClosed").length > 0
      let sent = 0
      for (; sent < 1500; sent++) yield* publish(sent)
      // This peer connects later, so the server queues half as many bytes for it.
      yield* connectPeer({ reads: false })
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
