import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { harmless } from "../../src/chat/internal/harmless.ts"
import { hex } from "../support/framingSuite.ts"
import { runs } from "../support/properties.ts"

const shown = (text: string) => Buffer.from(harmless(Buffer.from(text))).toString()

describe("a line of a chat", () => {
  it.prop(
    "is unchanged if it is text, in any script",
    [FastCheck.string({ unit: "grapheme", maxLength: 50 })],
    ([text]) => {
      const bytes = Buffer.from(text)
      if (!/[\0-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/.test(text)) expect(harmless(bytes)).toBe(bytes)
    },
    runs(300),
  )

  it.prop(
    "has no control of a terminal, whatever bytes a client sends",
    [FastCheck.uint8Array({ maxLength: 50 })],
    ([bytes]) => {
      const line = harmless(bytes)
      for (const [at, byte] of line.entries()) {
        expect(byte >= 0x20 || byte === 0x09).toBe(true)
        expect(byte).not.toBe(0x7f)
        // A byte from 80 to 9F only continues a character.
        if (byte >= 0x80 && byte < 0xa0) expect(line[at - 1]).toBeGreaterThanOrEqual(0x80)
      }
      expect(harmless(line)).toBe(line)
    },
    runs(500),
  )

  it("keeps joined emoji and the text of other encodings, and shows escapes instead of acting on them", () => {
    expect(shown("👩‍👩‍👧 می‌خواهم\ttab")).toBe("👩‍👩‍👧 می‌خواهم\ttab")
    expect(shown("\u001b[2J\u0007\b\u007f\u009b31m\u202edlrow\u2028")).toBe(
      "\\e[2J\\a\\x08\\x7f\\u{9b}31m\\u{202e}dlrow\\u{2028}",
    )
    // 你好 in GB2312.
    expect([...harmless(hex("c4e3 bac3"))]).toEqual([...hex("c4e3 bac3")])
    expect(Buffer.from(harmless(hex("9b 33 31 6d"))).toString()).toBe("\\x9b31m")
  })
})
