import { BufferingDecoder } from "./BufferingDecoder.ts"
import type { DecodeFailure, FrameDecoder, Framing, RunSink, TotalFraming } from "./contract.ts"
import { Ends, isBlank, JsonScanner, mostEnds, opensValue, scanWhole } from "./JsonScanner.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"

const lineFeed = 0x0a

/** Returns the offset of the first byte at or after `from` that begins a value, or the length of `bytes`. */
const valueFrom = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (at < bytes.length && !opensValue(bytes[at])) at++
  return at
}

const pastBlanks = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (at < bytes.length && isBlank(bytes[at])) at++
  return at
}

// The ends of the values in the runs that a decoder has passed to its sink. With the known ends, a reader of a run does
// not scan the bytes a second time.
const knownEnds = new WeakMap<Uint8Array, KnownEnds>()

interface KnownEnds {
  /** The offset of the run in its read. */
  readonly base: number
  /** The offset after each value in the read. */
  readonly ends: Uint32Array
}

// If the mean length of the values is below this number of bytes, the ends are not stored. They would take too much
// memory in relation to the values, and a scan is fast.
const worthBytes = 32

// The ends of the values that a decoder has not passed to its sink yet. All decoders share this object: `push` passes
// all values before it returns, and `pass` empties the object before it calls the sink.
const ends = new Ends()

/** Finds values in a stream. The run of a read includes the white space between its values. */
class JsonDecoder extends BufferingDecoder implements FrameDecoder {
  private readonly maxFrameBytes: number
  private readonly scanner = new JsonScanner()
  private isInValue = false
  /** The number of bytes received before the current read. */
  private received = 0
  /** The number of white-space bytes at the front of the buffer, 0 or 1. The byte separates two lines of the sender. */
  private blanks = 0

  constructor(maxFrameBytes: number) {
    super(maxFrameBytes + 1)
    this.maxFrameBytes = maxFrameBytes
  }

  override pending(): number {
    return this.held - this.blanks
  }

  push(chunk: Uint8Array, sink: RunSink): true | DecodeFailure {
    let at = 0
    let skipped = 0
    if (this.isInValue) {
      const end = this.scanner.scan(chunk, 0)
      const length = end === -1 ? chunk.length : end
      if (this.pending() + length > this.maxFrameBytes) return this.failure(-this.pending())
      this.append(chunk.subarray(0, length))
      at = length
      if (end !== -1) this.passBuffered(sink)
    }
    // The start of the bytes that are not yet passed to the sink, and the end of the last value in these bytes.
    let start = at
    let end = at
    if (this.held === 0 && !this.isInValue) {
      at = scanWhole(chunk, at, this.maxFrameBytes, ends)
      end = at
    }
    while (at < chunk.length) {
      at = pastBlanks(chunk, at)
      if (at === chunk.length) break
      if (!opensValue(chunk[at])) {
        this.pass(chunk, start, end > start ? at : start, sink)
        start = valueFrom(chunk, at)
        skipped += start - at
        at = start
        end = start
        continue
      }
      const valueEnd = this.scanner.scan(chunk, at)
      if ((valueEnd === -1 ? chunk.length : valueEnd) - at > this.maxFrameBytes) {
        this.pass(chunk, start, end, sink)
        return this.failure(at)
      }
      if (valueEnd === -1) {
        this.pass(chunk, start, end > start ? at : start, sink)
        if (end === start) this.keepBlank(chunk, start, at)
        this.append(chunk.subarray(at))
        this.isInValue = true
        start = chunk.length
        end = start
        break
      }
      if (this.held > 0) {
        // The buffer contains white space that precedes this value.
        this.append(chunk.subarray(at, valueEnd))
        this.passBuffered(sink)
        start = valueEnd
        at = valueEnd
        end = valueEnd
        continue
      }
      at = valueEnd
      end = valueEnd
      ends.add(valueEnd)
    }
    if (end > start) this.pass(chunk, start, chunk.length, sink)
    else this.keepBlank(chunk, start, chunk.length)
    if (skipped > 0) sink.onBytesSkipped?.(skipped, "malformed")
    this.received += chunk.length
    return true
  }

  end(): number {
    const received = this.pending()
    this.forget()
    this.blanks = 0
    this.isInValue = false
    return received
  }

