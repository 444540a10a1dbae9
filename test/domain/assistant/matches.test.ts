import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant } from "../../../src/domain/index.ts"

const problem = <A>(read: Either.Either<A, Assistant.Refusal>) => Either.getOrThrow(Either.flip(read))

describe("a match", () => {
  const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
  const matched = (match: Assistant.Match, frame: Uint8Array | string) => {
    const wire = typeof frame === "string" ? new TextEncoder().encode(frame) : frame
    return Either.getOrThrow(Assistant.compileMatch(match))(wire, () => new TextDecoder().decode(wire))
  }

  it("of text contains, equals or starts", () => {
    expect(matched({ _tag: "Contains", text: "gin" }, "login 1")).toEqual(["gin"])
    expect(matched({ _tag: "Contains", text: "GIN" }, "login 1")).toBeUndefined()
    expect(matched({ _tag: "Equals", text: "login" }, "login")).toEqual(["login"])
    expect(matched({ _tag: "Equals", text: "login" }, "login\n")).toBeUndefined()
    expect(matched({ _tag: "Equals", text: "" }, "")).toEqual([""])
    expect(matched({ _tag: "Starts", text: "log" }, "login")).toEqual(["log"])
    expect(matched({ _tag: "Starts", text: "gin" }, "login")).toBeUndefined()
  })

  it("of an expression captures its groups, and an unused group is empty", () => {
    expect(matched({ _tag: "Regex", source: "id=(\\d+)(x)?" }, "a id=42 b")).toEqual(["id=42", "42", ""])
    expect(matched({ _tag: "Regex", source: "^LOGIN", ignoreCase: true }, "login")).toEqual(["login"])
    expect(matched({ _tag: "Regex", source: "^LOGIN" }, "login")).toBeUndefined()
    expect(matched({ _tag: "Regex", source: "^.$" }, "😀")).toEqual(["😀"])
    expect(matched({ _tag: "Regex", source: "a\\-b" }, "a-b")).toEqual(["a-b"])
  })

  it("of hex supports wildcards and an open end", () => {
    const pattern = (written: string, frame: Uint8Array) => matched({ _tag: "Hex", pattern: written }, frame)
    expect(pattern("78 78 ?? 01 *", bytes(0x78, 0x78, 0x0d, 0x01, 0xff))).toEqual(["78 78 0D 01"])
    expect(pattern("78 78 ?? 01 *", bytes(0x78, 0x78, 0x0d, 0x01))).toEqual(["78 78 0D 01"])
    expect(pattern("78 78 ?? 01", bytes(0x78, 0x78, 0x0d, 0x01, 0xff))).toBeUndefined()
    expect(pattern("78 78 ?? 01 *", bytes(0x78, 0x78, 0x0d))).toBeUndefined()
    expect(pattern("0x0?,0x?3", bytes(0x0f, 0xa3))).toEqual(["0F A3"])
    expect(pattern("0?", bytes(0x1f))).toBeUndefined()
    expect(pattern("*", bytes())).toEqual([""])
  })

  it("does not decode the frame as text if it needs no text", () => {
    const match = Either.getOrThrow(Assistant.compileMatch({ _tag: "Hex", pattern: "01" }))
    const text = () => {
      throw new Error("read as text")
    }
    expect(match(bytes(1), text)).toEqual(["01"])
  })

  it.each<readonly [Assistant.Match, string]>([
    [{ _tag: "Contains", text: "" }, "the text to look for is empty"],
    [{ _tag: "Starts", text: "" }, "the text to look for is empty"],
    [{ _tag: "Regex", source: "(" }, '"(" is not a regular expression: Unterminated group'],
    [{ _tag: "Hex", pattern: "" }, "the pattern is empty, at character 1"],
    [{ _tag: "Hex", pattern: "01 0" }, "a digit is missing, at character 4"],
    [{ _tag: "Hex", pattern: "01 * 02" }, "the * is not at the end of the pattern, at character 6"],
    [{ _tag: "Hex", pattern: "01 zz" }, '"z" is not a hex digit, at character 4'],
  ])("%j is refused: %s", (match, message) => {
    expect(problem(Assistant.compileMatch(match))).toMatchObject({ reason: "value", field: "match", message })
  })
})
