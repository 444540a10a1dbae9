import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { Waiters } from "../../runtime/Waiters.ts"
import { type Pieces, sizeOf, withoutFirst } from "../process/streams/Sink.ts"
import type { FileName } from "./fileName.ts"
import { LogFile } from "./LogFile.ts"
import { type LossReport, reopen } from "./LossReport.ts"
import type { Part, TrafficQueue } from "./TrafficQueue.ts"

/** The maximum number of bytes that wait in memory to be written, for each flag that names a file. */
export const mostWaiting = 64 * 1024 * 1024

/** The maximum number of files of one flag that are open at once. */
export const mostOpen = 16

/** The time until the next attempt to write, in milliseconds: to a file that failed, and to a pipe that is full. */
export const retryAfter = { failure: 1000, full: 20 } as const

/** Options of {@link TrafficFiles}. */
export interface TrafficFilesOptions {
  readonly name: FileName
  /** Whether the files keep their content. */
  readonly append: boolean
  readonly makeQueue: () => TrafficQueue
  readonly report: LossReport
}

/** A file and the traffic that waits for it. */
interface Entry {
  readonly key: number
  readonly file: LogFile
  readonly queue: TrafficQueue
  /** The part of the traffic that is being written, without its written beginning. */
  rest: Pieces
  part: Part | undefined
  /** The earliest time of the next attempt, in milliseconds of the monotonic clock. */
  notBefore: number
  hasEnded: boolean
}

/**
 * One file for all clients, or a file for each client. {@link add} copies the traffic and never waits. One fiber writes
 * all files, so a disk that does not answer takes one thread of libuv. Traffic above the limit of memory is left out
 * and counted.
 */
export class TrafficFiles {
  private readonly options: TrafficFilesOptions
  private readonly entries = new Map<number, Entry>()
  // The files with something to write, in the order of their turns.
  private readonly waiting = new Set<Entry>()
  // The open files. The file that was written last is at the end.
  private readonly open = new Set<Entry>()
  private readonly waiters = new Waiters()
  private memory = 0
  private isFinishing = false
  private readonly given = Deferred.unsafeMake<void>(FiberId.none)
  /** The number of writes so far. */
  progress = 0

  constructor(options: TrafficFilesOptions) {
    this.options = options
  }

  /** The file for all clients, or for one client. */
  fileOf(id: number): LogFile {
    return this.entryOf(id).file
  }

  /** Adds a copy of bytes of a client. `who` names the client and the direction. */
  add(id: number, bytes: Uint8Array, who: string): void {
    const entry = this.entryOf(id)
    if (this.memory + bytes.length > mostWaiting) {
      entry.queue.leaveOut(bytes.length)
      this.options.report.left(bytes.length, mostWaiting)
    } else this.memory += entry.queue.add(bytes, who, Date.now())
    this.enqueue(entry)
  }

  /** Closes the file of a client after its traffic is written. */
  end(id: number): void {
    const entry = this.entries.get(id)
    if (entry === undefined) return
    entry.hasEnded = true
    this.enqueue(entry)
  }

  /** Writes until {@link finish} is called and everything is written, or until {@link giveUp}. */
  get run(): Effect.Effect<void> {
    const step: Effect.Effect<void> = Effect.suspend(() => {
      const entry = this.next()
      if (entry !== undefined) return Effect.zipRight(this.write(entry), step)
      return this.isDone() ? Effect.void : Effect.zipRight(this.wait, step)
    })
    return Effect.zipRight(this.begin, Effect.raceFirst(step, Deferred.await(this.given)))
  }

  /** Lets {@link run} end when everything is written. */
  finish(): void {
    this.isFinishing = true
    this.waiters.wake()
  }

  /** Ends {@link run}, and counts the traffic that is not written. */
  giveUp(): void {
    let lost = 0
    for (const { part, queue, rest } of this.waiting) {
      // A part of a hex dump is longer than its traffic.
      if (part !== undefined) lost += Math.round((part.traffic * sizeOf(rest)) / sizeOf(part.pieces))
      for (let next = queue.take(); next !== undefined; next = queue.take()) lost += next.traffic
    }
    this.waiting.clear()
    Deferred.unsafeDone(this.given, Effect.void)
    this.options.report.abandoned(lost)
  }