  private pass(chunk: Uint8Array, from: number, to: number, sink: RunSink): void {
    if (to === from) return
    const run = from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to)
    const { count, first } = ends
    if (count > 1 && count <= mostEnds && run.length >= count * worthBytes) {
      knownEnds.set(run, { base: from, ends: first.slice(0, count) })
    }
    ends.count = 0
    sink.onRun(run)
  }

  private passBuffered(sink: RunSink): void {
    this.isInValue = false
    this.blanks = 0
    sink.onRun(this.take())
  }

  /** Keeps one byte of the white space between `from` and `to`: a line end if there is one. */
  private keepBlank(chunk: Uint8Array, from: number, to: number): void {
    if (from === to || this.held > 0) return
    const blanks = chunk.subarray(from, to)
    this.append(blanks.includes(lineFeed) ? Uint8Array.of(lineFeed) : blanks.subarray(-1))
    this.blanks = 1
  }

  private failure(at: number): DecodeFailure {
    return { offset: this.received + at, problem: undefined }
  }
}

const cut: NonNullable<Framing["cut"]> = (wire, from, most, each) => {
  const known = knownEnds.get(wire)
  return known === undefined ? cutByScan(wire, from, most, each) : cutKnown(wire, known, from, most, each)
}

type Each = (payload: Uint8Array) => void

const cutByScan = (wire: Uint8Array, from: number, most: number, each: Each): number => {
  const scanner = new JsonScanner()
  let at = from
  for (let left = most; left > 0 && at < wire.length; left--) {
    const start = valueFrom(wire, at)
    if (start === wire.length) return start
    const found = scanner.scan(wire, start)
    at = found === -1 ? wire.length : found
    each(wire.subarray(start, at))
  }
  return at
}

const cutKnown = (wire: Uint8Array, known: KnownEnds, from: number, most: number, each: Each): number => {
  const { base, ends } = known
  let index = from === 0 ? 0 : indexBehind(ends, from + base)
  let at = from
  for (let left = most; left > 0 && index < ends.length; left--) {
    const end = (ends[index++] as number) - base
    // Usually one line end separates two values.
    if (wire[at] === lineFeed) at++
    each(wire.subarray(opensValue(wire[at]) ? at : valueFrom(wire, at), end))
    at = end
  }
  // Only white space follows the last value.
  return index === ends.length ? wire.length : at
}

/** Returns the index of the first end after `from`. */
const indexBehind = (ends: Uint32Array, from: number): number => {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ends[middle] as number) > from) high = middle
    else low = middle + 1
  }
  return low
}

const refused = (payload: Uint8Array): string | undefined => {
  const start = pastBlanks(payload, 0)
  if (!opensValue(payload[start])) {
    return start === payload.length
      ? "it is empty"
      : `it is not a JSON object or array: byte ${start} is neither { nor [`
  }
  const end = new JsonScanner().scan(payload, start)
  if (end === -1) return "its JSON object or array has no end"
  const rest = pastBlanks(payload, end)
  return rest === payload.length
    ? undefined
    : `it has bytes after its JSON value (at byte ${rest}), so it would not arrive as one frame`
}

/**
 * A frame is a JSON object or array. White space is allowed between frames. The framing follows strings and nesting,
 * and does not check the rest of the syntax. Encoding appends a line end.
 *
 * Other bytes between two values, such as numbers or commas, are discarded up to the next object or array, and
 * `BytesSkipped` has the number of bytes. A value above `maxFrame` ends the connection with `FrameTooLong` and the
 * offset of the value. A last value without its end ends the connection with `FrameTruncated`.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * const bytes = (text: string) => new TextEncoder().encode(text)
 * const seen: Array<string> = []
 * Framing.json.payloads(bytes('{"a":"}"} [1,[2]]'), (payload) => seen.push(new TextDecoder().decode(payload)))
 * assert.deepEqual(seen, ['{"a":"}"}', "[1,[2]]"])
 */
export const json: TotalFraming = owned({
  name: "json",
  delimited: true,
  decoder: (maxFrameBytes) => new JsonDecoder(maxFrameBytes),
  encode: (payload) => {
    const wire = new Uint8Array(payload.length + 1)
    wire.set(payload)
    wire[payload.length] = lineFeed
    return wire
  },
  refuses: (payload, maxFrameBytes) => refused(payload) ?? aboveLimit(payload, maxFrameBytes),
  payloads: (wire, each) => {
    cut(wire, 0, Number.POSITIVE_INFINITY, each)
  },
  cut,
  count: (wire) => {
    let frames = 0
    cut(wire, 0, Number.POSITIVE_INFINITY, () => frames++)
    return frames
  },
})
