import { describe, expect, it } from "@effect/vitest"
import { Assistant } from "../../../src/domain/index.ts"
import { editDistance, nearest } from "../../../src/domain/nearest.ts"

describe("the nearest word", () => {
  it.each([
    ["snd", "send"],
    ["sned", "send"],
    ["brodcast", "broadcast"],
    ["broad", "broadcast"],
    ["halfclose", "half-close"],
    ["disconect", "disconnect"],
    ["q", undefined],
    ["xyzzy", undefined],
    ["", undefined],
    ["x".repeat(100_000), undefined],
  ])("of %.20s is %s", (word, near) => {
    expect(nearest(word, Assistant.commandVerbs)).toBe(near)
  })

  it("a transposition is one step, as is an added, missing or wrong letter", () => {
    expect(editDistance("ab", "ba")).toBe(1)
    expect(editDistance("abc", "ac")).toBe(1)
    expect(editDistance("abc", "axc")).toBe(1)
    expect(editDistance("", "abc")).toBe(3)
    expect(editDistance("kitten", "sitting")).toBe(3)
  })
})
