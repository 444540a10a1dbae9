import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { counted } from "../../domain/counted.ts"
import { Framing, InvalidPayloadError } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Input } from "../process/stdio.ts"
import { EncodedText } from "./encodeText.ts"
import { InputLines, type SkippedLines } from "./InputLines.ts"
import { LineEnds } from "./LineEnds.ts"
import type { PayloadForm } from "./PayloadForm.ts"

/**
 * Standard input as payloads: the bytes of one read in raw framing, otherwise complete lines. Payloads stay here until
 * {@link take} returns them, so an interruption loses nothing.
 */
export interface InputPayloads {
  /** Waits until `take` has payloads. Returns `false` if the input has ended and all payloads are taken. */
  readonly more: Effect.Effect<boolean, CommandFailed>
  /** Removes the next payloads and returns them: some or all of the payloads that have arrived. */
  readonly take: () => ReadonlyArray<Uint8Array>
}

/** The options of {@link inputPayloads}. */
export interface InputOptions {
  readonly frame: Framing.Framing
  /** The longest line, and the longest payload of a frame, in bytes. */
  readonly maxFrame: number
  readonly form: PayloadForm
  /** Whether each line is a payload of its own in raw framing. The payload keeps its line end. */
  readonly byLine?: boolean
  /** Reports lines that are skipped because they are longer than `maxFrame`. */
  readonly onSkipped: (skipped: SkippedLines) => void
  /** Reports a line that is not sent, because it has no payload in this form or in this framing. */
  readonly onRefused: (message: string) => void
}

/** Makes payloads of an input. */
export const inputPayloads = (input: Pick<Input, "read">, options: InputOptions): InputPayloads => {
  const { form, frame, maxFrame, onSkipped } = options
  if (frame.delimited === false && !form.needsLines) {
    const reads = form.isPlain ? new Reads() : new ConvertedReads(options)
    return payloadsOf(input, options.byLine === true ? new LinesOfReads(reads, maxFrame) : reads)
  }
  const lines = new InputLines(maxFrame, onSkipped)
  // Every line without LF is a frame of `line`.
  return payloadsOf(input, form.isPlain && frame === Framing.line ? lines : new CheckedLines(lines, options))
}

/**
 * The message about skipped lines.
 *
 * For example, with a limit of 4 bytes:
 *
 *     describeSkipped({ first: 3, lines: 1, bytes: 5, isWhole: true }, 4)
 *     // "line 3 of standard input was not sent: its 5 bytes are above 4 (--max-frame)"
 */
export const describeSkipped = ({ bytes, first, isWhole, lines }: SkippedLines, maxFrameBytes: number): string => {
  const limit = `above ${maxFrameBytes} (--max-frame)`
  if (!isWhole) return `line ${first} of standard input is not sent: its length is ${limit}`
  return lines === 1
    ? `line ${first} of standard input was not sent: its ${counted(bytes, "byte")} are ${limit}`
    : `${lines} lines of standard input from line ${first} on were not sent: each is ${limit}; ${bytes} bytes in all`
}

/** Splits reads into payloads. */
interface Cutter {
  readonly push: (chunk: Uint8Array) => void
  readonly end: () => void
  readonly take: () => ReadonlyArray<Uint8Array>
  readonly hasMore: () => boolean
}

const none: ReadonlyArray<Uint8Array> = []

class Reads implements Cutter {
  private last = none

  push(chunk: Uint8Array): void {
    this.last = [chunk]
  }

  end(): void {}

  hasMore(): boolean {
    return this.last.length > 0
  }

  take(): ReadonlyArray<Uint8Array> {
    const { last } = this
    this.last = none
    return last
  }
}

/** Reads with other line ends, or in another encoding. */
class ConvertedReads extends Reads {
  private readonly ends: LineEnds | undefined
  private readonly text: EncodedText | undefined

  constructor({ form, onRefused }: InputOptions) {
    super()
    this.ends = form.ending === undefined ? undefined : new LineEnds(form.ending)
    this.text = form.isUtf8
      ? undefined
      : new EncodedText(form.coder, (problem) => onRefused(`standard input: ${problem}`))
  }

