import { type FramePlace, Framing } from "../../domain/index.ts"

/** Payloads that were cut at once, and the runs that contain them. */
interface Batch {
  readonly runs: ReadonlyArray<Uint8Array>
  /** The offset of each run in the stream. */
  readonly starts: ReadonlyArray<number | undefined>
  /** The ordinal of the first payload, from 1. */
  readonly first: number
  readonly count: number
}

/**
 * Finds the offset of a received payload in the stream of bytes. It stores the offset of each run in the inbox, and the
 * runs of the payloads that were cut last. So no work is done for each payload. A search cuts these runs a second time.
 */
export class PayloadOffsets {
  private readonly framing: Pick<Framing.Framing, "cut" | "payloads">
  /** The offsets of the runs that wait in the inbox. `undefined`: the offset is unknown. */
  private readonly waiting: Array<number | undefined>
  /** The chunk that is decoded, and its offset in the stream. */
  private chunk: Uint8Array = new Uint8Array(0)
  private chunkStart = 0
  /** The offset of the next run that is no view of the chunk. */
  private begun = 0
  private batch: Batch
  /**
   * A position in the batch: `index` payloads of it lie before `at` in the run number `run`. A search starts at this
   * position and never moves back.
   */
  private run = 0
  private at = 0
  private index = 0

  /**
   * `waiting`: the offsets of the runs that have arrived. `first` and `count`: the ordinal of the first payload that
   * was cut last, and the number of these payloads. Their offsets are unknown.
   */
  constructor(
    framing: Pick<Framing.Framing, "cut" | "payloads">,
    waiting: Array<number | undefined>,
    first: number,
    count: number,
  ) {
    this.framing = framing
    this.waiting = waiting
    this.batch = { runs: [], starts: [], first, count }
  }

  /** The decoder gets a chunk. `start`: its offset. `pending`: the bytes before it that are buffered in the decoder. */
  onChunk(chunk: Uint8Array, start: number, pending: number): void {
    this.chunk = chunk
    this.chunkStart = start
    this.begun = start - pending
  }

  /** The decoder has found a run. */
  onRun(run: Uint8Array): void {
    const { chunk } = this
    const inChunk = run.byteOffset - chunk.byteOffset
    // The decoder completes a frame that began in an earlier chunk in its own buffer.
    const isView = run.buffer === chunk.buffer && inChunk >= 0 && inChunk < chunk.length
    const start = isView ? this.chunkStart + inChunk : this.begun
    this.waiting.push(start)
    this.begun = start + run.length
  }

  /**
   * The inbox has cut `count` payloads from the first `used` runs, of which it has finished `finished`. `from`: the
   * offset in the first run at which it began.
   */
  onCut(runs: ReadonlyArray<Uint8Array>, used: number, finished: number, from: number, count: number): void {
    this.batch = {
      runs: runs.slice(0, used),
      starts: this.waiting.slice(0, used),
      first: this.batch.first + this.batch.count,
      count,
    }
    this.waiting.splice(0, finished)
    this.run = 0
    this.at = from
    this.index = 0
  }

  /** The ordinal of a payload. `index`: its index among the payloads that were cut last. */
  ordinal(index: number): number {
    return this.batch.first + index
  }

  /** The place of a payload. Its offset is unknown if the payload is not one of those that were cut last. */
  find(frame: number): FramePlace {
    const { runs, starts } = this.batch
    const wanted = frame - this.batch.first
    if (wanted < this.index || wanted >= this.batch.count) return { frame }
    while (this.run < runs.length) {
      const run = runs[this.run] as Uint8Array
      const start = starts[this.run]
      if (start === undefined) return { frame }
      if (this.index === wanted && this.at < run.length) return { frame, offset: start + this.at }
      let passed = 0
      const at = Framing.cutSome(this.framing, run, this.at, wanted - this.index, () => passed++)
      // A framing without `cut` gives all payloads of the run.
      if (this.index + passed > wanted) return { frame, offset: start }
      this.index += passed
      this.at = at
      if (at >= run.length) {
        this.run++
        this.at = 0
      }
    }
    return { frame }
  }
}
