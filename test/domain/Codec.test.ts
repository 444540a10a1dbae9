import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Codec, type CodecError } from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

const utf8 = (value: string) => new TextEncoder().encode(value)
const failure = <A>(result: Either.Either<A, CodecError>) => Either.getOrThrow(Either.flip(result))

describe("bytes", () => {
  it.prop(
    "a payload is its own value",
    [FastCheck.uint8Array()],
    ([payload]) => {
      expect(Either.getOrThrow(Codec.bytes.encode(payload))).toBe(payload)
      expect(Either.getOrThrow(Codec.bytes.decode(payload))).toBe(payload)
    },
    runs(50),
  )
})

describe("text", () => {
  it.prop(
    "any text survives encoding and decoding",
    [FastCheck.string({ unit: "binary" })],
    ([value]) => {
      expect(Either.flatMap(Codec.text.encode(value), Codec.text.decode)).toEqual(Either.right(value))
    },
    runs(300),
  )

  it("a byte order mark is part of the text", () => {
    expect(Codec.text.decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toEqual(Either.right("\ufeffa"))
  })

  it("bytes that are not UTF-8 are refused, and do not affect the next payload", () => {
    const broken = [
      ["ff", 0, 0xff],
      ["c3", 0, 0xc3],
      ["e2", 1, 0x61, 0xe2, 0x82],
      ["c0", 2, 0xc3, 0xa9, 0xc0, 0x80],
      ["ed", 0, 0xed, 0xa0, 0x80],
      ["f4", 0, 0xf4, 0x90, 0x80, 0x80],
    ] as const
    for (const [byte, at, ...bytes] of broken) {
      const error = failure(Codec.text.decode(Uint8Array.from(bytes)))
      expect(error._tag).toBe("CodecError")
      expect(error.message).toBe(
        `text: the payload is not UTF-8: no character begins with the byte 0x${byte} at offset ${at}`,
      )
      expect(Codec.text.decode(utf8("é"))).toEqual(Either.right("é"))
    }
  })
})

describe("json", () => {
  const Reading = Schema.Struct({ sensor: Schema.String, celsius: Schema.NumberFromString })
  const codec = Codec.json(Reading)

  it("a value becomes the JSON of its schema's encoded side, and survives decoding", () => {
    const payload = Either.getOrThrow(codec.encode({ sensor: "t1", celsius: 21.5 }))
    expect(new TextDecoder().decode(payload)).toBe('{"sensor":"t1","celsius":"21.5"}')
    expect(codec.decode(payload)).toEqual(Either.right({ sensor: "t1", celsius: 21.5 }))
  })

  it.prop(
    "any JSON value is one line of text and survives decoding",
    [FastCheck.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)],
    ([value]) => {
      const any = Codec.json(Schema.Unknown)
      const payload = Either.getOrThrow(any.encode(value))
      expect(payload.includes(0x0a)).toBe(false)
      expect(any.decode(payload)).toEqual(Either.right(value))
    },
    runs(300),
  )

  it("a payload that is not JSON, or not UTF-8, is refused", () => {
    expect(failure(codec.decode(utf8("{"))).codec).toBe("json")
    expect(failure(codec.decode(utf8(""))).codec).toBe("json")
    expect(failure(codec.decode(Uint8Array.of(0xff)))).toMatchObject({
      codec: "json",
      problem: "the payload is not UTF-8: no character begins with the byte 0xff at offset 0",
    })
  })

  it("a value that does not fit the schema is refused with the path of the problem", () => {
    const error = failure(codec.decode(utf8('{"sensor":1,"celsius":"2"}')))
    expect(error.message).toBe("json: sensor: Expected string, actual 1")
    expect(failure(codec.decode(utf8('{"sensor":"a"}'))).message).toBe("json: celsius: is missing")
  })

  it("a value that its schema forbids is refused by encode", () => {
    const positive = Codec.json(Schema.Number.pipe(Schema.positive()))
    expect(failure(positive.encode(-1)).codec).toBe("json")
    expect(positive.encode(1)).toEqual(Either.right(utf8("1")))
  })

  it("a value that JSON cannot represent is refused by encode", () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    expect(failure(Codec.json(Schema.Unknown).encode(loop)).codec).toBe("json")
    expect(failure(Codec.json(Schema.Unknown).encode(1n)).codec).toBe("json")
    expect(failure(Codec.json(Schema.Unknown).encode(undefined)).codec).toBe("json")
  })

  interface Tree extends ReadonlyArray<Tree> {}
  const Tree: Schema.Schema<Tree> = Schema.Array(Schema.suspend(() => Tree))
  const deep = utf8("[".repeat(50_000) + "]".repeat(50_000))

  it("a value that is nested too deeply to be decoded or shown is refused", () => {
    expect(failure(codec.decode(deep)).message).toMatch(/^json: it cannot be read/)
    expect(failure(Codec.json(Tree).decode(deep)).message).toMatch(/^json: it cannot be read/)
    expect(Codec.json(Tree).decode(utf8("[[],[[]]]"))).toEqual(Either.right([[], [[]]]))
  })

  it("a refusal quotes only the beginning of a long payload", () => {
    const long = utf8(JSON.stringify({ sensor: ["x".repeat(100_000)], celsius: 1 }))
    expect(failure(codec.decode(long)).message).toMatch(/^json: sensor: Expected string.{900,1100}…$/)
  })

  it.prop(
    "a refusal is one line for any payload",
    [FastCheck.oneof(FastCheck.uint8Array(), FastCheck.json().map(utf8), FastCheck.string().map(utf8))],
    ([payload]) => {
      const result = codec.decode(payload)
      if (Either.isLeft(result)) expect(result.left.message).toMatch(/^\P{Cc}+$/u)
    },
    runs(500),
  )
})
