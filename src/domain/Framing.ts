import * as Either from "effect/Either"
import { countByte } from "./countByte.ts"
import { InvalidPayloadError } from "./errors.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/** How a stream of bytes is cut into frames. One value serves any number of connections. */
export interface Framing {
  /** Its name, as `--frame` takes it. */
  readonly name: string
  /**
   * Whether the bytes on the wire mark where each frame ends. Default true. `false`, as for {@link raw}: a frame is what one
   * read gave, so the receiver's frames can differ from the sender's. A framing made from another one inherits its value.
   */
  readonly delimited?: boolean
  /** A decoder for one direction of one connection. `maxFrameBytes` bounds a payload. */
  readonly decoder: (maxFrameBytes: number) => FrameDecoder
  /** The bytes on the wire for one payload. */
  readonly encode: (payload: Uint8Array) => Uint8Array
  /**
   * Why a payload cannot be sent as one frame; `undefined`: it can. Default, for a framing without it: a payload above
   * `maxFrameBytes` cannot. The `refuses` of {@link line} or {@link raw} beside another `encode` is not used, as what that
   * one can carry is not known.
   */
  readonly refuses?: (payload: Uint8Array, maxFrameBytes: number) => string | undefined
  /** Calls `each` with every payload of a run of whole frames, in order, as views of `wire`. */
  readonly payloads: (wire: Uint8Array, each: (payload: Uint8Array) => void) => void
  /**
   * Calls `each` with at most `most` payloads of a run of whole frames, in order, from the offset `from` on, and returns
   * the offset behind the last one. Default, for a framing without it: a run is cut as a whole, so a run of small frames
   * costs an object for each of them as soon as its reader takes the first. It must give the payloads that `payloads` gives;
   * a framing that is made from another one and has `payloads` of its own needs a `cut` of its own too. The `cut` of
   * {@link line} beside other `payloads` is not used.
   */
  readonly cut?: (wire: Uint8Array, from: number, most: number, each: (payload: Uint8Array) => void) => number
  /** How many frames a run of whole frames holds. */
  readonly count: (wire: Uint8Array) => number
}

/** The bytes on the wire for one payload, or why there are none. What the framing throws is a reason too. */
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

// A framing made as `{ ...Framing.line, encode }` has a `refuses` that does not belong to its `encode`.
const refusalBy = ({ encode, refuses = aboveLimit }: Pick<Framing, "encode" | "refuses">) =>
  [line, raw].some((framing) => refuses === framing.refuses && encode !== framing.encode) ? aboveLimit : refuses

const aboveLimit = (payload: Uint8Array, maxFrameBytes: number): string | undefined =>
  payload.length > maxFrameBytes ? `its ${payload.length} bytes are above the limit of ${maxFrameBytes}` : undefined

/**
 * Calls `each` with some payloads of a run of whole frames, from the offset `from` on, and returns the offset behind the
 * last one: at most `most` payloads where the framing has `cut`, else all of the run.
 */
export const cutSome = (
  framing: Pick<Framing, "cut" | "payloads">,
  run: Uint8Array,
  from: number,
  most: number,
  each: (payload: Uint8Array) => void,
): number => {
  // A framing made as `{ ...Framing.line, payloads }` has a `cut` that does not belong to its `payloads`.
  if (framing.cut !== undefined && (framing.cut !== line.cut || framing.payloads === line.payloads)) {
    const next = framing.cut(run, from, most, each)
    // A framing that makes no progress must not be asked for the same payloads for ever.
    return next > from ? next : run.length
  }
  framing.payloads(run, each)
  return run.length
}

/** What takes the runs of a decoder. */
export interface RunSink {
  readonly onRun: (run: Uint8Array) => void
}

/**
 * The state of cutting one stream. It hands on runs: views of the input that hold whole frames with their marks, so
 * that a relay forwards them without a copy and without looking at each frame.
 */
export interface FrameDecoder {
  /** Takes what one read gave, and hands each run of whole frames to `sink`. `false`: a frame is above the limit. */
  readonly push: (chunk: Uint8Array, sink: RunSink) => boolean
  /** The peer sent FIN: hands on what is left over, completed to a whole frame. */
  readonly end: (sink: RunSink) => void
  /** Bytes kept of a frame that is not whole yet. */
  readonly pending: () => number
}

/**
 * A frame is what one read gave; a read above `maxFrameBytes` becomes several frames. TCP keeps no message bounds, so this
 * framing is for showing and relaying, not for protocols.
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
    // How reads coalesce is not the peer's doing, so a long one is split, not refused.
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
 * A frame is a line that ends with LF; its limit counts what stands before the LF. A CR before the LF is not part of the payload; a relay forwards both as they
 * came. A last line without LF is completed with one, so that lines of two senders never run together.
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
 * A buffer of `size` bytes that begins with the first `held` bytes of `buffer`. Above 1 MiB it grows in place: a copy at
 * each doubling leaves as much garbage as the line is long, and the collector is in no hurry with it.
 */
const grown = (buffer: Uint8Array, held: number, size: number, most: number): Uint8Array => {
  const whole = buffer.buffer
  if (whole instanceof ArrayBuffer && whole.resizable && size <= whole.maxByteLength) {
    whole.resize(size)
    return new Uint8Array(whole)
  }
  // The system gives the pages of a resizable buffer as they are written, so `most` costs addresses, not memory.
  const bytes = new Uint8Array(
    size <= longLineBytes ? new ArrayBuffer(size) : new ArrayBuffer(size, { maxByteLength: Math.max(size, most) }),
  )
  bytes.set(buffer.subarray(0, held))
  return bytes
}

class LineDecoder implements FrameDecoder {
  readonly maxFrameBytes: number
  // The line begun and not ended, in one buffer that grows: a line that arrives byte by byte costs its length, not an
  // object for each read.
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
    // Only a run longer than the limit can hold a line longer than the limit.
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
      // The limit, and the LF that ends the line.
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

/** The framings by name. */
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
