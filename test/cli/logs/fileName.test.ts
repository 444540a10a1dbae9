import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseFileName } from "../../../src/cli/logs/fileName.ts"

describe("the name of a file of output", () => {
  it.each([
    ["a", false, "a", "."],
    ["/a", false, "/a", "/"],
    ["x/y.bin", false, "x/y.bin", "x"],
    ["%id", true, "7", "."],
    ["x%%/%id-%id.bin", true, "x%/7-7.bin", "x%"],
    ["%%id", false, "%id", "."],
    ["%%%id", true, "%7", "."],
  ])("is read: %s", (text, isPerClient, path, folder) => {
    const name = Either.getOrThrow(parseFileName(text))
    expect([name.isPerClient, name.pathOf(7), name.folder]).toEqual([isPerClient, path, folder])
  })

  it.each(["-", "%", "a%", "%i", "%%%", "%name", "%id/a", "a%id/b%id", "a/"])("is refused: %s", (text) => {
    expect(Either.isLeft(parseFileName(text))).toBe(true)
  })
})
