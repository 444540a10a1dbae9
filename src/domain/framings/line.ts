import { countByte } from "../countByte.ts"
import { BufferingDecoder } from "./BufferingDecoder.ts"
import type { FrameDecoder, RunSink, TotalFraming } from "./contract.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"

const newline = 0x0a
const carriageReturn = 0x0d

/**
 * A frame is a line that ends with LF. The limit counts the bytes before the LF. A CR before the LF is not part of the
 * payload, but a relay forwards CR and LF unchanged. The decoder adds LF to a last line without LF, so that lines of
 * two senders never merge. A payload that ends with CR is sent as it is, and is received without
 * this CR. A payload that contains LF is refused.
 */
export const line: TotalFraming = owned({
  name: "line",
  delimited: true,
  decoder: (maxFrameBytes) => new LineDecoder(maxFrameBytes),
  encode: (payload) => {
    const wire = new Uint8Array(payload.length + 1)
    wire.set(payload)
    wire[payload.length] = newline
    return wire
  },
  refuses: (payload, maxFrameBytes) => {
    const at = payload.indexOf(newline)
    return at === -1
      ? aboveLimit(payload, maxFrameBytes)
      : `it contains a line end (LF, at byte ${at}), so it would arrive as several frames`
  },
  payloads: (wire, each) => {
    cutLines(wire, 0, Number.POSITIVE_INFINITY, each)
  },
  cut: (wire, from, most, each) => cutLines(wire, from, most, each),
  count: (wire) => countByte(wire, newline),
})

const cutLines = (wire: Uint8Array, from: number, most: number, each: (payload: Uint8Array) => void): number => {
  let start = from
  for (let left = most; left > 0 && start < wire.length; left--) {
    const found = wire.indexOf(newline, start)
    const end = found === -1 ? wire.length : found
    each(wire.subarray(start, end > start && wire[end - 1] === carriageReturn ? end - 1 : end))
    start = end + 1
  }
  return start
}

class LineDecoder extends BufferingDecoder implements FrameDecoder {
  readonly maxFrameBytes: number

  constructor(maxFrameBytes: number) {
    // One byte more than the limit, for the LF.
    super(maxFrameBytes + 1)
    this.maxFrameBytes = maxFrameBytes
  }

  push(chunk: Uint8Array, sink: RunSink): boolean {
    const last = chunk.lastIndexOf(newline)
    if (last === -1) return this.hold(chunk)
    let start = 0
    if (this.held > 0) {
      start = chunk.indexOf(newline) + 1
      if (this.held + start - 1 > this.maxFrameBytes) return false
      this.append(chunk.subarray(0, start))
      sink.onRun(this.take())
    }
    // Only a run longer than the limit can contain a line longer than the limit.
    if (last + 1 - start > this.maxFrameBytes) {
      const whole = this.wholeUpTo(chunk, start, last)
      if (whole > start) sink.onRun(chunk.subarray(start, whole))
      if (whole <= last) return false
    } else if (start <= last) {
      sink.onRun(chunk.subarray(start, last + 1))
    }
    return this.hold(chunk.subarray(last + 1))
  }

  end(sink: RunSink): number {
    if (this.held === 0) return 0
    this.append(Uint8Array.of(newline))
    sink.onRun(this.take())
    return 0
  }

  private wholeUpTo(chunk: Uint8Array, start: number, last: number): number {
    let at = start
    while (at <= last) {
      const end = chunk.indexOf(newline, at)
      if (end - at > this.maxFrameBytes) return at
      at = end + 1
    }
    return at
  }

  private hold(rest: Uint8Array): boolean {
    if (this.held + rest.length > this.maxFrameBytes) return false
    if (rest.length > 0) this.append(rest)
    return true
  }
}
