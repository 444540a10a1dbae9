import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { hex } from "../support/framingSuite.ts"
import { utf8 } from "../support/texts.ts"

const framingOf = (name: string) => Either.getOrThrow(Framing.parse(name))
const payloads = { json: ['{"a":"}"}', "[1,[2]]"], "fixed:3": ["abc", "def"] } as const

for (const name of ["delim:0d0a", "len:u16be", "len:varint", "fixed:3", "netstring", "slip", "cobs", "json"] as const) {
  overEachTransport(`with ${name}, a handler gets the payloads that a client has sent, and answers with frames`, () =>
    Effect.gen(function* () {
      const [first, second] = name in payloads ? payloads[name as keyof typeof payloads] : ["a\0\u0000b", "second"]
      const { connect, events } = yield* Testing.serve({
        handler: (connection) => connection.runForEach((payload) => connection.send(payload)),
        settings: { frame: framingOf(name) },
      })
      const client = yield* connect()
      yield* client.send(utf8(first))
      yield* client.send(utf8(second))
      expect([yield* Testing.receiveText(client), yield* Testing.receiveText(client)]).toEqual([first, second])
      expect(events.all("FrameReceived").map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual([first, second])
      yield* client.halfClose
      expect(Option.isNone(yield* client.receive)).toBe(true)
      yield* events.one("ConnectionClosed")
      expect(events.all("BytesSkipped")).toEqual([])
    }),
  )
}

overEachTransport("with gap, a frame ends without any further byte of the client", () =>
  Effect.gen(function* () {
    const { connect, events } = yield* Testing.serve({
      handler: Handler.discard(),
      settings: { frame: Framing.gap("20 millis") },
    })
    const client = yield* connect()
    yield* client.send(utf8("one frame"))
    expect(new TextDecoder().decode((yield* events.one("FrameReceived")).bytes)).toBe("one frame")
  }),
)

describe("a malformed frame", () => {
  it.scopedLive("are reported in one event for each read, between the frames around them", () =>
    Effect.gen(function* () {
      const { connectPeer, events } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { frame: Framing.cobs, maxFrame: 4 },
      })
      const peer = yield* connectPeer()
      yield* peer.send(hex("0261 00 0561 00 0661 00 0262 00"))
      expect(yield* events.one("BytesSkipped")).toMatchObject({ id: 1, skipped: 6, total: 6, cause: "malformed" })
      yield* peer.send(hex("06 6161616161 00"))
      const [, tooLong] = yield* events.first("BytesSkipped", 2)
      expect(tooLong).toMatchObject({ skipped: 7, total: 13, cause: "tooLong" })
      expect(events.all("FrameReceived").map(({ bytes }) => [...bytes])).toEqual([[0x61], [0x62]])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("end their own connection alone, with the offset, if the framing cannot go on", () =>
    Effect.gen(function* () {
      const { connect, connectPeer, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { frame: Framing.netstring },
      })
      const other = yield* connect()
      const peer = yield* connectPeer()
      yield* peer.send("3:abc,hello")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        id: 2,
        reason: { _tag: "FrameInvalid", offset: 6, problem: "a netstring does not begin with a digit" },
      })
      yield* other.send(utf8("still here"))
      expect(yield* Testing.receiveText(other)).toBe("still here")
      expectWholeLives(events.seen.filter((event) => "id" in event && event.id === 2))
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a broker with a length prefix", () => {
  const frame = Framing.lengthPrefixed({ field: "u16be" })
  const size = 16 * 1024
  const count = 2000
  const numbered = (n: number): Uint8Array => {
    const payload = new Uint8Array(size - 2).fill(n % 251)
    new DataView(payload.buffer).setUint32(0, n)
    return payload
  }

  it.scopedLive("forwards the bytes of its clients unchanged", () =>
    Effect.gen(function* () {
      const { connectPeer } = yield* Testing.serve({ handler: Handler.broker(), settings: { frame } })
      const [from, to] = [yield* connectPeer(), yield* connectPeer()]
      const sent = hex("0000 0001 00 0002 0002 0003 000000")
      yield* from.send(sent.subarray(0, 4))
      yield* from.send(sent.subarray(4))
      yield* to.expect(sent)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("drops whole frames for a client that does not read, oldest first and counted", () =>
    Effect.gen(function* () {
      const hubBudget = 2 * 1024 * 1024
      const { connect, connectPeer, events, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: {
          frame,
          hubBudget,
          slowConsumer: "drop-oldest",
        },
      })
      const publisher = yield* connect()
      const reader = yield* connectPeer()
      const deaf = yield* connectPeer({ reads: false })
      const batch = 50
      for (let n = 0; n < count; n += batch) {
        for (let next = n; next < n + batch; next++) yield* publisher.send(numbered(next))
        yield* reader.take(batch * size)
      }
      yield* server.kick(ConnectionId.make(3))
      yield* deaf.startReading
      const rest = Buffer.from(yield* deaf.takeRest)
      const numbers: Array<number> = []
      for (let at = 0; at < rest.length; at += size) {
        expect(rest.readUInt16BE(at)).toBe(size - 2)
        const n = rest.readUInt32BE(at + 2)
        expect(rest.subarray(at + 2, at + size).equals(numbered(n))).toBe(true)
        numbers.push(n)
      }
      const missed = events.all("FramesDropped").reduce((sum, event) => sum + event.missed, 0)
      expect(missed).toBeGreaterThan(0)
      expect(numbers.length + missed).toBe(count)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect(numbers.at(-1)).toBe(count - 1)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
