import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { ParseErrorText, parseErrorText } from "../../src/domain/ParseErrorText.ts"

const encode = Schema.encodeSync(ParseErrorText)
const decode = Schema.decodeSync(ParseErrorText)

const errorFor = <A, I>(schema: Schema.Schema<A, I>, value: unknown): ParseResult.ParseError =>
  Either.getOrThrow(Either.flip(Schema.decodeUnknownEither(schema)(value)))

describe("a ParseError as text", () => {
  it("has the message of the error", () => {
    const error = errorFor(Schema.Struct({ age: Schema.Int }), { age: "old" })
    expect(encode(error)).toBe(error.message)
    expect(encode(error)).toContain('Expected number, actual "old"')
  })

  it("is read as an error with the same message", () => {
    void FastCheck.assert(
      FastCheck.property(Arbitrary.make(Schema.typeSchema(ParseErrorText)), (error) => {
        const read = decode(encode(error))
        expect(ParseResult.isParseError(read)).toBe(true)
        expect(read.message).toBe(error.message)
      }),
    )
  })

  it("is cut after 1000 characters, because the message quotes the value", () => {
    const text = parseErrorText(errorFor(Schema.Int, "x".repeat(5000)))
    expect(text).toHaveLength(1001)
    expect(text.endsWith("x…")).toBe(true)
    expect(parseErrorText(decode("y".repeat(1000)))).toBe("y".repeat(1000))
  })

  it("says so if the value is nested too deeply to be formatted", () => {
    let issue: ParseResult.ParseIssue = new ParseResult.Type(Schema.Never.ast, undefined, "the leaf")
    for (let depth = 0; depth < 100_000; depth++) issue = new ParseResult.Pointer("in", undefined, issue)
    expect(parseErrorText(ParseResult.parseError(issue))).toBe("the value is nested too deeply")
  })

  it("refuses a value that is no ParseError", () => {
    expect(Either.isLeft(Schema.encodeUnknownEither(ParseErrorText)(new Error("no")))).toBe(true)
  })
})
