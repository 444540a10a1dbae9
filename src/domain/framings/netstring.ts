import type { TotalFraming } from "./contract.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"
import { malformed, readersOf, SizedDecoder, type SizedFrames, unknownSize } from "./SizedDecoder.ts"

const zero = 0x30
const nine = 0x39
const colon = 0x3a
const comma = 0x2c
const mostDigits = 9

/** Returns the offset of the colon after the length at `at`, or `end` if there is no colon before `end`. */
const colonAt = (bytes: Uint8Array, at: number, end: number): number => {
  let colonOffset = at
  while (colonOffset < end && bytes[colonOffset] !== colon) colonOffset++
  return colonOffset
}

const sizeAt = (bytes: Uint8Array, at: number, end: number): number => {
  let length = 0
  for (let offset = at; offset < end; offset++) {
    const byte = bytes[offset] as number
    const digits = offset - at
    if (byte === colon && digits > 0) {
      const size = digits + 1 + length + 1
      return at + size <= end && bytes[at + size - 1] !== comma ? malformed : size
    }
    const isLeadingZero = digits === 1 && bytes[at] === zero
    if (byte < zero || byte > nine || digits === mostDigits || isLeadingZero) return malformed
    length = 10 * length + byte - zero
  }
  return unknownSize
}

const problemAt = (bytes: Uint8Array, at: number, end: number): string => {
  const length = bytes.subarray(at, Math.min(end, at + mostDigits + 1))
  const wrong = length.findIndex((byte) => byte < zero || byte > nine)
  if (wrong === 0) return "a netstring does not begin with a digit"
  if (wrong === -1 && length.length > mostDigits) return `the length of a netstring has more than ${mostDigits} digits`
  if (length[0] === zero && wrong !== 1) return "the length of a netstring begins with 0"
  if (length[wrong] !== colon) return "the length of a netstring has no colon after its digits"
  return "a netstring does not end with a comma"
}

const frames: SizedFrames = {
  sizeAt,
  problemAt,
  payloadSize: (bytes, at, size) => size - 2 - (colonAt(bytes, at, at + mostDigits) - at),
  overhead: mostDigits + 2,
}

const encode = (payload: Uint8Array): Uint8Array => {
  const prefix = new TextEncoder().encode(`${payload.length}:`)
  const wire = new Uint8Array(prefix.length + payload.length + 1)
  wire.set(prefix)
  wire.set(payload, prefix.length)
  wire[wire.length - 1] = comma
  return wire
}

/**
 * Netstrings (Bernstein, 1997): the length in decimal digits, a colon, the payload, a comma. The length has at most 9
 * digits and no leading zero. A malformed netstring ends the connection with `FrameInvalid`. A last netstring without
 * its end ends the connection with `FrameTruncated`.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * const bytes = (text: string) => new TextEncoder().encode(text)
 * assert.deepEqual(Framing.netstring.encode(bytes("hello")), bytes("5:hello,"))
 */
export const netstring: TotalFraming = owned({
  name: "netstring",
  delimited: true,
  decoder: (maxFrameBytes) => new SizedDecoder(frames, maxFrameBytes),
  encode,
  refuses: aboveLimit,
  ...readersOf(frames, (wire, at, size) => wire.subarray(colonAt(wire, at, wire.length) + 1, at + size - 1)),
})