  override push(chunk: Uint8Array): void {
    const bytes = this.ends === undefined ? chunk : this.ends.push(chunk)
    this.offer(this.text === undefined ? bytes : this.text.push(bytes))
  }

  override end(): void {
    const bytes = this.ends?.end() ?? new Uint8Array(0)
    this.offer(this.text === undefined ? bytes : Buffer.concat([this.text.push(bytes), this.text.end()]))
  }

  private offer(bytes: Uint8Array): void {
    if (bytes.length > 0) super.push(bytes)
  }
}

const newline = 0x0a

/** Reads, cut behind each line end. Bytes without a line end wait until `longest` of them have come, or for the end. */
class LinesOfReads implements Cutter {
  private readonly reads: Cutter
  private readonly longest: number
  private held: Uint8Array = new Uint8Array(0)
  private lines: Array<Uint8Array> = []

  constructor(reads: Cutter, longest: number) {
    this.reads = reads
    this.longest = longest
  }

  push(chunk: Uint8Array): void {
    this.reads.push(chunk)
    this.cut()
  }

  end(): void {
    this.reads.end()
    this.cut()
    if (this.held.length > 0) this.lines.push(this.held)
    this.held = new Uint8Array(0)
  }

  hasMore(): boolean {
    return this.lines.length > 0
  }

  take(): ReadonlyArray<Uint8Array> {
    const { lines } = this
    this.lines = []
    return lines
  }

  private cut(): void {
    if (!this.reads.hasMore()) return
    let rest: Uint8Array = Buffer.concat([this.held, ...this.reads.take()])
    for (let end = rest.indexOf(newline); end >= 0 || rest.length >= this.longest; end = rest.indexOf(newline)) {
      const length = end < 0 || end >= this.longest ? this.longest : end + 1
      this.lines.push(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    this.held = rest
  }
}

// The longest part of a refused line that the message quotes, in characters.
const longestQuote = 60

/** Lines as payloads of a form. Lines that cannot be sent are left out. */
class CheckedLines implements Cutter {
  private readonly lines: InputLines
  private readonly options: InputOptions
  private made = none

  constructor(lines: InputLines, options: InputOptions) {
    this.lines = lines
    this.options = options
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk)
  }

  end(): void {
    this.lines.end()
  }

  hasMore(): boolean {
    while (this.made.length === 0 && this.lines.hasMore()) {
      this.made = this.lines.take().flatMap((line) => this.payloadOf(line))
    }
    return this.made.length > 0
  }

  take(): ReadonlyArray<Uint8Array> {
    const { made } = this
    this.made = none
    return made
  }

  private payloadOf(line: Uint8Array): ReadonlyArray<Uint8Array> {
    const { form, frame, maxFrame } = this.options
    const made = form.ofLine(line)
    if (Either.isLeft(made)) return this.refuse(line, made.left.message)
    const wire = frame.delimited === false ? made.right : Framing.encodeFrame(frame, made.right, maxFrame)
    return wire instanceof InvalidPayloadError ? this.refuse(line, wire.message) : [made.right]
  }

  private refuse(line: Uint8Array, problem: string): ReadonlyArray<Uint8Array> {
    const text = [...new TextDecoder().decode(line.subarray(0, longestQuote * 4))]
    const quote = `${text.slice(0, longestQuote).join("")}${text.length > longestQuote ? "…" : ""}`
    this.options.onRefused(`"${quote}" of standard input was not sent: ${problem}`)
    return none
  }
}

const payloadsOf = (input: Pick<Input, "read">, cutter: Cutter): InputPayloads => {
  let isOver = false
  const read = Effect.mapError(
    input.read((chunk) => {
      if (chunk !== undefined) return cutter.push(chunk)
      isOver = true
      cutter.end()
    }),
    (error) => usageError(error.message),
  )
  const more: InputPayloads["more"] = Effect.suspend(() =>
    cutter.hasMore() || isOver ? Effect.succeed(cutter.hasMore()) : Effect.zipRight(read, more),
  )
  return { more, take: () => cutter.take() }
}
