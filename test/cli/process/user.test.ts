import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseAccountName } from "../../../src/cli/process/user.ts"

describe("the value of --user", () => {
  it("names a user, or a user and a group, by name or number", () => {
    expect(parseAccountName("www")).toEqual(Either.right({ user: "www", group: undefined, text: "www" }))
    expect(parseAccountName("1000:adm")).toEqual(Either.right({ user: "1000", group: "adm", text: "1000:adm" }))
  })

  it("is refused with what it should be", () => {
    for (const text of ["", ":adm", "www:", "www:adm:x", "a b", "www:a b"]) {
      expect(Either.getOrThrow(Either.flip(parseAccountName(text))).message).toBe(
        `${JSON.stringify(text)} is not NAME or NAME:GROUP`,
      )
    }
  })
})
