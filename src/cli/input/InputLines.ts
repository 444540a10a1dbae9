import { Framing } from "../../domain/index.ts"

/** Lines of the input that are longer than the limit. They are not given. */
export interface SkippedLines {
  /** The number of the first of these lines in the input, from 1. */
  readonly first: number
  readonly lines: number
  /** The bytes of these lines, without their LFs. */
  readonly bytes: number
  /** `false`: there is one line, it is above the limit, and its end has not come yet. It is told again with its end. */
  readonly isWhole: boolean
}

// Wire bytes that are cut into payloads in one step. The view of an empty line takes a hundred times the memory of its LF.
const cutBytes = 8192

const newline = 0x0a
const empty = new Uint8Array(0)

/**
 * Cuts an input into lines. A line above the limit is skipped and counted; the lines behind it are given. Lines are cut
 * when they are taken, so this keeps one read, `cutBytes` of cut lines, and `maxFrameBytes` of a line without its end.
 */
export class InputLines implements Framing.RunSink {
  private readonly maxFrameBytes: number
  private readonly onSkipped: (skipped: SkippedLines) => void
  private decoder: Framing.FrameDecoder
  /** Whole lines that are still to be cut. */
  private runs: Array<Uint8Array> = []
  /** Lines that were taken or skipped. */
  private passed = 0
  /** The bytes so far of a line that is being skipped. */
  private skipping: number | undefined
  // What one read skips is told once, however many lines that are.
  private first = 0
  private lines = 0
  private bytes = 0

  constructor(maxFrameBytes: number, onSkipped: (skipped: SkippedLines) => void) {
    this.maxFrameBytes = maxFrameBytes
    this.onSkipped = onSkipped
    this.decoder = Framing.line.decoder(maxFrameBytes)
  }

  /** Takes one read. All lines of the read before have to be taken first. */
  push(chunk: Uint8Array): void {
    const wasSkipping = this.skipping !== undefined
    let rest = wasSkipping ? this.skip(chunk) : chunk
    while (rest.length > 0) {
      const held = this.decoder.pending()
      const runsBefore = this.runs.length
      if (this.decoder.push(rest, this)) break
      // The decoder has given the whole lines in front of the line that is too long.
      const given = this.runs.slice(runsBefore).reduce((bytes, run) => bytes + run.length, 0)
      this.decoder = Framing.line.decoder(this.maxFrameBytes)
      this.skipping = given > 0 ? 0 : held
      if (this.first === 0) this.first = this.nextNumber()
      rest = this.skip(given > 0 ? rest.subarray(given - held) : rest)
    }
    const hasEnded = this.tell()
    if (this.skipping === undefined || (wasSkipping && !hasEnded)) return
    if (hasEnded) this.first = this.nextNumber()
    this.onSkipped({ first: this.first, lines: 1, bytes: this.skipping, isWhole: false })
  }

  /** The input has ended. A last line without LF is a line. */
  end(): void {
    if (this.skipping === undefined) this.decoder.end(this)
    else this.finishSkipping()
    this.tell()
  }

  /** Takes some lines. None: all lines of the last read are taken. */
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

  /** Whether there are lines to take. */
  hasMore(): boolean {
    return this.runs.length > 0
  }

  /** The bytes of a line whose end has not come. */
  pending(): number {
    return this.skipping ?? this.decoder.pending()
  }

  onRun(run: Uint8Array): void {
    this.runs.push(run)
  }

  /** Drops the rest of the line that is too long. Gives the bytes behind that line. */
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

  /** The number of the line behind those that were taken, were skipped, or are still to be cut. */
  private nextNumber(): number {
    return this.runs.reduce((lines, run) => lines + Framing.line.count(run), this.passed + 1)
  }

  /** Tells the lines that were skipped since the last call. `false`: there are none. */
  private tell(): boolean {
    const { bytes, first, lines } = this
    if (lines === 0) return false
    this.first = 0
    this.lines = 0
    this.bytes = 0
    this.onSkipped({ first, lines, bytes, isWhole: true })
    return true
  }
}

/** Where to cut a run, at the end of a line: about `cutBytes` from its start. */
const endOfCut = (run: Uint8Array): number => {
  if (run.length <= cutBytes) return run.length
  const last = run.lastIndexOf(newline, cutBytes - 1)
  return (last === -1 ? run.indexOf(newline, cutBytes) : last) + 1
}
