import { countByte } from "../countByte.ts"
import type { Framing, TotalFraming } from "./contract.ts"
import { Mark } from "./Mark.ts"
import { MarkedDecoder, type MarkedFrames } from "./MarkedDecoder.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"

// The length byte of a full block. No zero of the payload follows a full block.
const fullBlock = 0xff

const mark = new Mark(Uint8Array.of(0))

/**
 * Follows the blocks of the frame at `at` and returns the offset of the zero that ends the frame. For a malformed
 * frame, the result is the offset of another byte, or an offset after `to`.
 */
const endByBlocks = (bytes: Uint8Array, at: number, to: number): number => {
  let end = at
  while (end < to && bytes[end] !== 0) end += bytes[end] as number
  return end
}

const mostBytes = (payloadBytes: number): number => payloadBytes + Math.floor(payloadBytes / (fullBlock - 1)) + 1

/** Returns the length of the payload of a whole frame. The frame begins at `at`, and its zero is at `end`. */
const payloadLength = (bytes: Uint8Array, at: number, end: number): number => {
  let length = 0
  for (let block = at; block < end; ) {
    const code = bytes[block] as number
    block += code
    length += code === fullBlock || block === end ? code - 1 : code
  }
  return length
}

/**
 * Whether all frames are good. The zeros are counted at once, which is faster than a search for the zero of each frame.
 */
const areGood = (bytes: Uint8Array, from: number, to: number, maxFrameBytes: number): boolean => {
  let zeros = 0
  for (let at = from; at < to; zeros++) {
    const end = endByBlocks(bytes, at, to)
    if (end >= to || end - at > maxFrameBytes) return false
    at = end + 1
  }
  // A zero inside a block is the end of a malformed frame.
  return zeros === countByte(bytes.subarray(from, to), 0)
}

const frames: MarkedFrames = {
  mark,
  mostBytes,
  areGood,
  problemOf: (bytes, from, to, maxFrameBytes) => {
    if (endByBlocks(bytes, from, to) !== to - 1) return "malformed"
    return payloadLength(bytes, from, to - 1) > maxFrameBytes ? "tooLong" : undefined
  },
  isIdle: (bytes, from, to) => {
    let at = from
    while (at < to && bytes[at] === 0) at++
    return at === to
  },
  completesLast: false,
}

const encode = (payload: Uint8Array): Uint8Array => {
  const wire = new Uint8Array(mostBytes(payload.length) + 1)
  let block = 0
  let at = 1
  for (const [index, byte] of payload.entries()) {
    if (byte !== 0) wire[at++] = byte
    const isFull = at - block === fullBlock && index < payload.length - 1
    if (byte === 0 || isFull) {
      wire[block] = at - block
      block = at++
    }
  }
  wire[block] = at - block
  return wire.subarray(0, at + 1)
}

const decoded = (wire: Uint8Array, from: number, end: number): Uint8Array => {
  const payload = new Uint8Array(payloadLength(wire, from, end))
  let length = 0
  for (let block = from; block < end; ) {
    const code = wire[block] as number
    payload.set(wire.subarray(block + 1, Math.min(block + code, end)), length)
    // A new array consists of zeros, so the zero after a block that is not full is already in `payload`.
    length += code === fullBlock ? code - 1 : code
    block += code
  }
  return payload
}

const cut: NonNullable<Framing["cut"]> = (wire, from, most, each) => {
  let at = from
  for (let left = most; left > 0 && at < wire.length; ) {
    const first = wire[at] as number
    if (first === 0) {
      at++
      continue
    }
    const end = Math.min(endByBlocks(wire, at, wire.length), wire.length)
    each(at + first === end ? wire.subarray(at + 1, end) : decoded(wire, at, end))
    left--
    at = end + 1
  }
  return Math.min(at, wire.length)
}

/**
 * Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999). A frame ends with the byte 00, and the encoding
 * replaces every 00 of the payload. Empty frames are ignored. The frame 01 00 is an empty payload. A frame above the
 * limit or with a wrong block length is discarded up to its 00, and `BytesSkipped` has the number of discarded bytes. A
 * last frame without 00 ends the connection with `FrameTruncated`.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * assert.deepEqual(Framing.cobs.encode(Uint8Array.of(0x11, 0, 0, 0x22)), Uint8Array.of(2, 0x11, 1, 2, 0x22, 0))
 */
export const cobs: TotalFraming = owned({
  name: "cobs",
  delimited: true,
  decoder: (maxFrameBytes) => new MarkedDecoder(frames, maxFrameBytes),
  encode,
  refuses: aboveLimit,
  payloads: (wire, each) => {
    cut(wire, 0, Number.POSITIVE_INFINITY, each)
  },
  cut,
  count: (wire) => {
    let count = 0
    for (let at = 0; at < wire.length; at++) {
      const end = endByBlocks(wire, at, wire.length)
      if (end > at) count++
      at = end
    }
    return count
  },
})
