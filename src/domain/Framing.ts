import * as Either from "effect/Either"
import { countByte } from "./countByte.ts"
import { InvalidPayloadError } from "./errors.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/** Cuts a stream of bytes into frames. One framing serves any number of connections. */
export interface Framing {
  /** The name, such as `--frame` takes. */
  readonly name: string
  /**
   * Whether the bytes on the wire mark the end of each frame. Default `true`. With `false`, as in {@link raw}, each
   * read is a frame, so the receiver's frames can differ from the sender's. A framing made from another one inherits
   * its value.
   */
  readonly delimited?: boolean
  /** Makes a decoder for one direction of one connection. `maxFrameBytes` is the longest payload. */
  readonly decoder: (maxFrameBytes: number) => FrameDecoder
  /** Encodes one payload as a frame. */
  readonly encode: (payload: Uint8Array) => Uint8Array
  /**
   * Returns why a payload cannot be sent as one frame, or `undefined` if it can. Default: a payload longer than
   * `maxFrameBytes` is refused. A framing that takes `refuses` from {@link line} or {@link raw} but has its own
   * `encode` gets the default, because its `encode` may accept other payloads.
   */
  readonly refuses?: (payload: Uint8Array, maxFrameBytes: number) => string | undefined
  /** Calls `each` with every payload of a run of whole frames, in order. A payload is a view of `wire`. */
  readonly payloads: (wire: Uint8Array, each: (payload: Uint8Array) => void) => void
  /**
   * Calls `each` with at most `most` payloads of a run of whole frames, in order, starting at offset `from`. Returns
   * the offset after the last one. The payloads must be those of `payloads`.
   *
   * Default: a run is cut as a whole, so a reader that takes the first of many small frames pays for an object for each
   * of them. A framing with its own `payloads` needs its own `cut`; the `cut` of {@link line} is ignored there.
   */
  readonly cut?: (wire: Uint8Array, from: number, most: number, each: (payload: Uint8Array) => void) => number
  /** Counts the frames in a run of whole frames. */
  readonly count: (wire: Uint8Array) => number
}

/** Encodes one payload as a frame. Returns the error if the framing refuses the payload or throws. */
export const encodeFrame = (
  framing: Pick<Framing, "encode" | "name" | "refuses">,
  payload: Uint8Array,
  maxFrameBytes: number,
): Uint8Array | InvalidPayloadError => {
  try {
    const problem = refusalBy(framing)(payload, maxFrameBytes)
    if (problem === undefined) return framing.encode(payload)
    return new InvalidPayloadError({ framing: framing.name, problem })
  } catch (error) {
    return new InvalidPayloadError({
      framing: framing.name,
      problem: error instanceof Error ? error.message : `${error}`,
    })
  }
}

// In a framing made as `{ ...Framing.line, encode }`, `refuses` does not fit `encode`.
const refusalBy = ({ encode, refuses = aboveLimit }: Pick<Framing, "encode" | "refuses">) =>
  [line, raw].some((framing) => refuses === framing.refuses && encode !== framing.encode) ? aboveLimit : refuses

const aboveLimit = (payload: Uint8Array, maxFrameBytes: number): string | undefined =>
  payload.length > maxFrameBytes ? `its ${payload.length} bytes are above the limit of ${maxFrameBytes}` : undefined

/**
 * Calls `each` with payloads of a run of whole frames, starting at offset `from`, and returns the offset after the last
 * one. A framing with `cut` yields at most `most` payloads; another framing yields all payloads of the run.
 */
export const cutSome = (
  framing: Pick<Framing, "cut" | "payloads">,
  run: Uint8Array,
  from: number,
  most: number,
  each: (payload: Uint8Array) => void,
): number => {
  // In a framing made as `{ ...Framing.line, payloads }`, `cut` does not fit `payloads`.
  if (framing.cut !== undefined && (framing.cut !== line.cut || framing.payloads === line.payloads)) {
    const next = framing.cut(run, from, most, each)
    // A `cut` that makes no progress must not cause an endless loop.
    return next > from ? next : run.length
  }
  framing.payloads(run, each)
  return run.length
}

/** Receives the runs of a decoder. */
export interface RunSink {
  readonly onRun: (run: Uint8Array) => void
}

/**
 * The decoder of one stream. It emits runs: views of the input that contain whole frames with their delimiters. A relay
 * forwards runs without copying them and without inspecting each frame.
 */
export interface FrameDecoder {
  /**
   * Decodes the bytes of one read and passes each run of whole frames to `sink`. `false`: a frame exceeds the limit.
   */
  readonly push: (chunk: Uint8Array, sink: RunSink) => boolean
  /** Ends the stream after the peer's FIN: completes buffered bytes to a whole frame and passes it to `sink`. */
  readonly end: (sink: RunSink) => void
  /** The number of buffered bytes of an incomplete frame. */
  readonly pending: () => number
}

