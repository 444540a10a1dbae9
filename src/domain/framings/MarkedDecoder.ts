import { BufferingDecoder } from "./BufferingDecoder.ts"
import type { FrameDecoder, RunSink, SkipCause } from "./contract.ts"
import type { Mark } from "./Mark.ts"

/** The rules of a kind of frame that ends with a mark. */
export interface MarkedFrames {
  readonly mark: Mark
  /** The greatest number of bytes before the mark, in a frame whose payload has `maxFrameBytes` bytes. */
  readonly mostBytes: (maxFrameBytes: number) => number
  /** Whether all frames between `from` and `to` are known to be good. After `false`, the decoder checks each frame. */
  readonly areGood: (bytes: Uint8Array, from: number, to: number, maxFrameBytes: number) => boolean
  /**
   * Returns the problem of the frame that begins at `from` and whose mark ends at `to`. Returns `undefined` for a good
   * frame.
   */
  readonly problemOf: (bytes: Uint8Array, from: number, to: number, maxFrameBytes: number) => SkipCause | undefined
  /** Whether the bytes between `from` and `to` are only marks, without a payload. */
  readonly isIdle: (bytes: Uint8Array, from: number, to: number) => boolean
  /** Whether the decoder adds the mark to a last frame without one. Otherwise the frame is truncated. */
  readonly completesLast: boolean
}

/**
 * The decoder of frames that end with a mark. It discards a bad frame up to its mark, reports the number of discarded
 * bytes, and continues after the mark.
 */
export class MarkedDecoder extends BufferingDecoder implements FrameDecoder {
  private readonly frames: MarkedFrames
  private readonly maxFrameBytes: number
  private readonly mostBytes: number
  /**
   * Whether the decoder discards a frame longer than the limit and searches for its mark. The buffer then contains only the
   * last bytes, because the mark may begin in them. The decoder has already reported these bytes.
   */
  private isSkipping = false

  constructor(frames: MarkedFrames, maxFrameBytes: number) {
    const { length } = frames.mark.bytes
    const mostBytes = frames.mostBytes(maxFrameBytes)
    super(mostBytes + length)
    this.frames = frames
    this.maxFrameBytes = maxFrameBytes
    this.mostBytes = mostBytes
  }

  override pending(): number {
    return this.isSkipping ? 0 : this.held
  }

  push(chunk: Uint8Array, sink: RunSink): boolean {
    const skipped = new Skipped()
    const from = this.held > 0 || this.isSkipping ? this.finishBegun(chunk, sink, skipped) : 0
    const last = this.frames.mark.lastEnd(chunk, from)
    if (last > from) this.pass(chunk, from, last, sink, skipped)
    if (last < chunk.length) this.hold(chunk.subarray(last), skipped)
    if (skipped.bytes > 0) sink.onBytesSkipped?.(skipped.bytes, skipped.cause)
    return true
  }

  end(sink: RunSink): number {
    const received = this.pending()
    const isCompleted = received > 0 && this.frames.completesLast
    if (isCompleted) this.complete(sink)
    this.isSkipping = false
    this.forget()
    return isCompleted ? 0 : received
  }

  private complete(sink: RunSink): void {
    const received = this.held
    const { mark } = this.frames
    this.append(mark.bytes.subarray(mark.begunAtEnd(this.buffer.subarray(0, received))))
    const frame = this.buffer.subarray(0, this.held)
    const problem = this.frames.problemOf(frame, 0, frame.length, this.maxFrameBytes)
    if (problem === undefined) sink.onRun(frame)
    else sink.onBytesSkipped?.(received, problem)
  }

  /** Finishes the frame that began in an earlier read. Returns the offset at which the next frame begins. */
  private finishBegun(chunk: Uint8Array, sink: RunSink, skipped: Skipped): number {
    const end = this.endOfBegun(chunk)
    if (end === -1) {
      this.hold(chunk, skipped)
      return chunk.length
    }
    if (this.isSkipping) skipped.add(end, "tooLong")
    else if (this.held + end - this.frames.mark.bytes.length > this.mostBytes) skipped.add(this.held + end, "tooLong")
    else {
      this.append(chunk.subarray(0, end))
      const frame = this.buffer.subarray(0, this.held)
      const problem = this.frames.problemOf(frame, 0, frame.length, this.maxFrameBytes)
      if (problem === undefined) sink.onRun(frame)
      else skipped.add(frame.length, problem)
    }
    this.isSkipping = false
    this.forget()
    return end
  }

  /** Passes the good frames between `from` and `to` to `sink`, and counts the bytes of the bad frames. */
  private pass(chunk: Uint8Array, from: number, to: number, sink: RunSink, skipped: Skipped): void {
    const { frames, maxFrameBytes } = this
    if (frames.areGood(chunk, from, to, maxFrameBytes)) {
      this.passGood(chunk, from, to, sink)
      return
    }
    let good = from
    for (let at = from; at < to; ) {
      const end = frames.mark.endOf(chunk, at)
      const problem = frames.problemOf(chunk, at, end, maxFrameBytes)
      if (problem !== undefined) {
        this.passGood(chunk, good, at, sink)
        skipped.add(end - at, problem)
        good = end
      }
      at = end
    }
    this.passGood(chunk, good, to, sink)
  }

  private passGood(chunk: Uint8Array, from: number, to: number, sink: RunSink): void {
    if (from === to || this.frames.isIdle(chunk, from, to)) return
    sink.onRun(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to))
  }

  /** Returns the offset after the first mark of a frame that has begun in an earlier read, or -1. */
  private endOfBegun(chunk: Uint8Array): number {
    const { mark } = this.frames
    const before = Math.min(this.held, mark.bytes.length - 1)
    if (before > 0) {
      const after = Math.min(chunk.length, mark.bytes.length - 1)
      const joint = new Uint8Array(before + after)
      joint.set(this.buffer.subarray(this.held - before, this.held))
      joint.set(chunk.subarray(0, after), before)
      const end = mark.endOf(joint, 0)
      if (end !== -1) return end - before
    }
    return mark.endOf(chunk, 0)
  }

  /** Buffers the beginning of a frame. If the frame is above the limit, discards it. */
  private hold(rest: Uint8Array, skipped: Skipped): void {
    const most = this.mostBytes + this.frames.mark.bytes.length - 1
    if (!this.isSkipping && this.held + rest.length <= most) {
      this.append(rest)
      return
    }
    skipped.add(this.isSkipping ? rest.length : this.held + rest.length, "tooLong")
    this.isSkipping = true
    this.keepEnd(rest)
  }

  /** Keeps only the last bytes, because a mark may begin in them. */
  private keepEnd(rest: Uint8Array): void {
    const kept = this.frames.mark.bytes.length - 1
    const before = Math.max(0, kept - rest.length)
    const end = this.buffer.slice(Math.max(0, this.held - before), this.held)
    this.forget()
    if (kept === 0) return
    this.append(end)
    this.append(rest.subarray(Math.max(0, rest.length - kept)))
  }
}

/** The number of bytes that the decoder discards in one read, and the cause for the first of them. */
class Skipped {
  bytes = 0
  cause: SkipCause = "tooLong"

  add(bytes: number, cause: SkipCause): void {
    if (this.bytes === 0) this.cause = cause
    this.bytes += bytes
  }
}
