import { it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { expect } from "vitest"
import { indexOfByte } from "../../src/domain/indexOfByte.ts"
import { runs } from "../support/properties.ts"

it.prop(
  "the search for a byte finds what Uint8Array finds, in views and Buffers too, from any offset",
  [
    FastCheck.array(FastCheck.constantFrom(0, 10, 255), { maxLength: 40 }),
    FastCheck.nat({ max: 50 }),
    FastCheck.nat(5),
  ],
  ([list, from, cut]) => {
    const bytes = Uint8Array.from(list).subarray(Math.min(cut, list.length))
    for (const byte of [0, 10, 255, 7]) {
      expect(indexOfByte(bytes, byte, from)).toBe(bytes.indexOf(byte, from))
      expect(indexOfByte(Buffer.from(bytes), byte, from)).toBe(bytes.indexOf(byte, from))
    }
  },
  runs(200),
)
