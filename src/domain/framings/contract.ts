import type * as Duration from "effect/Duration"

/** A framing refuses to encode a payload. */
export interface Refusal {
  readonly _tag: "Refusal"
  /** Why: "it is empty", "it has 300 bytes, and a frame has at most 255". */
  readonly problem: string
}

/**
 * Cuts a stream of bytes into frames. One framing serves any number of connections. `Framing.make` makes one from two
 * functions. `Testing.framingLaws` of `tcpfx/testing` checks a framing.
 */
export interface Framing {
  /** The name, in the form that `Framing.parse` and `--frame` read, such as `line` or `len:u16be,adjust:2`. */
  readonly name: string
  /**
   * Whether the bytes on the wire determine the end of each frame. Default `true`. With `false`, as in `Framing.raw`,
   * the time of arrival determines the end, so the receiver's frames can differ from the sender's. A copy of a framing,
   * such as `{ ...Framing.raw, encode }`, keeps this value.
   */
  readonly delimited?: boolean
  /**
   * The pause that ends a frame. The connection calls `end` of the decoder when the decoder has buffered bytes and the
   * peer sends nothing for this time. Default: no pause ends a frame.
   */
  readonly pause?: Duration.Duration
  /** Makes a decoder for one direction of one connection. `maxFrameBytes` is the longest payload. */
  readonly decoder: (maxFrameBytes: number) => FrameDecoder
  /**
   * Encodes one payload as a frame, or refuses it with `Framing.refuse`. A send of a refused payload fails with
   * `InvalidPayloadError`, and so does a send of a payload for which `encode` throws. The frame can be a view of the
   * payload or the payload itself; `encode` does not write to the frame later. `encode` can be called while a decoder
   * of the same framing runs.
   */
  readonly encode: (payload: Uint8Array) => Uint8Array | Refusal
  /**
   * Returns why a payload cannot be sent as one frame, or `undefined` if it can. Default: a payload longer than
   * `maxFrameBytes` is refused. The default also applies to a framing that has its own `encode` and the `refuses` of a
   * framing of this module, because that `encode` may accept other payloads.
   */
  readonly refuses?: (payload: Uint8Array, maxFrameBytes: number) => string | undefined
  /**
   * Calls `each` with every payload of a run of whole frames, in order. A payload can be a view of `wire`, and does not
   * change later.
   */
  readonly payloads: (wire: Uint8Array, each: (payload: Uint8Array) => void) => void
  /**
   * Calls `each` with at most `most` payloads of a run of whole frames, in order, starting at offset `from`. Returns
   * the offset after the frame of the last payload. `cut` must yield the same payloads as `payloads`.
   *
   * Default: every run is cut as a whole, so a reader that takes only the first of many small frames pays for an object
   * per frame. A framing with its own `payloads` needs its own `cut`. If it has the `cut` of a framing of this module
   * instead, the default applies.
   */
  readonly cut?: (wire: Uint8Array, from: number, most: number, each: (payload: Uint8Array) => void) => number
  /** Counts the frames in a run of whole frames. */
  readonly count: (wire: Uint8Array) => number
}

/** A framing that encodes every payload. `refuses` says which payloads cannot be sent as one frame. */
export interface TotalFraming extends Framing {
  readonly encode: (payload: Uint8Array) => Uint8Array
}

/**
 * Why a decoder has discarded bytes: a frame longer than the limit, bytes that are not a frame, or a frame without its
 * end at a pause.
 */
export const skipCauses = ["tooLong", "malformed", "incomplete"] as const
export type SkipCause = (typeof skipCauses)[number]

/** Receives the runs of a decoder. It does not call the decoder. */
export interface RunSink {
  /**
   * Gets whole frames, in order. The sink may keep the run for any time, so the decoder does not write to its bytes
   * again. The sink does not write to them either.
   */
  readonly onRun: (run: Uint8Array) => void
  /**
   * Reports that the decoder has discarded `bytes` bytes and continues. The decoder calls this function at most once
   * for each `push` and `end`.
   */
  readonly onBytesSkipped?: (bytes: number, cause: SkipCause) => void
}

/** Why a decoder cannot continue. */
export interface DecodeFailure {
  /** The number of bytes that the peer sent before the frame. */
  readonly offset: number
  /** What is wrong with the frame. `undefined` means that the frame is above the limit. */
  readonly problem: string | undefined
}

/**
 * The decoder of one stream. It emits runs: views of the input that contain whole frames with their delimiters. A relay
 * forwards runs without copying them and without inspecting each frame.
 *
 * The contract between a decoder and its connection:
 *
 * - The frames depend on the bytes alone, and not on where the reads split them.
 * - A chunk belongs to the decoder from `push` on. The connection never changes its bytes, so the decoder may keep views
 *   of it. The decoder does not write to a chunk, because other programs may read it.
 * - `push` and `end` call the sink only while they run, and never each other. Nothing calls a decoder from its sink. The
 *   sink can end the connection; the decoder then continues, and its frames are dropped.
 * - After `push` has failed or thrown, neither `push` nor `end` is called. After the `end` at the peer's FIN, nothing is
 *   called. After an `end` at a pause, `push` can follow, so `end` returns the decoder to its initial state.
 * - An exception ends the connection with `FramingFailed`, and no other connection.
 */
export interface FrameDecoder {
  /**
   * Decodes the bytes of one read and passes each run of whole frames to `sink`. Returns `true` if the decoder can
   * continue. Returns a {@link DecodeFailure}, or only `false`, if it cannot. `false` means that a frame is above the
   * limit. The decoder must not be used after that.
   */
  readonly push: (chunk: Uint8Array, sink: RunSink) => boolean | DecodeFailure
  /**
   * Ends the stream after the peer's FIN, or ends a frame after the `pause` of the framing. The decoder completes
   * buffered bytes to a whole frame, passes the frame to `sink` and returns 0. A decoder that cannot complete the frame
   * discards the bytes and returns their number. The connection then ends with `FrameTruncated`; after a pause it
   * reports the bytes as skipped and continues.
   */
  readonly end: (sink: RunSink) => number
  /** The number of buffered bytes of an incomplete frame. */
  readonly pending: () => number
}
