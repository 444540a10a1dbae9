import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readShared } from "../../../src/transport/node/sharedRead.ts"
import { connectedSockets } from "../../support/sockets.ts"
import { pattern, textOf, utf8 } from "../../support/wireProbe.ts"

/** Keeps what it is given, and wakes who waits. */
class Reads {
  readonly chunks: Array<Uint8Array> = []
  private wake = () => {}

  onRead(bytes: Uint8Array): boolean {
    this.chunks.push(bytes)
    this.wake()
    return true
  }

  until(condition: (bytes: Uint8Array) => boolean): Effect.Effect<Uint8Array> {
    return Effect.async((resume) => {
      this.wake = () => {
        const bytes = Buffer.concat(this.chunks)
        if (condition(bytes)) resume(Effect.succeed(bytes))
      }
      this.wake()
    })
  }
}

describe("reading into the buffer that all sockets share", () => {
  it.scopedLive("works on the Node that runs this, and what was read stays what it was", () =>
    Effect.gen(function* () {
      const [first, firstPeer] = yield* connectedSockets
      const [second, secondPeer] = yield* connectedSockets
      const reads = [new Reads(), new Reads()] as const
      expect([readShared(first, reads[0]), readShared(second, reads[1])]).toEqual([true, true])
      first.resume()
      second.resume()
      firstPeer.write("one")
      const [one] = yield* Effect.as(
        reads[0].until((bytes) => bytes.length === 3),
        reads[0].chunks,
      )
      secondPeer.write("other")
      yield* reads[1].until((bytes) => bytes.length === 5)
      firstPeer.write("two")
      yield* reads[0].until((bytes) => bytes.length === 6)
      expect(textOf(one ?? utf8(""))).toBe("one")
      // More than the buffer holds, in both directions of time at once.
      const [large, larger] = [pattern(300_000, 1), pattern(500_000, 2)]
      firstPeer.write(large)
      secondPeer.write(larger)
      const got = yield* Effect.all([
        reads[0].until((bytes) => bytes.length === 6 + large.length),
        reads[1].until((bytes) => bytes.length === 5 + larger.length),
      ])
      expect(Buffer.compare(got[0].subarray(6), large)).toBe(0)
      expect(Buffer.compare(got[1].subarray(5), larger)).toBe(0)
    }),
  )

  it("leaves alone a socket that cannot", () => {
    expect(readShared(new net.Socket(), { onRead: () => true })).toBe(false)
  })
})
