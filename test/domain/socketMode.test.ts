import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { formatSocketMode, parseSocketMode } from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

describe("parseSocketMode", () => {
  it("accepts three octal digits, with or without a leading zero", () => {
    for (const text of ["660", "0660"]) expect(parseSocketMode(text)).toEqual(Either.right(0o660))
    expect(parseSocketMode("000")).toEqual(Either.right(0))
    expect(parseSocketMode("0777")).toEqual(Either.right(0o777))
  })

  it.each([
    ["", "not an octal number"],
    ["u=rw", "not an octal number"],
    ["0o660", "not an octal number"],
    ["-660", "not an octal number"],
    ["0688", "8 and 9 are not octal digits"],
    ["60", "it does not have three digits"],
    ["1777", "it does not have three digits"],
    ["00660", "it does not have three digits"],
  ])("refuses %j and says why: %s", (input, why) => {
    const error = Either.getOrThrow(Either.flip(parseSocketMode(input)))
    expect(error.message).toContain(why)
    expect(error.message).toContain("0660")
  })

  it.prop(
    "reads every written mode back",
    [FastCheck.nat({ max: 0o777 })],
    ([mode]) => {
      expect(parseSocketMode(formatSocketMode(mode))).toEqual(Either.right(mode))
    },
    runs(200),
  )
})
