import { BufferingDecoder } from "./BufferingDecoder.ts"
import type { DecodeFailure, FrameDecoder, RunSink } from "./contract.ts"
import type { Step, WholeFrame } from "./steps.ts"

/** The part of a custom framing that finds frames. See `FramingOptions` of `Framing.make`. */
export interface Steps {
  readonly name: string
  readonly next: (bytes: Uint8Array, maxFrameBytes: number, searched: number) => Step
}

const otherSteps: ReadonlySet<unknown> = new Set<Step["_tag"]>(["Need", "Invalid", "TooLong"])

/** Returns the frame of a step, or `undefined` for any other step. Throws if the frame has an impossible size. */
export const frameOf = ({ name }: Steps, step: Step, available: number): WholeFrame | undefined => {
  if (step?._tag !== "Frame") {
    if (otherSteps.has(step?._tag)) return undefined
    throw new TypeError(`next of the framing ${name} returned no step; Framing.need and Framing.frame make steps`)
  }
  if (Number.isInteger(step.size) && step.size > 0 && step.size <= available) return step
  throw new RangeError(
    `the framing ${name} returned a frame of ${step.size} bytes, and a frame has 1 to ${available} of the bytes that it got`,
  )
}

// A buffered frame without a known size grows by at least this number of bytes, if they have arrived.
const leastGrowth = 64

/**
 * The most bytes that the decoder buffers of one frame. Escapes can double a payload, and the frame can have a header.
 */
const mostHeldFor = (maxFrameBytes: number): number => 2 * maxFrameBytes + 1024

/**
 * The decoder of a framing that is a function from bytes to the next step. The whole frames of one read are one view of
 * the read. Only an incomplete frame is copied into a buffer. The decoder does not call the function again before the
 * bytes that the framing needs have arrived, so a frame in many small reads costs time in proportion to its length.
 */
export class StepDecoder extends BufferingDecoder implements FrameDecoder {
  private readonly steps: Steps
  private readonly maxFrameBytes: number
  private readonly mostBytes: number
  /** The number of buffered bytes at which `next` is called again. 0: the framing does not know. */
  private needed = 0
  /** The number of buffered bytes for which the framing returned `need` without a size. */
  private searched = 0
  /** The number of bytes received before the current read. */
  private received = 0

  constructor(steps: Steps, maxFrameBytes: number) {
    const mostBytes = mostHeldFor(maxFrameBytes)
    super(mostBytes)
    this.steps = steps
    this.maxFrameBytes = maxFrameBytes
    this.mostBytes = mostBytes
  }

  push(chunk: Uint8Array, sink: RunSink): true | DecodeFailure {
    let at = 0
    while (this.held > 0 && at < chunk.length) {
      const filled = this.fill(chunk, at, sink)
      if (typeof filled !== "number") return filled
      at = filled
    }
    const failure = at < chunk.length ? this.pass(chunk, at, sink) : undefined
    if (failure !== undefined) return failure
    this.received += chunk.length
    return true
  }

  end(): number {
    const left = this.held
    this.drop()
    return left
  }

  /** Adds bytes of the chunk to the buffered frame. Returns the offset after them, or the failure. */
  private fill(chunk: Uint8Array, from: number, sink: RunSink): number | DecodeFailure {
    const start = this.received + from - this.held
    const before = this.held
    // Without a known size, the decoder takes only as many bytes as the buffer has, because bytes of the next frame are
    // copied in vain.
    const wanted = this.needed > before ? this.needed - before : Math.max(before, leastGrowth)
    const taken = Math.min(wanted, chunk.length - from, this.mostBytes - before)
    this.append(chunk.subarray(from, from + taken))
    if (this.held < this.needed) return from + taken
    const bytes = this.buffer.subarray(0, this.held)
    const step = this.steps.next(bytes, this.maxFrameBytes, this.searched)
    const frame = frameOf(this.steps, step, bytes.length)
    if (frame === undefined) return this.wait(step, this.held, start) ?? from + taken
    if (frame.payload.length > this.maxFrameBytes) return { offset: start, problem: undefined }
    if (frame.size <= before) {
      throw new RangeError(
        `the framing ${this.steps.name} needed more than ${before} bytes for a frame that has ${frame.size}`,
      )
    }
    this.drop()
    sink.onRun(bytes.subarray(0, frame.size))
    return from + frame.size - before
  }

  /** Passes the whole frames of the chunk to `sink`, and buffers the beginning of the next frame. */
  private pass(chunk: Uint8Array, from: number, sink: RunSink): DecodeFailure | undefined {
    let at = from
    try {
      while (at < chunk.length) {
        const bytes = at === 0 ? chunk : chunk.subarray(at)
        const step = this.steps.next(bytes, this.maxFrameBytes, 0)
        const frame = frameOf(this.steps, step, bytes.length)
        if (frame === undefined) {
          const failure = this.wait(step, bytes.length, this.received + at)
          if (failure === undefined) this.append(bytes)
          return failure
        }
        if (frame.payload.length > this.maxFrameBytes) return { offset: this.received + at, problem: undefined }
        at += frame.size
      }
      return undefined
    } finally {
      // Even if the framing throws, the sink gets the frames before the bad one.
      if (at > from) sink.onRun(from === 0 && at === chunk.length ? chunk : chunk.subarray(from, at))
    }
  }

  private drop(): void {
    this.forget()
    this.needed = 0
    this.searched = 0
  }

  /** Notes how many bytes the framing needs. Returns the failure of any other step. */
  private wait(step: Step, held: number, offset: number): DecodeFailure | undefined {
    if (step._tag === "Invalid") return { offset, problem: step.problem }
    if (step._tag !== "Need") return { offset, problem: undefined }
    this.needed = step.bytes > held ? step.bytes : 0
    if (step.bytes === 0) this.searched = held
    return Math.max(this.needed, held + 1) > this.mostBytes ? { offset, problem: undefined } : undefined
  }
}
