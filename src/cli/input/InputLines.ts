import { Framing } from "../../domain/index.ts"

/** Lines of the input that are skipped because they are longer than the limit. */
export interface SkippedLines {
  /** The number of the first skipped line in the input, from 1. */
  readonly first: number
  readonly lines: number
  /** The length of all skipped lines in bytes, without their LFs. */
  readonly bytes: number
  /** `false` for a single line above the limit whose end has not arrived yet. A second report follows at its end. */
  readonly isWhole: boolean
}

// The number of bytes that one step splits into payloads. The view of an empty line needs a hundred times the memory of
// its LF, so a larger step could need much memory.
const cutBytes = 8192

const newline = 0x0a
const empty = new Uint8Array(0)

/**
 * Splits an input into lines. A line above the limit is skipped and counted, and the following lines are still
 * delivered. Lines are split when {@link take} asks for them. The memory is therefore bounded: one read, `cutBytes` of
 * split lines, and `maxFrameBytes` of an incomplete line.
 */
export class InputLines implements Framing.RunSink {
  private readonly maxFrameBytes: number
  private readonly onSkipped: (skipped: SkippedLines) => void
  private decoder: Framing.FrameDecoder
  /** Complete lines that are not split yet. */
  private runs: Array<Uint8Array> = []
  /** The number of lines that were taken or skipped. */
  private passed = 0
  /** The number of skipped bytes of the current line. Undefined if the current line is not skipped. */
  private skipping: number | undefined
  // The lines that the current read skips, for one report.
  private first = 0
  private lines = 0
  private bytes = 0

  constructor(maxFrameBytes: number, onSkipped: (skipped: SkippedLines) => void) {
    this.maxFrameBytes = maxFrameBytes
    this.onSkipped = onSkipped
    this.decoder = Framing.line.decoder(maxFrameBytes)
  }

  /** Adds one read. All lines of the previous read must be taken first. */
  push(chunk: Uint8Array): void {
    const wasSkipping = this.skipping !== undefined
    let rest = wasSkipping ? this.skip(chunk) : chunk
    while (rest.length > 0) {
      const held = this.decoder.pending()
      const runsBefore = this.runs.length
      if (this.decoder.push(rest, this)) break
      // The decoder has delivered the complete lines before the line that is too long.
      const given = this.runs.slice(runsBefore).reduce((bytes, run) => bytes + run.length, 0)
      this.decoder = Framing.line.decoder(this.maxFrameBytes)
      this.skipping = given > 0 ? 0 : held
      if (this.first === 0) this.first = this.nextNumber()
      rest = this.skip(given > 0 ? rest.subarray(given - held) : rest)
    }
    const hasEnded = this.report()
    if (this.skipping === undefined || (wasSkipping && !hasEnded)) return
    if (hasEnded) this.first = this.nextNumber()
    this.onSkipped({ first: this.first, lines: 1, bytes: this.skipping, isWhole: false })
  }

  /** Ends the input. A last line without LF counts as a line. */
  end(): void {
    if (this.skipping === undefined) this.decoder.end(this)
    else this.finishSkipping()
    this.report()
  }

  /** Removes the next lines and returns them. Returns an empty array if all lines of the last read are taken. */
  take(): ReadonlyArray<Uint8Array> {
    const [run] = this.runs
    if (run === undefined) return []
    const to = endOfCut(run)
    if (to === run.length) this.runs.shift()
    else this.runs[0] = run.subarray(to)
    const payloads: Array<Uint8Array> = []
    Framing.line.payloads(run.subarray(0, to), (payload) => payloads.push(payload))
    this.passed += payloads.length
    return payloads
  }

  /** Whether {@link take} would return lines. */
  hasMore(): boolean {
    return this.runs.length > 0
  }

  /** The length of the incomplete line, in bytes. */
  pending(): number {
    return this.skipping ?? this.decoder.pending()
  }

  onRun(run: Uint8Array): void {
    this.runs.push(run)
  }

  /** Drops the rest of the line that is too long. Returns the bytes after that line. */
  private skip(chunk: Uint8Array): Uint8Array {
    const end = chunk.indexOf(newline)
    this.skipping = (this.skipping ?? 0) + (end === -1 ? chunk.length : end)
    if (end === -1) return empty
    this.finishSkipping()
    return chunk.subarray(end + 1)
  }

  private finishSkipping(): void {
    this.bytes += this.skipping ?? 0
    this.skipping = undefined
    this.lines++
    this.passed++
  }

  /** The number of the next line of the input, after the lines that were taken or skipped and the lines in `runs`. */
  private nextNumber(): number {
    return this.runs.reduce((lines, run) => lines + Framing.line.count(run), this.passed + 1)
  }

  /** Reports the lines that were skipped since the last call. Returns `false` if there are none. */
  private report(): boolean {
    const { bytes, first, lines } = this
    if (lines === 0) return false
    this.first = 0
    this.lines = 0
    this.bytes = 0
    this.onSkipped({ first, lines, bytes, isWhole: true })
    return true
  }
}

/** The end of a line in a run, about `cutBytes` from the start of the run. */
const endOfCut = (run: Uint8Array): number => {
  if (run.length <= cutBytes) return run.length
  const last = run.lastIndexOf(newline, cutBytes - 1)
  return (last === -1 ? run.indexOf(newline, cutBytes) : last) + 1
}
