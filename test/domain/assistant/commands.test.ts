import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant } from "../../../src/domain/index.ts"
import { runs } from "../../support/properties.ts"
import { command, recipients } from "./arbitraries.ts"

describe("the written form of commands", () => {
  it.prop(
    "every command is read as the same one that was written",
    [command(Assistant.formatRecipients)],
    ([value]) => {
      const line = Assistant.formatCommand(value)
      expect(line).not.toMatch(/[\n\r\u2028\u2029]/)
      expect(line.trim()).toBe(line)
      for (const written of [line, `/${line}`]) {
        expect(Assistant.parseCommand(written)).toEqual(Either.right(value))
      }
    },
    runs(3000),
  )

  it.prop(
    "all recipients are read as the same ones that were written",
    [recipients],
    ([value]) => {
      expect(Assistant.parseRecipients(Assistant.formatRecipients(value))).toEqual(Either.right(value))
    },
    runs(2000),
  )
})
