import { allocateBriefly } from "../../runtime/bytes.ts"

export const lineFeed = 0x0a
const carriageReturn = 0x0d
export const lineEnd = Uint8Array.of(lineFeed)

/** The line without its LF, and without a CR before the LF. */
export const lineOf = (run: Uint8Array, from: number, next: number): Uint8Array => {
  let end = next
  if (end > from && run[end - 1] === lineFeed) end--
  if (end > from && run[end - 1] === carriageReturn) end--
  return run.subarray(from, end)
}

/** Joins parts in one array. */
export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = allocateBriefly(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
