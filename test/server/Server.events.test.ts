import { describe, expect } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Framing, type ServerEvent } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const upTo = (tag: ServerEvent["_tag"]) => (events: Stream.Stream<ServerEvent>) =>
  Effect.map(Stream.runCollect(Stream.takeUntil(events, (event) => event._tag === tag)), Chunk.toReadonlyArray)

describe("a subscriber to the events", () => {
  overEachTransport("gets frames only when it asks for them, and everything from when it subscribed", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: Handler.echo() })
      const plain = yield* server.subscribeEvents()
      const full = yield* server.subscribeEvents({ frames: true })
      const peer = yield* connect()
      yield* peer.send(utf8("x"))
      yield* Testing.receiveBytes(peer, 1)
      const late = yield* server.subscribeEvents({ frames: true })
      yield* peer.close
      const lives = ["ConnectionOpened", "ConnectionHalfClosed", "ConnectionClosed"]
      expect((yield* upTo("ConnectionClosed")(plain)).map((event) => event._tag)).toEqual(lives)
      expect((yield* upTo("ConnectionClosed")(full)).map((event) => event._tag)).toEqual([
        "ConnectionOpened",
        "FrameReceived",
        "ConnectionHalfClosed",
        "ConnectionClosed",
      ])
      expect((yield* upTo("ConnectionClosed")(late)).map((event) => event._tag)).toEqual(lives.slice(1))
    }),
  )

  overEachTransport("that drops the oldest gets their number in their place", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { frame: Framing.line },
      })
      const slow = yield* server.subscribeEvents({ frames: true, bufferBytes: 256 * 20 })
      const peer = yield* connect()
      const sent = 500
      for (let n = 0; n < sent; n++) yield* peer.send(utf8(`${n}`))
      yield* events.first("FrameReceived", sent)
      yield* peer.close
      const got = yield* upTo("ConnectionClosed")(slow)
      const [missed, ...rest] = got
      expect(missed?._tag).toBe("EventsMissed")
      const before = missed?._tag === "EventsMissed" ? missed.missed : 0
      // The events are opened, frames, half-closed, closed. Only frames are lost, and the rest is numbered without other gaps.
      expect(before + rest.length).toBe(sent + 3)
      expect(rest.length).toBeLessThanOrEqual(20)
      expect(rest.map((event) => event.seq)).toEqual(rest.map((_, n) => (rest[0]?.seq ?? 0) + n))
      expect(rest.at(-1)?._tag).toBe("ConnectionClosed")
    }),
  )

  overEachTransport("that blocks holds the peers back and loses nothing", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const blocks = yield* server.subscribeEvents({ frames: true, overflow: "block", bufferBytes: 64 * 1024 })
      const peer = yield* connect()
      const volume = new Uint8Array(16 * 1024 * 1024).map((_, at) => at % 251)
      yield* Effect.fork(Effect.zipRight(peer.send(volume), peer.close))
      yield* events.one("FrameReceived")
      // The server does not read from a new connection either, until the subscriber has taken its events.
      const newcomer = yield* connect()
      yield* newcomer.send(utf8("me too"))
      yield* turns(50)
      expect(events.all("FrameReceived").every(({ id }) => id === 1)).toBe(true)
      const held = events.all("FrameReceived").reduce((sum, { bytes }) => sum + bytes.length, 0)
      expect(held).toBeLessThan(1024 * 1024)
      const taken = yield* Testing.probe(Effect.succeed(blocks))
      expect(yield* taken.one("ConnectionClosed")).toMatchObject({ id: 1, bytesIn: volume.length })
      yield* taken.one("FrameReceived", ({ id }) => id === 2)
      const frames = taken.all("FrameReceived").filter(({ id }) => id === 1)
      expect(Buffer.concat(frames.map(({ bytes }) => bytes)).equals(volume)).toBe(true)
      expect(taken.all("EventsMissed")).toEqual([])
      expect(taken.seen.map(({ seq }) => seq)).toEqual(taken.seen.map((_, n) => (taken.seen[0]?.seq ?? 0) + n))
    }),
  )

  overEachTransport("that blocks stops a handler in the middle of a chunk that it sends", () =>
    Effect.gen(function* () {
      const count = 5000
      const payloads = Stream.fromChunk(Chunk.makeBy(count, (n) => utf8(`${n}\n`)))
      const { connect, server } = yield* Testing.serve({ handler: (connection) => connection.sendAll(payloads) })
      const blocks = yield* server.subscribeEvents({ frames: true, overflow: "block", bufferBytes: 16 * 1024 })
      const events = yield* server.subscribeEvents({ frames: true })
      const sent = yield* Testing.probe(Effect.succeed(events))
      const peer = yield* connect()
      yield* sent.one("FrameSent")
      yield* turns(50)
      expect(sent.all("FrameSent").length).toBeLessThan((16 * 1024) / 256 + 2)
      const taken = yield* Testing.probe(Effect.succeed(blocks))
      const text = Array.from({ length: count }, (_, n) => `${n}\n`).join("")
      expect(string(yield* Testing.receiveBytes(peer, text.length))).toBe(text)
      yield* peer.close
      yield* taken.one("ConnectionClosed")
      expect(taken.all("FrameSent").length).toBe(count)
      expect(taken.all("EventsMissed")).toEqual([])
    }),
  )

  overEachTransport("that blocks and ends its subscription holds no peer any more", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const subscription = yield* Scope.make()
      yield* Scope.extend(server.subscribeEvents({ overflow: "block", bufferBytes: 1 }), subscription)
      const peer = yield* connect()
      yield* peer.send(utf8("x"))
      // "y" is sent after "x", and another server answers it. So without the subscriber "x" would have been read by now.
      const other = yield* Testing.serve({ handler: Handler.echo() })
      const later = yield* other.connect()
      yield* later.send(utf8("y"))
      expect(string(yield* Testing.receiveBytes(later, 1))).toBe("y")
      expect(events.all("FrameReceived")).toEqual([])
      yield* Scope.close(subscription, Exit.void)
      expect(string(yield* Testing.receiveBytes(peer, 1))).toBe("x")
    }),
  )
})
