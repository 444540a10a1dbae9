import { BufferingDecoder } from "./BufferingDecoder.ts"
import type { DecodeFailure, FrameDecoder, RunSink } from "./contract.ts"

/** The result of {@link SizedFrames.sizeAt} for a frame whose size is not known yet. */
export const unknownSize = 0
/** The result of {@link SizedFrames.sizeAt} for bytes that are not a frame. */
export const malformed = -1

/** The rules of a kind of frame whose first bytes determine its size. */
export interface SizedFrames {
  /**
   * Returns the size on the wire of the frame at `at` as a positive number. Returns {@link unknownSize} if the prefix
   * does not end before `end`, and {@link malformed} if the bytes are not a frame. Bytes at `end` and after it are not
   * received yet.
   */
  readonly sizeAt: (bytes: Uint8Array, at: number, end: number) => number
  /** Describes what is wrong with the frame for which `sizeAt` returned {@link malformed}. */
  readonly problemAt: (bytes: Uint8Array, at: number, end: number) => string
  /** Returns the size of the payload of the frame at `at`, which has `size` bytes on the wire. */
  readonly payloadSize: (bytes: Uint8Array, at: number, size: number) => number
  /** The greatest number of bytes that a frame has in addition to its payload. */
  readonly overhead: number
}

/**
 * The decoder of frames whose first bytes determine their size. After a frame that is malformed or above the limit, no
 * mark shows where the next frame begins. So the decoder fails there, and the failure has the offset of the frame.
 */
export class SizedDecoder extends BufferingDecoder implements FrameDecoder {
  private readonly frames: SizedFrames
  private readonly maxFrameBytes: number
  /** The size of the frame whose beginning is buffered, or {@link unknownSize}. */
  private size = unknownSize
  /** The number of bytes received before the current read. */
  private received = 0

  constructor(frames: SizedFrames, maxFrameBytes: number) {
    super(maxFrameBytes + frames.overhead)
    this.frames = frames
    this.maxFrameBytes = maxFrameBytes
  }

  push(chunk: Uint8Array, sink: RunSink): true | DecodeFailure {
    const { frames } = this
    let start = 0
    if (this.held > 0) {
      const offset = this.received - this.held
      start = this.fill(chunk)
      if (this.size === malformed || this.isTooLong(this.buffer, 0, this.size))
        return this.failure(this.buffer, 0, this.held, this.size, offset)
      if (this.size === unknownSize || this.held < this.size) {
        this.received += chunk.length
        return true
      }
      sink.onRun(this.take())
      this.size = unknownSize
    }
    let at = start
    let size: number
    for (;;) {
      size = frames.sizeAt(chunk, at, chunk.length)
      if (size <= 0 || at + size > chunk.length || this.isTooLong(chunk, at, size)) break
      at += size
    }
    if (at > start) sink.onRun(start === 0 && at === chunk.length ? chunk : chunk.subarray(start, at))
    if (size === malformed || this.isTooLong(chunk, at, size)) {
      return this.failure(chunk, at, chunk.length, size, this.received + at)
    }
    this.size = size
    if (at < chunk.length) this.append(chunk.subarray(at))
    this.received += chunk.length
    return true
  }

  end(): number {
    const left = this.held
    this.forget()
    this.size = unknownSize
    return left
  }

  /**
   * Appends bytes of `chunk` to the buffer until the buffered frame is whole or is known to be bad. Returns the number
   * of these bytes.
   */
  private fill(chunk: Uint8Array): number {
    let at = 0
    // A prefix is short. Its bytes are appended one by one, so that no byte of the next frame gets into the buffer.
    while (this.size === unknownSize && at < chunk.length) {
      this.append(chunk.subarray(at, ++at))
      this.size = this.frames.sizeAt(this.buffer, 0, this.held)
    }
    if (this.size <= this.held || this.isTooLong(this.buffer, 0, this.size)) return at
    const end = Math.min(chunk.length, at + this.size - this.held)
    this.append(chunk.subarray(at, end))
    // Bytes after the prefix can be wrong, too, such as the comma of a netstring.
    if (this.held === this.size) this.size = this.frames.sizeAt(this.buffer, 0, this.held)
    return end
  }

  private isTooLong(bytes: Uint8Array, at: number, size: number): boolean {
    return size > this.maxFrameBytes && this.frames.payloadSize(bytes, at, size) > this.maxFrameBytes
  }

  private failure(bytes: Uint8Array, at: number, end: number, size: number, offset: number): DecodeFailure {
    return { offset, problem: size === malformed ? this.frames.problemAt(bytes, at, end) : undefined }
  }
}

/** Makes the functions that read whole frames of a run. `payloadOf` returns the payload of a frame. */
export const readersOf = (
  frames: SizedFrames,
  payloadOf: (wire: Uint8Array, at: number, size: number) => Uint8Array,
) => {
  // A run consists of whole frames. If other bytes are in it, they count as one frame, so that every loop ends.
  const sizeAt = (wire: Uint8Array, at: number): number => {
    const size = frames.sizeAt(wire, at, wire.length)
    return size > 0 ? Math.min(size, wire.length - at) : wire.length - at
  }
  const cut = (wire: Uint8Array, from: number, most: number, each: (payload: Uint8Array) => void): number => {
    let at = from
    for (let left = most; left > 0 && at < wire.length; left--) {
      const size = sizeAt(wire, at)
      each(payloadOf(wire, at, size))
      at += size
    }
    return at
  }
  return {
    cut,
    payloads: (wire: Uint8Array, each: (payload: Uint8Array) => void): void => {
      cut(wire, 0, Number.POSITIVE_INFINITY, each)
    },
    count: (wire: Uint8Array): number => {
      let frames = 0
      for (let at = 0; at < wire.length; at += sizeAt(wire, at)) frames++
      return frames
    },
  }
}
