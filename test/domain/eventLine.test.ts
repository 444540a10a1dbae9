import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { EventLineWriter } from "../../src/domain/EventLineWriter.ts"
import {
  ClientEvent,
  ConnectionId,
  decodeClientEventLine,
  decodeServerEventLine,
  encodeClientEventLine,
  encodeServerEventLine,
  eventLineVersion,
  type FrameReceived,
  ServerEvent,
} from "../../src/domain/index.ts"
import { anyOf, tagsOf } from "../support/eventArbitraries.ts"
import { runs } from "../support/properties.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const received = (bytes: Uint8Array): typeof FrameReceived.Type => ({
  _tag: "FrameReceived",
  seq: 3,
  at: 1000,
  id: ConnectionId.make(1),
  bytes,
})
const fieldsOf = (line: string): Record<string, unknown> => JSON.parse(line)
const isUtf8 = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString("utf8")).equals(Buffer.from(bytes))

const textOf = (event: ServerEvent | ClientEvent) =>
  "bytes" in event && isUtf8(event.bytes) ? { text: Buffer.from(event.bytes).toString("utf8") } : {}

const expectLine = (line: string, tag: string) => {
  expect(line).not.toMatch(/[\n\r]/)
  expect(fieldsOf(line)["v"]).toBe(1)
  expect(fieldsOf(line)["_tag"]).toBe(tag)
}

const sampled = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.sample(arbitrary, { seed: 7, numRuns: 300 })
const asServer = (event: ServerEvent) => ({
  event,
  line: encodeServerEventLine(event),
  encoded: Schema.encodeSync(ServerEvent)(event),
})
const asClient = (event: ClientEvent) => ({
  event,
  line: encodeClientEventLine(event),
  encoded: Schema.encodeSync(ClientEvent)(event),
})

const unsafeKinds = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
/** One character of each kind that a line must escape. */
const unsafe = "a\u0000\u001b[2J\n\u007f\u009b\u00ad\u061c\u200b\u202e\u2028\u2029\u2066\ufeff\ufff9\u{e0041}\ud800z"

/** Copies of an event, each with one of its texts replaced. */
const withText = <E extends object>(event: E, text: string, isEvent: (value: unknown) => value is E): Array<E> => {
  const copies = (value: unknown): Array<unknown> => {
    if (typeof value === "string") return [text]
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return []
    return Object.entries(value).flatMap(([key, inner]) => copies(inner).map((copy) => ({ ...value, [key]: copy })))
  }
  return copies(event).filter(isEvent)
}

