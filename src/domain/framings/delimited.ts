import type { Framing, TotalFraming } from "./contract.ts"
import { hexOf } from "./hexOf.ts"
import { Mark } from "./Mark.ts"
import { MarkedDecoder, type MarkedFrames } from "./MarkedDecoder.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"

/** The greatest length of a delimiter, bytes. */
export const longestDelimiter = 64

/**
 * A frame ends with the given delimiter of 1 to 64 bytes. The payload is the part of the frame before the delimiter. A
 * frame above the limit is discarded up to its delimiter, and `BytesSkipped` has the number of bytes. The decoder adds
 * the delimiter to a last frame without one.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * const crlf = Framing.delimited(Uint8Array.of(0x0d, 0x0a))
 * assert.equal(crlf.name, "delim:0d0a")
 * assert.deepEqual(crlf.encode(Uint8Array.of(0x61)), Uint8Array.of(0x61, 0x0d, 0x0a))
 */
export const delimited = (bytes: Uint8Array): TotalFraming => {
  if (bytes.length < 1 || bytes.length > longestDelimiter) {
    throw new RangeError(`a delimiter has 1 to ${longestDelimiter} bytes, and this one has ${bytes.length}`)
  }
  const mark = new Mark(bytes.slice())
  const frames = delimitedBy(mark)
  const marked = (payload: Uint8Array): Uint8Array => {
    const wire = new Uint8Array(payload.length + bytes.length)
    wire.set(payload)
    wire.set(mark.bytes, payload.length)
    return wire
  }
  const cut: NonNullable<Framing["cut"]> = (wire, from, most, each) => {
    let at = from
    for (let left = most; left > 0 && at < wire.length; left--) {
      const found = mark.endOf(wire, at)
      const end = found === -1 ? wire.length : found
      each(wire.subarray(at, end - mark.bytes.length))
      at = end
    }
    return at
  }
  return owned({
    name: `delim:${hexOf(mark.bytes)}`,
    delimited: true,
    decoder: (maxFrameBytes) => new MarkedDecoder(frames, maxFrameBytes),
    encode: marked,
    refuses: (payload, maxFrameBytes) => {
      // A delimiter can begin in the payload and end in the delimiter after the payload.
      const end = mark.endOf(marked(payload), 0)
      return end === payload.length + bytes.length
        ? aboveLimit(payload, maxFrameBytes)
        : `with the delimiter after it, it has a delimiter at byte ${end - bytes.length}, so it would arrive as several frames`
    },
    payloads: (wire, each) => {
      cut(wire, 0, Number.POSITIVE_INFINITY, each)
    },
    cut,
    count: (wire) => {
      let frames = 0
      for (let at = mark.endOf(wire, 0); at !== -1; at = mark.endOf(wire, at)) frames++
      return frames
    },
  })
}

const delimitedBy = (mark: Mark): MarkedFrames => ({
  mark,
  mostBytes: (maxFrameBytes) => maxFrameBytes,
  // Only a run longer than the limit can contain a frame longer than the limit.
  areGood: (_, from, to, maxFrameBytes) => to - from <= maxFrameBytes,
  problemOf: (_, from, to, maxFrameBytes) => (to - mark.bytes.length - from > maxFrameBytes ? "tooLong" : undefined),
  isIdle: () => false,
  completesLast: true,
})
