import { describe, expect, it } from "@effect/vitest"
import { isUnsafe, unsafeCharacters } from "../../src/domain/unsafeCharacters.ts"

const kinds = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
// Code points within the ranges that Unicode reserves for such characters.
const isReserved = (code: number) =>
  code === 0x2065 || (code >= 0xfff0 && code <= 0xfff8) || (code >= 0xe0000 && code <= 0xe001f)

describe("unsafe characters", () => {
  it("are the controls, format characters, and line separators of Unicode, and no others", () => {
    const wrong: Array<string> = []
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code)
      const expected = kinds.test(character) || isReserved(code)
      unsafeCharacters.lastIndex = 0
      if (isUnsafe(code) !== expected || unsafeCharacters.test(character) !== expected) wrong.push(code.toString(16))
    }
    expect(wrong).toEqual([])
  })
})