describe("a line of an event", () => {
  for (const tag of tagsOf(ServerEvent)) {
    it.prop(
      `any ${tag} of a server is one line and comes back from it`,
      [anyOf(ServerEvent).filter((event) => event._tag === tag)],
      ([event]) => {
        const line = encodeServerEventLine(event)
        expectLine(line, tag)
        expect(decodeServerEventLine(line)).toEqual(Either.right({ ...event, v: 1 }))
      },
      runs(60),
    )
  }

  for (const tag of tagsOf(ClientEvent)) {
    it.prop(
      `any ${tag} of a client is one line and comes back from it`,
      [anyOf(ClientEvent).filter((event) => event._tag === tag)],
      ([event]) => {
        const line = encodeClientEventLine(event)
        expectLine(line, tag)
        expect(decodeClientEventLine(line)).toEqual(Either.right({ ...event, v: 1 }))
      },
      runs(60),
    )
  }

  it.prop(
    "any event is written as its Schema encodes it, plus the text of UTF-8 bytes",
    [FastCheck.oneof(anyOf(ServerEvent).map(asServer), anyOf(ClientEvent).map(asClient))],
    ([{ event, line, encoded }]) => {
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ v: 1, ...encoded, ...textOf(event) })))
    },
    runs(500),
  )

  it("unsafe characters are written as \\uXXXX in every field, and read back unchanged", () => {
    const events = [
      ...sampled(anyOf(ServerEvent)).flatMap((event) => withText(event, unsafe, Schema.is(ServerEvent)).map(asServer)),
      ...sampled(anyOf(ClientEvent)).flatMap((event) => withText(event, unsafe, Schema.is(ClientEvent)).map(asClient)),
    ]
    // The texts of events, endpoints, close reasons, refusals and TLS.
    expect(new Set(events.map(({ event }) => event._tag)).size).toBeGreaterThan(10)
    for (const { event, line, encoded } of events) {
      expect([event, line.match(unsafeKinds)]).toEqual([event, null])
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ v: 1, ...encoded, ...textOf(event) })))
    }
    const bytes = Buffer.from(unsafe.replace("\ud800", "\ufffd"))
    const line = encodeServerEventLine(received(bytes))
    expect(line.match(unsafeKinds)).toBeNull()
    expect(fieldsOf(line)["text"]).toBe(unsafe.replace("\ud800", "\ufffd"))
  })

  it("a large line that is made in pieces is the same", () => {
    const texts = ["aé\u2028😀\u0000\n".repeat(20_000), `${"x".repeat(300_000)}\u009b`, "€".repeat(96 * 1024)]
    for (const bytes of [...texts.map(utf8), Uint8Array.from({ length: 300_001 }, (_, at) => at)]) {
      const pieces = [...new EventLineWriter().pieces(received(bytes), (length) => new Uint8Array(length))]
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(700_000)
      expect(Buffer.concat(pieces).toString() === encodeServerEventLine(received(bytes))).toBe(true)
    }
  })

  it("the version is 1 and is the first field", () => {
    expect(eventLineVersion).toBe(1)
    expect(encodeServerEventLine(received(utf8("hi")))).toBe(
      '{"v":1,"_tag":"FrameReceived","seq":3,"at":1000,"id":1,"bytes":"aGk=","text":"hi"}',
    )
  })

  it.prop(
    "`text` exists exactly if the bytes are UTF-8, and equals them",
    [FastCheck.oneof(FastCheck.uint8Array({ maxLength: 8 }), FastCheck.string({ unit: "binary" }).map(utf8))],
    ([bytes]) => {
      const server = fieldsOf(encodeServerEventLine(received(bytes)))
      const client = fieldsOf(encodeClientEventLine({ _tag: "FrameSent", seq: 1, at: 0, bytes }))
      const expected = isUtf8(bytes) ? Buffer.from(bytes).toString("utf8") : undefined
      expect([server["text"], client["text"]]).toEqual([expected, expected])
      expect(Object.hasOwn(server, "text")).toBe(isUtf8(bytes))
    },
    runs(500),
  )

  it("an empty frame has an empty text, and a byte order mark stays in the text", () => {
    expect(fieldsOf(encodeServerEventLine(received(new Uint8Array(0))))["text"]).toBe("")
    expect(fieldsOf(encodeServerEventLine(received(utf8("\ufeffa"))))["text"]).toBe("\ufeffa")
  })

  it("a payload with line ends stays on one line", () => {
    const line = encodeServerEventLine(received(utf8("a\r\nb\n")))
    expectLine(line, "FrameReceived")
    expect(fieldsOf(line)["text"]).toBe("a\r\nb\n")
  })

  it("an event without bytes has no text", () => {
    const line = encodeServerEventLine({ _tag: "DrainFinished", seq: 9, at: 5, graceful: 1, forced: 0 })
    expect(line).toBe('{"v":1,"_tag":"DrainFinished","seq":9,"at":5,"graceful":1,"forced":0}')
  })

  it("a line with another version, or without one, is refused", () => {
    for (const v of [0, 2, "1", null, undefined]) {
      const server = JSON.stringify({ ...fieldsOf(encodeServerEventLine(received(utf8("hi")))), v })
      const client = JSON.stringify({ v, _tag: "LookingUp", seq: 1, at: 0, host: "example.org" })
      expect([v, Either.isLeft(decodeServerEventLine(server))]).toEqual([v, true])
      expect([v, Either.isLeft(decodeClientEventLine(client))]).toEqual([v, true])
    }
  })

  it("an unknown field of a later release is ignored", () => {
    const line = JSON.stringify({ ...fieldsOf(encodeServerEventLine(received(utf8("hi")))), later: true })
    expect(decodeServerEventLine(line)).toEqual(Either.right({ ...received(utf8("hi")), v: 1 }))
  })

  it("text that is not the line of an event is refused", () => {
    const lines = ["", "{", "null", "[]", '"FrameReceived"', '{"v":1}', '{"v":1,"_tag":"Other","seq":1,"at":0}']
    const noBase64 = '{"v":1,"_tag":"FrameReceived","seq":1,"at":0,"id":1,"bytes":"*"}'
    const noId = '{"v":1,"_tag":"ConnectionRecovered","seq":1,"at":0,"id":0}'
    for (const line of [...lines, noBase64, noId]) {
      expect([line, Either.isLeft(decodeServerEventLine(line))]).toEqual([line, true])
      expect([line, Either.isLeft(decodeClientEventLine(line))]).toEqual([line, true])
    }
  })

  it("a line that is nested too deeply is refused with a readable message", () => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000)
    const lines = [deep, `{"v":1,"_tag":"Listening","seq":${deep},"at":1}`, `{"v":1,"_tag":"LookingUp","host":${deep}}`]
    for (const line of lines) {
      expect(Either.getOrThrow(Either.flip(decodeServerEventLine(line))).message).toMatch(/nested too deeply/)
      expect(Either.getOrThrow(Either.flip(decodeClientEventLine(line))).message).toMatch(/nested too deeply/)
    }
    const brackets = `{"v":1,"_tag":"LookingUp","seq":"\\"${"[".repeat(100)}","at":0,"host":"a"}`
    expect(Either.getOrThrow(Either.flip(decodeClientEventLine(brackets))).message).not.toMatch(/nested/)
  })
})
