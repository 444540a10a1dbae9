import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { string } from "../support/texts.ts"

const maxFrame = 64 * 1024
// A decoder may hold the bytes of one read above the limit, because it checks the limit after the read.
const oneRead = 64 * 1024
const lines = { frame: Framing.line, maxFrame }

describe("a line without an end", () => {
  it.scopedLive(
    "closes its connection with FrameTooLong at the limit, after the lines before it; other connections go on",
    () =>
      Effect.gen(function* () {
        const { connectPeer, events } = yield* Testing.serve({ handler: Handler.broker(), settings: lines })
        const [endless, reader, other] = [yield* connectPeer(), yield* connectPeer(), yield* connectPeer()]
        yield* endless.send("whole\n")
        yield* endless.send(new Uint8Array(32 * 1024 * 1024).fill(0x61))
        yield* reader.expect("whole\n")
        const { bytesIn, reason } = yield* events.one("ConnectionClosed")
        expect(reason).toEqual({ _tag: "FrameTooLong", limitBytes: maxFrame })
        expect(bytesIn).toBeGreaterThan(maxFrame)
        expect(bytesIn).toBeLessThanOrEqual(6 + maxFrame + oneRead)
        yield* endless.expectReset
        yield* other.send("next\n")
        yield* reader.expect("next\n")
        expect(events.all("FrameReceived").map(({ bytes }) => string(bytes))).toEqual(["whole", "next"])
      }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("meets the same limit in each of many connections, to the byte", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({ handler: Handler.broker(), settings: lines })
      const crowd = 50
      const peers = yield* Effect.replicateEffect(connectPeer(), crowd)
      // The lines are one byte below the limit, so the server waits for the rest and disconnects no peer.
      const almost = new Uint8Array(maxFrame).fill(0x61)
      yield* Effect.forEach(peers, (peer) => peer.send(almost))
      for (const peer of peers.slice(1)) yield* peer.send("a")
      const closed = yield* events.first("ConnectionClosed", crowd - 1)
      expect(closed.map(({ reason }) => reason._tag)).toEqual(new Array(crowd - 1).fill("FrameTooLong"))
      expect(Math.max(...closed.map(({ bytesIn }) => bytesIn))).toBe(maxFrame + 1)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1])
      yield* Effect.forEach(peers.slice(0, 1), (peer) => peer.send("\n"))
      expect((yield* events.one("FrameReceived")).bytes).toEqual(almost)
      expectWholeLives(events.seen.filter((event) => "id" in event && event.id !== 1))
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("is a whole line before FIN, and is not delivered before RST", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { connectPeer, events } = yield* Testing.serve({
        handler: (connection) =>
          Stream.runForEach(connection.frames, (bytes) => Effect.sync(() => seen.push(string(bytes)))),
        settings: lines,
      })
      const ends = yield* connectPeer()
      yield* ends.send("one\nends in a F")
      yield* ends.halfClose
      expect(yield* ends.closed).toEqual(Option.none())
      const breaks = yield* connectPeer()
      yield* breaks.send("two\nends in an R")
      yield* events.one("FrameReceived", ({ bytes }) => string(bytes) === "two")
      yield* breaks.reset
      const closed = yield* events.first("ConnectionClosed", 2)
      expect(closed.map(({ reason }) => reason._tag)).toEqual(["PeerClosed", "PeerReset"])
      expect(seen).toEqual(["one", "ends in a F", "two"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("bytes that are not text", () => {
  it.scopedLive("are frames like others: zeros, lone line ends and broken UTF-8 arrive unchanged", () =>
    Effect.gen(function* () {
      const { connectPeer, events } = yield* Testing.serve({ handler: Handler.broker(), settings: lines })
      const [sender, reader] = [yield* connectPeer(), yield* connectPeer()]
      const wire = Buffer.from([0, 0x0a, 0x0a, 0x0d, 0x0a, 0xff, 0xc3, 0x0a, 0xe2, 0x82, 0x0d, 0x0d, 0x0a])
      for (const byte of wire) yield* Effect.zipRight(sender.send(Uint8Array.of(byte)), sender.flushed)
      yield* reader.expect(wire)
      const payloads = events.all("FrameReceived").map(({ bytes }) => [...bytes])
      expect(payloads).toEqual([[0], [], [], [0xff, 0xc3], [0xe2, 0x82, 0x0d]])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
