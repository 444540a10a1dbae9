import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { decodeEnvelope, encodeEnvelope, envelopeOverhead } from "../../src/hub/nats/internal/envelope.ts"
import { joinBytes, runs } from "../support/properties.ts"

const long = FastCheck.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 })

const fields = FastCheck.record({
  epoch: long,
  sequence: long,
  framesBefore: long,
  frames: FastCheck.integer({ min: 0, max: 2 ** 32 - 1 }),
  node: FastCheck.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  continues: FastCheck.boolean(),
  continued: FastCheck.boolean(),
})

const someRuns = FastCheck.array(FastCheck.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 })

describe("an envelope", () => {
  it.prop(
    "comes back as it was, with the boundaries of its runs",
    [fields, someRuns],
    ([given, parts]) => {
      const bytes = encodeEnvelope(given, parts, true)
      const whole = joinBytes(parts)
      expect(bytes.length).toBe(envelopeOverhead(given.node, parts.length) + whole.length)
      const decoded = decodeEnvelope(bytes)
      let end = 0
      const ends = parts.map((part) => {
        end += part.length
        return end
      })
      expect(decoded).toEqual({ ...given, ends, body: decoded?.body })
      expect([...(decoded?.body ?? [])]).toEqual([...whole])
    },
    runs(200),
  )

  it.prop(
    "joins its runs when their bytes tell the frames apart",
    [fields, someRuns],
    ([given, parts]) => {
      const decoded = decodeEnvelope(encodeEnvelope(given, parts, false))
      expect(decoded).toEqual({ ...given, ends: undefined, body: decoded?.body })
      expect([...(decoded?.body ?? [])]).toEqual([...joinBytes(parts)])
    },
    runs(200),
  )

  it.prop(
    "is not read from other bytes, and reading never throws",
    [FastCheck.uint8Array({ maxLength: 80 }), FastCheck.boolean()],
    ([bytes, isVersioned]) => {
      if (isVersioned && bytes.length > 0) bytes[0] = 1
      const decoded = decodeEnvelope(bytes)
      if (decoded !== undefined) expect(decoded.body.length).toBeLessThan(bytes.length)
      else expect(decoded).toBe(undefined)
    },
    runs(2000),
  )

  it("is refused when its table of runs is not that of its body", () => {
    const bytes = encodeEnvelope(
      { epoch: 1, sequence: 2, framesBefore: 3, frames: 2, node: "a", continues: false, continued: false },
      [Uint8Array.of(1), Uint8Array.of(2, 3)],
      true,
    )
    expect(decodeEnvelope(bytes)?.frames).toBe(2)
    expect(decodeEnvelope(bytes.subarray(0, -1))).toBe(undefined)
    expect(decodeEnvelope(bytes.subarray(0, 34))).toBe(undefined)
    expect(decodeEnvelope(Uint8Array.from([...bytes, 0]))).toBe(undefined)
  })
})
