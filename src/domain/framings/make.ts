import type { Framing, Refusal } from "./contract.ts"
import { owned } from "./partsOf.ts"
import { frameOf, StepDecoder } from "./StepDecoder.ts"
import type { Step } from "./steps.ts"

/** The parts of a framing of your own. */
export interface FramingOptions {
  /** The name in errors, events and announcements. */
  readonly name: string
  /**
   * Looks for a frame at the start of `bytes`. Returns `Framing.frame`, `Framing.need`, `Framing.invalid` or
   * `Framing.tooLong`. More frames can follow in `bytes`; `next` is called again for each of them.
   *
   * `maxFrameBytes` is the longest payload. The decoder compares the payload of each frame with it, and buffers at most
   * `2 * maxFrameBytes + 1024` bytes of an incomplete frame. The argument is `Infinity` when `next` is called again for
   * a run of frames that it has already found.
   *
   * `searched` is the number of bytes at the front of `bytes` for which an earlier call returned `need()`, without a
   * number. A search for a mark can continue there; a mark of several bytes can begin a little before.
   *
   * `next` is a function of the bytes alone: it has no state, and it neither changes the bytes nor stores them. It does
   * not write to a payload that it has returned, because the program may keep payloads. An exception ends the
   * connection with `FramingFailed`.
   */
  readonly next: (bytes: Uint8Array, maxFrameBytes: number, searched: number) => Step
  /**
   * Encodes one payload as a frame, or refuses it with `Framing.refuse`. The limit is checked before the call. `encode`
   * does not write to a frame that it has returned, because the connection may not have sent it.
   */
  readonly encode: (payload: Uint8Array) => Uint8Array | Refusal
}

/**
 * Makes a framing from a function that finds the next frame and a function that encodes a payload. The framing decodes
 * incrementally, passes whole frames of one read on as one view, enforces `maxFrame`, and reports an invalid frame with
 * its offset (`FrameInvalid`) and an incomplete last frame (`FrameTruncated`). `Testing.framingLaws` of `tcpfx/testing`
 * checks the result.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * // A frame is the byte AA, a length of one byte, and the payload.
 * const device = Framing.make({
 *   name: "device",
 *   next: (bytes) => {
 *     if (bytes[0] !== 0xaa) return Framing.invalid("a frame begins with AA")
 *     const size = 2 + (bytes[1] ?? 0)
 *     return bytes.length < 2 || bytes.length < size ? Framing.need(size) : Framing.frame(size, bytes.subarray(2, size))
 *   },
 *   encode: (payload) =>
 *     payload.length > 255
 *       ? Framing.refuse(`it has ${payload.length} bytes, and a frame has at most 255`)
 *       : Uint8Array.of(0xaa, payload.length, ...payload),
 * })
 *
 * const runs: Array<Uint8Array> = []
 * const decoder = device.decoder(1024)
 * decoder.push(Uint8Array.of(0xaa, 1), { onRun: (run) => runs.push(run) })
 * decoder.push(Uint8Array.of(7, 0xaa, 0), { onRun: (run) => runs.push(run) })
 * assert.deepEqual(runs, [Uint8Array.of(0xaa, 1, 7), Uint8Array.of(0xaa, 0)])
 */
export const make = (options: FramingOptions): Framing => {
  const { encode, name, next } = options
  const frameAt = (wire: Uint8Array, at: number) => {
    const bytes = at === 0 ? wire : wire.subarray(at)
    const frame = frameOf(options, next(bytes, Number.POSITIVE_INFINITY, 0), bytes.length)
    if (frame !== undefined) return frame
    throw new TypeError(`the framing ${name} does not find the frame at byte ${at} of a run that it has found before`)
  }
  const cut: NonNullable<Framing["cut"]> = (wire, from, most, each) => {
    let at = from
    for (let left = most; left > 0 && at < wire.length; left--) {
      const { payload, size } = frameAt(wire, at)
      each(payload)
      at += size
    }
    return at
  }
  return owned({
    name,
    delimited: true,
    decoder: (maxFrameBytes) => new StepDecoder(options, maxFrameBytes),
    encode: (payload) => encode(payload),
    payloads: (wire, each) => {
      cut(wire, 0, Number.POSITIVE_INFINITY, each)
    },
    cut,
    count: (wire) => {
      let frames = 0
      for (let at = 0; at < wire.length; at += frameAt(wire, at).size) frames++
      return frames
    },
  })
}
