import { Framing } from "../domain/index.ts"
import { allocate, keepable } from "../runtime/bytes.ts"
import type { HistoryLimits } from "./HubHistory.ts"

// Small runs are copied into blocks of this size. A run of its own costs hundreds of bytes.
const blockBytes = 16 * 1024

// A run whose first frames no longer fit is cut after at most this many steps, because the default `cut` of a framing
// costs as much as the whole run.
const cutSteps = 16

/** Runs in one buffer. The entries with the same index describe one run. */
interface Block {
  readonly bytes: Uint8Array
  readonly ends: Array<number>
  readonly frames: Array<number>
  readonly times: Array<number>
}

/** A run of a {@link Block}. */
interface StoredRun {
  readonly bytes: Uint8Array
  readonly frames: number
  readonly time: number
}

/**
 * The newest frames of a hub. Bytes in a block never change, so a joiner gets views of the blocks, and needs no copy.
 */
export class HistoryWindow {
  readonly limits: HistoryLimits
  private readonly framing: Framing.Framing
  private readonly now: () => number
  private blocks: Array<Block> = []
  /** The index of the oldest run in the first block. */
  private first = 0
  private frameCount = 0
  private byteCount = 0
  /** The number of runs that {@link add} has added. */
  private addedRuns = 0
  /** Whether frames have left the history that are young enough for it. */
  private hasDropped = false

  constructor(framing: Framing.Framing, limits: HistoryLimits, now: () => number) {
    this.framing = framing
    this.limits = limits
    this.now = now
  }

  /** An empty history with the same limits. */
  empty(): HistoryWindow {
    return new HistoryWindow(this.framing, this.limits, this.now)
  }

  /** The number of frames. The oldest run can have some frames too many. */
  get frames(): number {
    return Math.min(this.frameCount, this.limits.last)
  }

  /** The number of bytes of the runs. */
  get bytes(): number {
    return this.byteCount
  }

  /** Adds a run of whole frames that was published at a time, milliseconds since the epoch. */
  add(run: Uint8Array, at: number = this.now()): void {
    const { maxBytes } = this.limits
    const kept = run.length > maxBytes ? run.subarray(this.cut(run, 0, run.length - maxBytes)) : run
    const frames = kept.length === 0 ? 0 : this.framing.count(kept)
    if (run.length > 0) this.addedRuns++
    if (kept.length > 0) this.append(kept, frames, at)
    // A frame that is longer than the whole history ends it: the history has no gap.
    if (kept.length === 0 && run.length > 0) this.clear()
    if (kept.length < run.length) this.hasDropped = true
    this.expire()
  }

  /** The place behind all runs so far, for {@link insert}. */
  place(): number {
    return this.addedRuns
  }

  /** Inserts the runs of another history at a place. Nothing changes if later runs have left already. */
  insert(place: number, other: HistoryWindow): void {
    if (other.frameCount === 0 && !other.hasDropped) return
    const runs = this.stored()
    // Counted from the end, a place does not change when runs leave or when other runs are inserted before it.
    const at = runs.length - (this.addedRuns - place)
    if (at < 0) return
    this.clear()
    // The history has no gap: if the other one has lost runs, the earlier runs leave too.
    const earlier = other.hasDropped ? [] : runs.slice(0, at)
    for (const { bytes, frames, time } of [...earlier, ...other.stored(), ...runs.slice(at)]) {
      this.append(bytes, frames, time)
    }
    this.expire()
  }

  /** All runs, oldest first. */
  private stored(): ReadonlyArray<StoredRun> {
    return this.blocks.flatMap((block, at) =>
      block.ends.slice(at === 0 ? this.first : 0).map((end, index) => {
        const run = at === 0 ? this.first + index : index
        const bytes = block.bytes.subarray(startOf(block, run), end)
        return { bytes, frames: block.frames[run] as number, time: block.times[run] as number }
      }),
    )
  }

  private append(run: Uint8Array, frames: number, at: number): void {
    const block = this.blockFor(run)
    const from = block.ends[block.ends.length - 1] ?? 0
    if (block.bytes !== run) block.bytes.set(run, from)
    block.ends.push(from + run.length)
    block.frames.push(frames)
    block.times.push(at)
    this.frameCount += frames
    this.byteCount += run.length
  }

