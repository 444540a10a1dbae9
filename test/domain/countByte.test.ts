import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { vi } from "vitest"
import { makeCountBySimd } from "../../src/domain/countBySimd.ts"
import { countByte, countByWords } from "../../src/domain/countByte.ts"

const plainly = (bytes: Uint8Array, byte: number) => bytes.filter((one) => one === byte).length

describe("countByte", () => {
  // A count by words could fail for bytes next to the wanted one, and for bytes that differ from it in one bit.
  const near = FastCheck.constantFrom(0x00, 0x01, 0x09, 0x0a, 0x0b, 0x0e, 0x4a, 0x7f, 0x80, 0x8a, 0xf5, 0xff)

  it.prop(
    "counts what a loop counts, whatever the bytes and their alignment",
    [FastCheck.array(near, { maxLength: 300, size: "max" }), FastCheck.nat(7), near],
    ([values, offset, byte]) => {
      const bytes = new Uint8Array(offset + values.length).fill(byte)
      bytes.set(values, offset)
      const view = bytes.subarray(offset)
      expect(countByte(view, byte)).toBe(plainly(view, byte))
    },
  )

  it.prop(
    "counts the same with and without SIMD, in runs of any length",
    [FastCheck.array(near, { minLength: 1, maxLength: 50 }), FastCheck.nat(7), FastCheck.nat(200_000), near],
    ([values, offset, length, byte]) => {
      const bytes = new Uint8Array(offset + length).fill(byte)
      for (let at = offset; at < bytes.length; at++) bytes[at] = values[(at * 7) % values.length] ?? 0
      const view = bytes.subarray(offset)
      expect(countByte(view, byte)).toBe(countByWords(view, byte))
    },
  )

  it("has SIMD on this engine, and does without it where WebAssembly is forbidden", () => {
    expect(makeCountBySimd()?.(new Uint8Array(32).fill(7), 7)).toBe(32)
    vi.stubGlobal("WebAssembly", undefined)
    expect(makeCountBySimd()).toBeUndefined()
    vi.unstubAllGlobals()
  })

  it("counts thousands of consecutive bytes", () => {
    for (const length of [1008, 1023, 1024, 4080, 4096, 5000, 65_536, 65_552, 300_001]) {
      expect(countByte(new Uint8Array(length).fill(0x0a), 0x0a)).toBe(length)
    }
  })
})
