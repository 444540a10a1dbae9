/** The bytes so far are not a whole frame. */
export interface Need {
  readonly _tag: "Need"
  /** The number of bytes from the start of the frame, below which no frame is whole. 0: unknown. */
  readonly bytes: number
}

/** The bytes begin with a whole frame. */
export interface WholeFrame {
  readonly _tag: "Frame"
  /** The number of bytes of the frame on the wire. */
  readonly size: number
  readonly payload: Uint8Array
}

/** The bytes are not a frame. */
export interface Invalid {
  readonly _tag: "Invalid"
  readonly problem: string
}

/** The payload of the frame is above the limit. */
export interface TooLong {
  readonly _tag: "TooLong"
}

/** What `next` of a framing has found at the start of the bytes. */
export type Step = Need | WholeFrame | Invalid | TooLong

/**
 * The bytes so far are not a whole frame. `bytes` is the size of the shortest frame that can begin with these bytes. It
 * is counted from the start of the frame; it is not the number of missing bytes. The decoder calls `next` again only
 * when it has that many bytes. Without `bytes`, it calls `next` after each read.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * // A header of 4 bytes announces 10 bytes.
 * assert.deepEqual(Framing.need(4 + 10), { _tag: "Need", bytes: 14 })
 */
export const need = (bytes = 0): Need => ({ _tag: "Need", bytes })

/**
 * The bytes begin with a whole frame, which has `size` bytes on the wire. `payload` can be a view of these bytes, or
 * bytes of its own, such as the payload without escapes.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * const bytes = Uint8Array.of(1, 7, 1, 8)
 * assert.equal(Framing.frame(2, bytes.subarray(1, 2)).size, 2)
 */
export const frame = (size: number, payload: Uint8Array): WholeFrame => ({ _tag: "Frame", size, payload })

/**
 * The bytes are not a frame, and nothing marks the next one. The connection ends with `FrameInvalid`, which has the
 * problem and the offset of the frame. Write the problem as a sentence without a full stop.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * assert.equal(Framing.invalid("a frame begins with AA")._tag, "Invalid")
 */
export const invalid = (problem: string): Invalid => ({ _tag: "Invalid", problem })

/**
 * The payload of the frame is above the limit, which `next` gets as `maxFrameBytes`. The connection ends with
 * `FrameTooLong`. A framing that knows the length of a frame early returns it before the frame has arrived.
 */
export const tooLong: TooLong = { _tag: "TooLong" }