  /** The last block if the run fits into it, or a new one. */
  private blockFor(run: Uint8Array): Block {
    const last = this.blocks[this.blocks.length - 1]
    const used = last?.ends[last.ends.length - 1] ?? 0
    if (last !== undefined && used + run.length <= last.bytes.length) return last
    const block: Block = {
      bytes: run.length >= blockBytes / 2 ? keepable(run) : allocate(blockBytes),
      ends: [],
      frames: [],
      times: [],
    }
    this.blocks.push(block)
    return block
  }

  private clear(): void {
    this.blocks = []
    this.first = 0
    this.frameCount = 0
    this.byteCount = 0
  }

  /** Drops the oldest runs that exceed a limit. A run stays while one of its frames is among the last ones. */
  private expire(): void {
    const { last, maxAgeMillis, maxBytes } = this.limits
    const since = this.now() - maxAgeMillis
    for (let block = this.blocks[0]; block !== undefined; block = this.blocks[0]) {
      for (; this.first < block.ends.length; this.first++) {
        const frames = block.frames[this.first] as number
        const isYoung = (block.times[this.first] as number) >= since
        if (isYoung && this.byteCount <= maxBytes && this.frameCount - frames < last) return
        if (isYoung) this.hasDropped = true
        this.frameCount -= frames
        this.byteCount -= lengthOf(block, this.first)
      }
      this.blocks.shift()
      this.first = 0
    }
  }

  /**
   * The newest frames with at most `most` bytes, oldest first. Each run has whole frames. If the bytes alone determine the
   * frames, the runs of a block are one.
   */
  runs(most: number): ReadonlyArray<Uint8Array> {
    this.expire()
    const since = this.now() - this.limits.maxAgeMillis
    const result: Array<Uint8Array> = []
    let spareFrames = Math.max(this.frameCount - this.limits.last, 0)
    let spareBytes = Math.max(this.byteCount - most, 0)
    for (const [at, block] of this.blocks.entries()) {
      let start: number | undefined
      for (let run = at === 0 ? this.first : 0; run < block.ends.length; run++) {
        const from = startOf(block, run)
        const end = block.ends[run] as number
        // Inserted runs can be older than the run before them, which keeps them in the history.
        if ((block.times[run] as number) < since) {
          if (start !== undefined) result.push(block.bytes.subarray(start, from))
          start = undefined
          spareFrames = Math.max(spareFrames - (block.frames[run] as number), 0)
          spareBytes = Math.max(spareBytes - (end - from), 0)
          continue
        }
        let begin = from
        if (spareFrames > 0 || spareBytes > 0) {
          begin += this.cut(block.bytes.subarray(from, end), spareFrames, spareBytes)
          spareBytes -= begin - from
          spareFrames = Math.max(spareFrames - (block.frames[run] as number), 0)
          if (begin === end) continue
        }
        if (this.framing.delimited === false) result.push(block.bytes.subarray(begin, end))
        else start ??= begin
      }
      const end = block.ends[block.ends.length - 1] ?? 0
      if (start !== undefined) result.push(block.bytes.subarray(start, end))
    }
    return result
  }

  /** The offset in a run after at least `frames` frames and `bytes` bytes. */
  private cut(run: Uint8Array, frames: number, bytes: number): number {
    if (bytes >= run.length) return run.length
    const skip = (from: number, count: number) => Framing.cutSome(this.framing, run, from, count, nothing)
    let at = frames > 0 ? skip(0, frames) : 0
    if (at >= bytes) return at
    const step = Math.max(1, Math.ceil(this.framing.count(run) / cutSteps))
    while (at < bytes) at = skip(at, step)
    return at
  }
}

const nothing = (): void => undefined
const startOf = (block: Block, run: number): number => (run === 0 ? 0 : (block.ends[run - 1] as number))
const lengthOf = (block: Block, run: number): number => (block.ends[run] as number) - startOf(block, run)
