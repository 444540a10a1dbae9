import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { escaped, headed, summed } from "../support/authorFramings.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { hex } from "../support/framingSuite.ts"
import { utf8 } from "../support/texts.ts"

for (const options of [summed, escaped, headed]) {
  overEachTransport(`a relay forwards the frames of an author's framing, ${options.name}`, () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { frame: Framing.make(options) },
      })
      const [from, to] = [yield* connect(), yield* connect()]
      for (const text of ["a\u0003\u0010", "second"]) {
        yield* from.send(utf8(text))
        expect(yield* Testing.receiveText(to)).toBe(text)
      }
    }),
  )
}

overEachTransport("an invalid frame ends its own connection alone, with the offset and the problem of the author", () =>
  Effect.gen(function* () {
    const { connect, events } = yield* Testing.serve({
      handler: Handler.echo(),
      settings: { frame: Framing.make(summed) },
    })
    const other = yield* connect()
    const peer = yield* connect({ frame: Framing.raw })
    yield* peer.send(hex("aa016161 aa016162"))
    expect(yield* events.one("ConnectionClosed")).toMatchObject({
      id: 2,
      reason: { _tag: "FrameInvalid", offset: 4, problem: "the sum is wrong" },
    })
    yield* other.send(utf8("still here"))
    expect(yield* Testing.receiveText(other)).toBe("still here")
  }),
)

overEachTransport("a frame that the peer ends in the middle is truncated", () =>
  Effect.gen(function* () {
    const { connect, events } = yield* Testing.serve({
      handler: Handler.echo(),
      settings: { frame: Framing.make(summed) },
    })
    const peer = yield* connect({ frame: Framing.raw })
    yield* peer.send(hex("aa0000 aa0561"))
    yield* peer.close
    expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "FrameTruncated", bytes: 3 })
  }),
)

overEachTransport("a payload that encode refuses is not sent, and the error has the reason of the author", () =>
  Effect.gen(function* () {
    const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.make(summed) } })
    const client = yield* connect()
    expect(yield* Effect.flip(client.send(new Uint8Array(256)))).toMatchObject({
      _tag: "InvalidPayloadError",
      framing: "summed",
      problem: "it has 256 bytes, and a frame has at most 255",
    })
    yield* client.send(utf8("next"))
    expect(yield* Testing.receiveText(client)).toBe("next")
  }),
)

overEachTransport("an exception in next ends its own connection with FramingFailed, after the frames before it", () =>
  Effect.gen(function* () {
    const frame = Framing.make({
      ...summed,
      next: (bytes, maxFrameBytes, searched) => {
        if (bytes[0] === 0xff) throw new Error("no frame begins with FF")
        return summed.next(bytes, maxFrameBytes, searched)
      },
    })
    const { connect, events } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame } })
    const other = yield* connect()
    const peer = yield* connect({ frame: Framing.raw })
    yield* peer.send(hex("aa016161 ff"))
    expect(yield* events.one("ConnectionClosed")).toMatchObject({
      id: 2,
      reason: { _tag: "FramingFailed", message: "no frame begins with FF" },
    })
    expect(events.all("FrameReceived").map(({ bytes }) => [...bytes])).toEqual([[0x61]])
    yield* other.send(utf8("still here"))
    expect(yield* Testing.receiveText(other)).toBe("still here")
  }),
)