/**
 * Each read is a frame; a read above `maxFrameBytes` becomes several frames. TCP does not preserve message boundaries,
 * so this framing suits display and relaying, not protocols.
 */
export const raw: Framing = {
  name: "raw",
  delimited: false,
  decoder: (maxFrameBytes) => new RawDecoder(maxFrameBytes),
  encode: (payload) => payload,
  refuses: () => undefined,
  payloads: (wire, each) => each(wire),
  count: () => 1,
}

class RawDecoder implements FrameDecoder {
  readonly maxFrameBytes: number

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes
  }

  push(chunk: Uint8Array, sink: RunSink): boolean {
    const most = this.maxFrameBytes
    // The kernel, not the peer, decides how long a read is. So a long read is split and not refused.
    for (let at = 0; at < chunk.length; at += most) {
      sink.onRun(chunk.length <= most ? chunk : chunk.subarray(at, at + most))
    }
    return true
  }

  end(): void {}

  pending(): number {
    return 0
  }
}

const newline = 0x0a
const carriageReturn = 0x0d
const empty = new Uint8Array(0)

/**
 * A frame is a line that ends with LF. The limit counts the bytes before the LF. A CR before the LF is not part of the
 * payload; a relay forwards CR and LF unchanged. A last line without LF gets one, so that lines of two senders never
 * merge.
 */
export const line: Framing = {
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
}

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

const longLineBytes = 1024 * 1024

/**
 * Returns a buffer of `size` bytes that begins with the first `held` bytes of `buffer`. Above 1 MiB the buffer grows in
 * place: a copy at each doubling would leave garbage as long as the line, which the collector frees late.
 */
const grown = (buffer: Uint8Array, held: number, size: number, most: number): Uint8Array => {
  const whole = buffer.buffer
  if (whole instanceof ArrayBuffer && whole.resizable && size <= whole.maxByteLength) {
    whole.resize(size)
    return new Uint8Array(whole)
  }
  // The kernel allocates pages of a resizable buffer on the first write, so `most` costs address space, not memory.
  const bytes = new Uint8Array(
    size <= longLineBytes ? new ArrayBuffer(size) : new ArrayBuffer(size, { maxByteLength: Math.max(size, most) }),
  )
  bytes.set(buffer.subarray(0, held))
  return bytes
}

class LineDecoder implements FrameDecoder {
  readonly maxFrameBytes: number
  // An incomplete line, in one growing buffer: a line that arrives byte by byte costs its length and no object per
  // read.
  private buffer: Uint8Array = empty
  private held = 0

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes
  }

  push(chunk: Uint8Array, sink: RunSink): boolean {
    const last = chunk.lastIndexOf(newline)
    if (last === -1) return this.hold(chunk)
    let start = 0
    if (this.held > 0) {
      start = chunk.indexOf(newline) + 1
      if (this.held + start - 1 > this.maxFrameBytes) return false
      sink.onRun(this.complete(chunk.subarray(0, start)))
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

  end(sink: RunSink): void {
    if (this.held > 0) sink.onRun(this.complete(Uint8Array.of(newline)))
  }

  pending(): number {
    return this.held
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
    this.append(rest)
    return true
  }

  private append(bytes: Uint8Array): void {
    const length = this.held + bytes.length
    if (length > this.buffer.length) {
      // One byte more than the limit, for the LF.
      const most = this.maxFrameBytes + 1
      const needed = Math.max(length, Math.min(this.buffer.length * 2, most))
      this.buffer = grown(this.buffer, this.held, needed, most)
    }
    this.buffer.set(bytes, this.held)
    this.held = length
  }

  private complete(tail: Uint8Array): Uint8Array {
    this.append(tail)
    const wire = this.buffer.subarray(0, this.held)
    this.buffer = empty
    this.held = 0
    return wire
  }
}

/** The framings by their names. */
export const framings: Readonly<Record<string, Framing>> = { raw, line }

/**
 * Reads the name of a framing.
 *
 * @example
 * import { Either } from "effect"
 * import { Framing } from "tcpfx/domain"
 *
 * assert.deepEqual(Framing.parse("line"), Either.right(Framing.line))
 */
export const parse = (input: string): Either.Either<Framing, ValueSyntaxError> => {
  const framing = Object.hasOwn(framings, input) ? framings[input] : undefined
  if (framing !== undefined) return Either.right(framing)
  const expected = Object.keys(framings).join(" or ")
  return Either.left(new ValueSyntaxError({ input, kind: "a framing", problem: "the name is unknown", expected }))
}
