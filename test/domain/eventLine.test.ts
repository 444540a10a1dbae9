import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import {
  ClientEvent,
  ConnectionId,
  decodeClientEventLine,
  decodeServerEventLine,
  encodeClientEventLine,
  encodeServerEventLine,
  eventLineVersion,
  ServerEvent,
} from "../../src/domain/index.ts"
import { anyOf, tagsOf } from "../support/eventArbitraries.ts"
import { runs } from "../support/properties.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const received = (bytes: Uint8Array): ServerEvent => ({
  _tag: "FrameReceived",
  seq: 3,
  at: 1000,
  id: ConnectionId.make(1),
  bytes,
})
const fieldsOf = (line: string): Record<string, unknown> => JSON.parse(line)
const isUtf8 = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString("utf8")).equals(Buffer.from(bytes))

const expectLine = (line: string, tag: string) => {
  expect(line).not.toMatch(/[\n\r]/)
  expect(fieldsOf(line)["v"]).toBe(1)
  expect(fieldsOf(line)["_tag"]).toBe(tag)
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

  it("the version is 1 and stands first", () => {
    expect(eventLineVersion).toBe(1)
    expect(encodeServerEventLine(received(utf8("hi")))).toBe(
      '{"v":1,"_tag":"FrameReceived","seq":3,"at":1000,"id":1,"bytes":"aGk=","text":"hi"}',
    )
  })

  it.prop(
    "text is there exactly when the bytes are UTF-8, and is those bytes",
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

  it("an empty frame has an empty text, and a byte order mark stays in it", () => {
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

  it("a line of another version, or of none, is refused", () => {
    for (const v of [0, 2, "1", null, undefined]) {
      const server = JSON.stringify({ ...fieldsOf(encodeServerEventLine(received(utf8("hi")))), v })
      const client = JSON.stringify({ v, _tag: "LookingUp", seq: 1, at: 0, host: "example.org" })
      expect([v, Either.isLeft(decodeServerEventLine(server))]).toEqual([v, true])
      expect([v, Either.isLeft(decodeClientEventLine(client))]).toEqual([v, true])
    }
  })

  it("a field that a later release adds does not stop an older reader", () => {
    const line = JSON.stringify({ ...fieldsOf(encodeServerEventLine(received(utf8("hi")))), later: true })
    expect(decodeServerEventLine(line)).toEqual(Either.right({ ...received(utf8("hi")), v: 1 }))
  })

  it("what is not a line of an event is refused", () => {
    const lines = ["", "{", "null", "[]", '"FrameReceived"', '{"v":1}', '{"v":1,"_tag":"Other","seq":1,"at":0}']
    const noBase64 = '{"v":1,"_tag":"FrameReceived","seq":1,"at":0,"id":1,"bytes":"*"}'
    const noId = '{"v":1,"_tag":"ConnectionRecovered","seq":1,"at":0,"id":0}'
    for (const line of [...lines, noBase64, noId]) {
      expect([line, Either.isLeft(decodeServerEventLine(line))]).toEqual([line, true])
      expect([line, Either.isLeft(decodeClientEventLine(line))]).toEqual([line, true])
    }
  })

  it("a line that is nested too deeply is refused with a message that can be shown", () => {
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
