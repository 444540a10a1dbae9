import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { ByteWriter } from "../../src/domain/ByteWriter.ts"
import { writeBase64 } from "../../src/domain/base64.ts"
import { runs } from "../support/properties.ts"

const read = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8")

describe("ByteWriter", () => {
  it("joins all written parts, and is empty after take", () => {
    const out = new ByteWriter()
    out.ascii("a")
    out.byte(0x62)
    out.text("é😀")
    out.integer(70)
    out.bytes(Buffer.from("long ".repeat(20)))
    expect(out.length).toBe(110)
    expect(read(out.take())).toBe(`abé😀70${"long ".repeat(20)}`)
    out.ascii("next")
    expect(read(out.take())).toBe("next")
    expect(out.take()).toHaveLength(0)
  })

  it("keeps its bytes when it grows, and allocates with the given function", () => {
    const asked: Array<number> = []
    const out = new ByteWriter((length) => {
      asked.push(length)
      return new Uint8Array(length)
    }, 8)
    for (const letter of "abcdefghijklmnopqrst") out.ascii(letter)
    expect(read(out.take())).toBe("abcdefghijklmnopqrst")
    expect(asked).toEqual([0, 8, 16, 32, 0])
  })

  it.prop(
    "writes whole numbers in decimal digits",
    [
      FastCheck.oneof(
        FastCheck.nat(),
        FastCheck.maxSafeNat(),
        FastCheck.nat({ max: 12 }).map((power) => 10 ** power),
      ),
    ],
    ([value]) => {
      const out = new ByteWriter()
      out.integer(value)
      expect(read(out.take())).toBe(String(value))
    },
    runs(300),
  )

  it.prop(
    "writes the platform's base64, by its own table and by the platform's encoder",
    [FastCheck.uint8Array({ maxLength: 5 }), FastCheck.constantFrom(0, 290, 300, 301, 302)],
    ([bytes, before]) => {
      const all = Buffer.concat([Buffer.alloc(before, "x"), bytes])
      const out = new ByteWriter()
      out.ascii("=")
      writeBase64(all, out)
      expect(read(out.take())).toBe(`=${all.toString("base64")}`)
    },
    runs(300),
  )
})
