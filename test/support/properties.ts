import * as FastCheck from "effect/FastCheck"

/** Options of a property: the number of cases, and a fixed seed, so that each run has the same cases. */
export const runs = (numRuns: number) => ({ fastCheck: { numRuns, seed: 0x7cf } })

/** Bytes with many line ends. */
export const lineBytes = (maxLength: number): FastCheck.Arbitrary<Uint8Array> =>
  FastCheck.array(
    FastCheck.oneof(
      FastCheck.constantFrom(0x0a, 0x0d, 0x61),
      FastCheck.constantFrom(0x0a, 0x62),
      FastCheck.integer({ min: 0, max: 255 }),
    ),
    { maxLength },
  ).map((bytes) => Uint8Array.from(bytes))

/** Cuts bytes at these places. Places beyond the end give empty chunks. */
export const cutAt = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const bounds = [0, ...[...places].sort((a, b) => a - b), bytes.length]
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end))
}

export const joinBytes = (parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]))
