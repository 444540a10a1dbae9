import { expect } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Connection } from "../../src/connection/index.ts"
import { type ConnectionClosedError, Framing, type SendError } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { hex } from "../support/framingSuite.ts"
import { string, utf8 } from "../support/texts.ts"

// Two whole frames, and three of the seven bytes of a third frame.
const cutShort = hex("0001 61 0001 62 0005 63")
const frame = Framing.lengthPrefixed({ field: "u16be" })
const truncated = { _tag: "FrameTruncated", bytes: 3 }

type Take = (payload: Uint8Array) => Effect.Effect<void, SendError>
const readers: Readonly<
  Record<string, (connection: Connection, take: Take) => Effect.Effect<void, SendError | ConnectionClosedError>>
> = {
  runForEach: (connection, take) => connection.runForEach(take),
  frames: (connection, take) => Stream.runForEach(connection.frames, take),
  receive: (connection, take) =>
    Effect.gen(function* () {
      for (let next = yield* connection.receive; Option.isSome(next); next = yield* connection.receive) {
        yield* take(next.value)
      }
    }),
}

for (const [name, read] of Object.entries(readers)) {
  overEachTransport(`a handler answers the frames before a truncated frame, then fails: ${name}`, () =>
    Effect.gen(function* () {
      const failed = yield* Deferred.make<unknown>()
      const { connect, events } = yield* Testing.serve({
        handler: (connection) =>
          Effect.tapError(read(connection, connection.send), (error) => Deferred.succeed(failed, error)),
        settings: { frame },
      })
      const peer = yield* connect({ frame: Framing.raw })
      yield* peer.send(cutShort)
      yield* peer.halfClose
      expect([...(yield* Testing.receiveAll(peer))]).toEqual([...cutShort.subarray(0, 6)])
      expect((yield* events.one("ConnectionClosed")).reason).toEqual(truncated)
      expect(events.all("BytesSkipped")).toEqual([])
      expect(yield* Deferred.await(failed)).toMatchObject({ _tag: "ConnectionClosedError", reason: truncated })
    }),
  )

  overEachTransport(`a client gets the frames before a truncated frame, then fails: ${name}`, () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({
        handler: (connection) => connection.send(cutShort),
        settings: { frame: Framing.raw },
      })
      const client = yield* connect({ frame })
      const taken: Array<string> = []
      const error = yield* Effect.flip(read(client, (payload) => Effect.sync(() => taken.push(string(payload)))))
      expect(taken).toEqual(["a", "b"])
      expect(error).toMatchObject({ _tag: "ConnectionClosedError", reason: truncated })
      expect((yield* client.closed).reason).toEqual(truncated)
    }),
  )
}

overEachTransport("a handler that fails because a frame is truncated is no failure of the handler", () =>
  Effect.gen(function* () {
    const failures = yield* Queue.unbounded<unknown>()
    const ways = Object.values(readers)
    const { connect, events } = yield* Testing.serve({
      handler: (connection) => {
        const read = ways[connection.id - 1]
        return read === undefined ? Effect.die("a bug") : read(connection, () => Effect.void)
      },
      settings: { frame },
      onHandlerFailure: (cause) => Effect.asVoid(failures.offer(Cause.squash(cause))),
    })
    for (const _ of ways) {
      const peer = yield* connect({ frame: Framing.raw })
      yield* peer.send(cutShort)
      yield* peer.close
    }
    const closed = yield* events.first("ConnectionClosed", ways.length)
    expect(closed.map(({ reason }) => reason)).toEqual(ways.map(() => truncated))
    yield* connect()
    expect(yield* failures.take).toBe("a bug")
    expect(yield* failures.size).toBe(0)
  }),
)

overEachTransport("a reactor answers the frames before a truncated frame, and the reason is reported", () =>
  Effect.gen(function* () {
    const { connect, events } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame } })
    const peer = yield* connect({ frame: Framing.raw })
    yield* peer.send(cutShort)
    yield* peer.halfClose
    expect([...(yield* Testing.receiveAll(peer))]).toEqual([...cutShort.subarray(0, 6)])
    expect((yield* events.one("ConnectionClosed")).reason).toEqual(truncated)
  }),
)

overEachTransport("many answers to the frames before a truncated frame arrive whole at a slow peer", () =>
  Effect.gen(function* () {
    const answer = new Uint8Array(60_000).fill(0x61)
    const { connect, events } = yield* Testing.serve({
      handler: (connection) => connection.runForEach(() => connection.sendNow(answer)),
      settings: { frame },
    })
    const peer = yield* connect({ frame: Framing.raw })
    yield* peer.pause
    const requests = 100
    yield* peer.send(Uint8Array.from({ length: 3 * requests + 1 }, (_, at) => (at % 3 === 1 ? 1 : 0)))
    yield* peer.halfClose
    yield* events.first("FrameSent", requests)
    yield* peer.resume
    expect((yield* Testing.receiveAll(peer)).length).toBe(requests * (answer.length + 2))
    expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "FrameTruncated", bytes: 1 })
  }),
)

overEachTransport("a line without its end is a frame, and no frame is truncated", () =>
  Effect.gen(function* () {
    const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { frame: Framing.line } })
    const peer = yield* connect({ frame: Framing.raw })
    yield* peer.send(utf8("a\nb"))
    yield* peer.close
    expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
    expect(events.all("FrameReceived").map(({ bytes }) => string(bytes))).toEqual(["a", "b"])
  }),
)
