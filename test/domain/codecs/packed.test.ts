import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Codec, CodecError } from "../../../src/domain/index.ts"

const utf8 = (value: string) => new TextEncoder().encode(value)
const failure = <A>(result: Either.Either<A, CodecError>) => Either.getOrThrow(Either.flip(result))

class Known extends Context.Tag("test/Known")<Known, ReadonlySet<string>>() {}

/** A text that a service must know. */
const KnownName = Schema.transformOrFail(Schema.String, Schema.String, {
  strict: true,
  decode: (name, _, ast) =>
    Effect.flatMap(Known, (known) =>
      known.has(name) ? Effect.succeed(name) : Effect.fail(new ParseResult.Type(ast, name, "nobody has this name")),
    ),
  encode: (name) => Effect.as(Known, name),
})

describe("a codec of a schema of text", () => {
  const codec = Codec.fromSchema("celsius", Schema.NumberFromString)

  it("converts values to UTF-8 and back", () => {
    expect(Either.getOrThrow(codec.encode(21.5))).toEqual(utf8("21.5"))
    expect(codec.decode(utf8("-3"))).toEqual(Either.right(-3))
  })

  it("refuses what the schema refuses, with the error of the schema", () => {
    const error = failure(codec.decode(utf8("warm")))
    expect(error).toMatchObject({ codec: "celsius", problem: 'Unable to decode "warm" into a number' })
    expect(ParseResult.isParseError(error.parseError)).toBe(true)
  })

  it("refuses bytes that are not UTF-8, without an error of the schema", () => {
    const error = failure(codec.decode(Uint8Array.of(0xff)))
    expect(error).toMatchObject({
      codec: "celsius",
      problem: "the payload is not UTF-8: no character begins with the byte 0xff at offset 0",
    })
    expect(error.parseError).toBe(undefined)
  })
})

describe("a codec of a schema of bytes", () => {
  it("gives the bytes to the schema", () => {
    const word = Schema.transform(Schema.Uint8ArrayFromSelf.pipe(Schema.filter((b) => b.length === 2)), Schema.Number, {
      strict: true,
      decode: (b) => (b[0] ?? 0) * 256 + (b[1] ?? 0),
      encode: (value) => Uint8Array.of(value >> 8, value & 255),
    })
    const codec = Codec.fromSchema("word", word)
    expect(Either.getOrThrow(codec.encode(258))).toEqual(Uint8Array.of(1, 2))
    expect(codec.decode(Uint8Array.of(1, 2))).toEqual(Either.right(258))
    expect(failure(codec.decode(Uint8Array.of(1))).codec).toBe("word")
  })
})

describe("a codec of a schema with requirements", () => {
  it.effect("gets its services from the context of the program", () =>
    Effect.gen(function* () {
      const codec = Codec.json(Schema.Struct({ name: KnownName }), "effect")
      const known = Effect.provideService(Known, new Set(["ada"]))
      expect(yield* known(codec.decode(utf8('{"name":"ada"}')))).toEqual({ name: "ada" })
      expect(yield* known(codec.encode({ name: "ada" }))).toEqual(utf8('{"name":"ada"}'))
      expect(yield* Effect.flip(known(codec.decode(utf8('{"name":"eve"}'))))).toMatchObject({
        _tag: "CodecError",
        codec: "json",
        problem: "name: nobody has this name",
      })
    }),
  )

  it("returns an Either for values that need no service", () => {
    const codec = Codec.json(Schema.Union(Schema.Number, KnownName), "effect")
    expect(Codec.isSettled(codec.decode(utf8("5")))).toBe(true)
    expect(Codec.isSettled(codec.decode(utf8('"ada"')))).toBe(false)
  })

  it("refuses a transformation that takes time, without the mode for effects", () => {
    const slow = Schema.transformOrFail(Schema.String, Schema.String, {
      strict: true,
      decode: (value) => Effect.as(Effect.yieldNow(), value),
      encode: ParseResult.succeed,
    })
    expect(failure(Codec.fromSchema("slow", slow).decode(utf8("a"))).problem).toBe(
      'the schema needs time or a service; make the codec with the mode "effect"',
    )
  })
})

describe("a packing that throws", () => {
  it("gives an error with the words of the exception", () => {
    const codec = Codec.packed("odd", Schema.String, {
      pack: () => {
        throw new Error("it cannot be packed")
      },
      unpack: () => {
        throw new RangeError("the stack is full")
      },
    })
    expect(failure(codec.encode("a")).message).toBe("odd: it cannot be packed")
    expect(failure(codec.decode(utf8("a"))).message).toBe("odd: it cannot be read (the stack is full)")
  })
})

describe("an error of a codec", () => {
  it("names the frame and the byte at which it begins", () => {
    const parts = { codec: "json", problem: "no" }
    expect(new CodecError({ ...parts, frame: 3 }).message).toBe("json: no (frame 3)")
    expect(new CodecError({ ...parts, frame: 3, offset: 40 }).message).toBe("json: no (frame 3, at byte 40)")
  })
})
