import { indexOfByte } from "../indexOfByte.ts"
import type { Framing, TotalFraming } from "./contract.ts"
import { Mark } from "./Mark.ts"
import { MarkedDecoder, type MarkedFrames } from "./MarkedDecoder.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"

const frameEnd = 0xc0
const escapeByte = 0xdb
const escapedEnd = 0xdc
const escapedEscape = 0xdd

const mark = new Mark(Uint8Array.of(frameEnd))

/** Returns the number of escapes, or -1 if an escape is wrong. */
const countEscapes = (bytes: Uint8Array): number => {
  let found = 0
  for (let at = indexOfByte(bytes, escapeByte, 0); at !== -1; at = indexOfByte(bytes, escapeByte, at + 2)) {
    const next = bytes[at + 1]
    if (next !== escapedEnd && next !== escapedEscape) return -1
    found++
  }
  return found
}

const frames: MarkedFrames = {
  mark,
  // Each byte of a payload becomes at most two bytes on the wire.
  mostBytes: (maxFrameBytes) => 2 * maxFrameBytes,
  areGood: (bytes, from, to, maxFrameBytes) => {
    if (to - from > maxFrameBytes) return false
    return countEscapes(bytes.subarray(from, to)) !== -1
  },
  problemOf: (bytes, from, to, maxFrameBytes) => {
    const escapes = countEscapes(bytes.subarray(from, to))
    if (escapes === -1) return "malformed"
    return to - 1 - from - escapes > maxFrameBytes ? "tooLong" : undefined
  },
  isIdle: (bytes, from, to) => {
    let at = from
    while (at < to && bytes[at] === frameEnd) at++
    return at === to
  },
  completesLast: false,
}

const encode = (payload: Uint8Array): Uint8Array => {
  let length = payload.length + 2
  for (const byte of payload) if (byte === frameEnd || byte === escapeByte) length++
  const wire = new Uint8Array(length)
  wire[0] = frameEnd
  let at = 1
  for (const byte of payload) {
    if (byte === frameEnd || byte === escapeByte) {
      wire[at++] = escapeByte
      wire[at++] = byte === frameEnd ? escapedEnd : escapedEscape
    } else wire[at++] = byte
  }
  wire[at] = frameEnd
  return wire
}

const unescaped = (escaped: Uint8Array, first: number): Uint8Array => {
  const payload = new Uint8Array(escaped.length)
  payload.set(escaped.subarray(0, first))
  let length = first
  for (let at = first; at < escaped.length; at++) {
    const byte = escaped[at] as number
    payload[length++] = byte !== escapeByte ? byte : escaped[++at] === escapedEnd ? frameEnd : escapeByte
  }
  return payload.subarray(0, length)
}

// From this number of frames on, one search for the next escape in the run is faster than a search in each frame.
const manyFrames = 16

const indexOrEnd = (bytes: Uint8Array, byte: number, from: number): number => {
  const at = indexOfByte(bytes, byte, from)
  return at === -1 ? bytes.length : at
}

const cut: NonNullable<Framing["cut"]> = (wire, from, most, each) => {
  const isLong = most >= manyFrames
  let escapeAt = -1
  let at = from
  for (let left = most; left > 0; left--) {
    while (wire[at] === frameEnd) at++
    if (at >= wire.length) break
    const end = indexOrEnd(wire, frameEnd, at)
    const payload = wire.subarray(at, end)
    if (isLong && escapeAt < at) escapeAt = indexOrEnd(wire, escapeByte, at)
    const first = isLong ? escapeAt - at : indexOrEnd(payload, escapeByte, 0)
    each(first < end - at ? unescaped(payload, first) : payload)
    at = end + 1
  }
  return Math.min(at, wire.length)
}

/**
 * SLIP (RFC 1055). A frame ends with the byte C0. In the payload, DB DC stands for C0, and DB DD stands for DB. A sent
 * frame also begins with C0. Empty frames are ignored. A frame above the limit or with a wrong escape is discarded up
 * to its C0, and `BytesSkipped` has the number of discarded bytes. A last frame without C0 ends the connection with
 * `FrameTruncated`.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * assert.deepEqual(Framing.slip.encode(Uint8Array.of(0xc0, 0x01)), Uint8Array.of(0xc0, 0xdb, 0xdc, 0x01, 0xc0))
 */
export const slip: TotalFraming = owned({
  name: "slip",
  delimited: true,
  decoder: (maxFrameBytes) => new MarkedDecoder(frames, maxFrameBytes),
  encode,
  refuses: (payload, maxFrameBytes) =>
    payload.length === 0 ? "it is empty, and SLIP has no empty frames" : aboveLimit(payload, maxFrameBytes),
  payloads: (wire, each) => {
    cut(wire, 0, Number.POSITIVE_INFINITY, each)
  },
  cut,
  count: (wire) => {
    let count = 0
    let at = 0
    for (let end = indexOfByte(wire, frameEnd, 0); end !== -1; end = indexOfByte(wire, frameEnd, at)) {
      if (end > at) count++
      at = end + 1
    }
    return count
  },
})