  /** Whether nothing can be written at the moment: all traffic is written, or the next attempt is not due. */
  isIdle(): boolean {
    return this.next() === undefined
  }

  /** Whether each client has a file. */
  get isPerClient(): boolean {
    return this.options.name.isPerClient
  }

  /** Opens the open files again. */
  get reopen(): Effect.Effect<void> {
    return Effect.forEach([...this.open], ({ file }) => reopen(file, this.options.report), { discard: true })
  }

  /** Truncates the file for all clients, even if nothing is ever written to it. */
  private get begin(): Effect.Effect<void> {
    if (this.isPerClient) return Effect.void
    const entry = this.entryOf(0)
    // The first write fails in the same way and reports the failure.
    return Effect.map(Effect.ignore(entry.file.begin), () => this.noteOpen(entry))
  }

  private get wait(): Effect.Effect<void> {
    const changed = this.waiters.until(() => this.next() !== undefined || this.isDone())
    if (this.waiting.size === 0) return changed
    const soonest = Math.min(...[...this.waiting].map(({ notBefore }) => notBefore))
    return Effect.raceFirst(changed, Effect.sleep(Math.max(1, soonest - performance.now())))
  }

  private isDone(): boolean {
    return this.isFinishing && this.waiting.size === 0
  }

  private entryOf(id: number): Entry {
    const { append, makeQueue, name } = this.options
    const key = name.isPerClient ? id : 0
    const known = this.entries.get(key)
    if (known !== undefined) return known
    const file = new LogFile(name.pathOf(id), append)
    const entry = { key, file, queue: makeQueue(), rest: [], part: undefined, notBefore: 0, hasEnded: false }
    this.entries.set(key, entry)
    return entry
  }

  private enqueue(entry: Entry): void {
    if (this.waiting.has(entry)) return
    this.waiting.add(entry)
    this.waiters.wake()
  }

  private next(): Entry | undefined {
    const now = performance.now()
    for (const entry of this.waiting) if (entry.notBefore <= now) return entry
    return undefined
  }

  private write(entry: Entry): Effect.Effect<void> {
    // The other files get a turn before this file gets its next turn.
    this.waiting.delete(entry)
    if (entry.part === undefined) {
      entry.part = entry.queue.take()
      entry.rest = entry.part?.pieces ?? []
    }
    if (entry.part === undefined) return entry.hasEnded ? this.forget(entry) : Effect.void
    this.waiting.add(entry)
    const written = Effect.map(Effect.either(entry.file.write(entry.rest)), (result) => {
      this.noteOpen(entry)
      if (result._tag === "Left") this.fail(entry, result.left)
      else this.advance(entry, result.right)
    })
    return entry.file.isOpen || this.open.size < mostOpen ? written : Effect.zipRight(this.closeOldest, written)
  }

  private advance(entry: Entry, written: number): void {
    this.progress++
    entry.rest = withoutFirst(entry.rest, written)
    if (entry.rest.length > 0) return
    this.memory -= entry.part?.cost ?? 0
    entry.part = undefined
    this.options.report.succeeded(entry.file.path)
  }

  private fail(entry: Entry, code: string): void {
    const isFull = code === "EAGAIN"
    if (!isFull) this.options.report.failed(entry.file.path, code)
    entry.notBefore = performance.now() + (isFull ? retryAfter.full : retryAfter.failure)
  }

  private noteOpen(entry: Entry): void {
    this.open.delete(entry)
    if (entry.file.isOpen) this.open.add(entry)
  }

  private get closeOldest(): Effect.Effect<void> {
    const [oldest] = this.open
    if (oldest === undefined) return Effect.void
    this.open.delete(oldest)
    return oldest.file.close
  }

  private forget(entry: Entry): Effect.Effect<void> {
    this.entries.delete(entry.key)
    this.open.delete(entry)
    return entry.file.close
  }
}
