import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "../../src/client/index.ts"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { utf8 } from "../support/texts.ts"

const settings = { frame: Framing.line, maxFrame: 10 }
const refused = [utf8("two\nlines"), new Uint8Array(11)]

describe("a payload that the framing cannot carry as one frame", () => {
  it.scoped("is refused by whatever sends it, and nothing of it is sent", () =>
    Effect.gen(function* () {
      const { connect, endpoint, events, server } = yield* Testing.serve({ handler: Handler.broker(), settings })
      const hub = yield* Hub.make({ framing: Framing.line, maxFrameBytes: 10 })
      const client = yield* Client.make(settings)
      const session = yield* client.session(endpoint)
      const peer = yield* connect(settings)
      const id = ConnectionId.make(1)
      const ways: ReadonlyArray<(payload: Uint8Array) => Effect.Effect<unknown, { readonly _tag: string }>> = [
        peer.send,
        peer.sendNow,
        (payload) => peer.sendAll(Stream.make(payload)),
        (payload) => peer.sendAll(Stream.fromChunk(Chunk.make(payload, payload))),
        (payload) => server.send(id, payload),
        server.broadcast,
        hub.publish,
        session.send,
      ]
      for (const payload of refused) {
        for (const send of ways) {
          expect(yield* Effect.flip(send(payload))).toMatchObject({ _tag: "InvalidPayloadError", framing: "line" })
        }
      }
      yield* server.broadcast(utf8("0123456789"))
      expect(yield* Testing.receiveText(peer)).toBe("0123456789")
      expect(events.all("FrameSent").length).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("is refused to the broadcast of a handler, and ends the connection of a reactor that replies with it", () =>
    Effect.gen(function* () {
      const [payload = utf8("")] = refused
      const failing = yield* Testing.serve({ handler: (connection) => connection.broadcast(payload), settings })
      yield* failing.connect()
      expect(yield* failing.events.one("ConnectionClosed")).toMatchObject({
        reason: { _tag: "HandlerFailed", tag: "InvalidPayloadError" },
      })
      const replying = yield* Testing.serve({ handler: Handler.reply(payload), settings })
      const peer = yield* replying.connect()
      yield* peer.send(utf8("x"))
      expect(yield* replying.events.one("ConnectionClosed")).toMatchObject({
        reason: { _tag: "HandlerFailed", tag: "InvalidPayloadError" },
      })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it("is above the limit, contains a line end, or makes the framing throw; raw framing carries all", () => {
    const { line, raw } = Framing
    expect(Framing.encodeFrame(line, utf8("a\nb"), 10)).toMatchObject({
      message:
        "the payload cannot be sent as one frame (line): it contains a line end (LF, at byte 1), so it would arrive as several frames",
    })
    expect(Framing.encodeFrame(line, new Uint8Array(11), 10)).toMatchObject({
      problem: "its 11 bytes are above the limit of 10",
    })
    const own = { name: "own", encode: line.encode }
    expect(Framing.encodeFrame(own, new Uint8Array(11), 10)).toMatchObject({ _tag: "InvalidPayloadError" })
    expect(Framing.encodeFrame(own, utf8("a\n"), 10)).toEqual(utf8("a\n\n"))
    const throws = (): never => {
      throw new Error("too long for two bytes")
    }
    expect(Framing.encodeFrame({ ...own, encode: throws }, utf8("a"), 10)).toMatchObject({
      problem: "too long for two bytes",
    })
    const large = new Uint8Array(1000)
    expect(Framing.encodeFrame(raw, large, 10)).toBe(large)
    // For a framing made from another one, its own `encode` or `refuses` decides which payloads it can carry.
    const escaping = { ...line, encode: (payload: Uint8Array) => line.encode(payload.map((byte) => byte ^ 0x80)) }
    expect(Framing.encodeFrame(escaping, utf8("a\n"), 10)).toEqual(Uint8Array.of(0xe1, 0x8a, 0x0a))
    expect(Framing.encodeFrame(escaping, new Uint8Array(11), 10)).toMatchObject({ _tag: "InvalidPayloadError" })
    expect(Framing.encodeFrame({ ...raw, encode: line.encode }, large, 10)).toMatchObject({
      problem: "its 1000 bytes are above the limit of 10",
    })
    const refusing = { ...escaping, refuses: () => "of today" }
    expect(Framing.encodeFrame(refusing, utf8("a"), 10)).toMatchObject({ problem: "of today" })
    expect(Framing.encodeFrame({ ...line, name: "named" }, utf8("a\nb"), 10)).toMatchObject({
      _tag: "InvalidPayloadError",
    })
  })
})
