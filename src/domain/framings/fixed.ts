import { limits } from "../limits.ts"
import type { TotalFraming } from "./contract.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"
import { readersOf, SizedDecoder, type SizedFrames } from "./SizedDecoder.ts"

/**
 * Each frame has `size` bytes, from 1 to 64 MiB. If `size` is above `maxFrame`, every frame is above the limit. A last
 * frame with fewer bytes ends the connection with `FrameTruncated`.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * const seen: Array<Uint8Array> = []
 * Framing.fixed(2).payloads(Uint8Array.of(1, 2, 3, 4), (payload) => seen.push(payload))
 * assert.deepEqual(seen, [Uint8Array.of(1, 2), Uint8Array.of(3, 4)])
 */
export const fixed = (size: number): TotalFraming => {
  if (!Number.isInteger(size) || size < 1 || size > limits.maxFrameMostBytes) {
    throw new RangeError(`a frame has a whole number of bytes from 1 to ${limits.maxFrameMostBytes}, and not ${size}`)
  }
  const frames: SizedFrames = {
    sizeAt: () => size,
    problemAt: () => "",
    payloadSize: () => size,
    overhead: 0,
  }
  return owned({
    name: `fixed:${size}`,
    delimited: true,
    decoder: (maxFrameBytes) => new SizedDecoder(frames, maxFrameBytes),
    encode: (payload) => payload,
    refuses: (payload, maxFrameBytes) =>
      payload.length === size
        ? aboveLimit(payload, maxFrameBytes)
        : `it has ${payload.length} ${payload.length === 1 ? "byte" : "bytes"}, and a frame has exactly ${size}`,
    ...readersOf(frames, (wire, at, length) => wire.subarray(at, at + length)),
  })
}
