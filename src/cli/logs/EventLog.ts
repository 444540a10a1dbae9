import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Stream from "effect/Stream"
import { ByteWriter } from "../../domain/ByteWriter.ts"
import { EventLineWriter } from "../../domain/EventLineWriter.ts"
import type { ClientEvent, ServerEvent } from "../../domain/index.ts"
import { allocate } from "../../runtime/bytes.ts"
import { nextTurn } from "../../runtime/nextTurn.ts"
import { largeFrameBytes } from "../output/Page.ts"
import type { LogFile } from "./LogFile.ts"
import { type LossReport, reopen } from "./LossReport.ts"
import { mostWaiting, retryAfter } from "./TrafficFiles.ts"

type AnyEvent = ServerEvent | ClientEvent

/** The conditions under which a log begins a new file, and the number of old files. */
export interface Rotation {
  /** The largest length of a file, in bytes. `Infinity`: no limit. */
  readonly most: number
  /** Whether each day of the local time has a file of its own. */
  readonly daily: boolean
  /** The number of old files. */
  readonly keep: number
}

const lineFeed = 0x0a
const lineEnd = Uint8Array.of(lineFeed)
// The number of bytes that are written at once.
const fullPage = 128 * 1024

/** The first time of the next day in local time. */
const nextDay = (at: number): number => {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime()
}

const countLines = (bytes: Uint8Array, from: number): number => {
  let lines = 0
  for (let at = bytes.indexOf(lineFeed, from); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) lines++
  return lines
}

/** The length of the complete lines in the first `length` bytes. */
const endOfLines = (bytes: Uint8Array, length: number): number =>
  length === 0 ? 0 : bytes.lastIndexOf(lineFeed, length - 1) + 1

/**
 * Writes events as lines of JSON, and begins a new file when the rotation asks for it. The stream of the events is the
 * queue: while a write waits, the bus keeps the events in its bounded buffer.
 */
export class EventLog {
  /** The number of writes so far. */
  progress = 0
  private readonly file: LogFile
  private readonly rotation: Rotation | undefined
  private readonly report: LossReport
  private readonly lines = new EventLineWriter()
  private readonly out = new ByteWriter(allocate)
  private readonly given = Deferred.unsafeMake<void>(FiberId.none)
  private isAbandoned = false
  private isWriting = false
  private isPausing = false
  // The length of the file up to the end of its last complete line.
  private complete = 0
  // The length of the file when the last rotation failed, otherwise 0. The next attempt follows when the file has grown
  // by another `most` bytes.
  private base = 0
  private dayEnd: number

  /**
   * `changedAt` is the time of the last change of the file. `isTorn`: the file ends with an incomplete line, so the log
   * begins with LF.
   */
  constructor(
    file: LogFile,
    rotation: Rotation | undefined,
    report: LossReport,
    { changedAt, isTorn }: { readonly changedAt: number; readonly isTorn: boolean },
  ) {
    if (isTorn) this.out.byte(lineFeed)
    this.file = file
    this.rotation = rotation
    this.report = report
    this.dayEnd = file.size > 0 ? nextDay(changedAt) : Number.NEGATIVE_INFINITY
  }

  /** Writes all events until their stream ends. */
  run(events: Stream.Stream<AnyEvent>): Effect.Effect<void> {
    return Stream.toPull(events).pipe(
      Effect.flatMap((pull) =>
        Effect.forever(Effect.flatMap(pull, (chunk) => this.write(Chunk.toReadonlyArray(chunk), 0))),
      ),
      // The stream has ended.
      Effect.ignore,
      Effect.scoped,
    )
  }

  /** Stops writing: {@link run} counts the remaining events as lost. */
  get abandon(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isAbandoned = true
      return Deferred.succeed(this.given, undefined)
    })
  }

  /** Opens the file again. */
  get reopen(): Effect.Effect<void> {
    return reopen(this.file, this.report)
  }

  /** Removes an incomplete last line. */
  get cutTornLine(): Effect.Effect<void> {
    return Effect.ignore(this.file.cut(this.complete))
  }

  /** Whether the log waits for events or for the next attempt to write. */
  isIdle(): boolean {
    return !this.isWriting || this.isPausing
  }

  private write(events: ReadonlyArray<AnyEvent>, from: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isWriting = true
      let next = from
      while (next < events.length && this.out.length < fullPage) {
        const event = events[next] as AnyEvent
        const start = this.out.length
        if ("bytes" in event && event.bytes.length > largeFrameBytes) {
          return this.flush.pipe(
            Effect.zipRight(
              Effect.suspend(() =>
                this.isFileFull(0, event.bytes.length, event.at) ? this.rotate(event.at) : Effect.void,
              ),
            ),
            Effect.zipRight(this.writeLarge(event)),
            Effect.zipRight(this.write(events, next + 1)),
          )
        }
        this.lines.write(event, this.out)
        this.out.byte(lineFeed)
        if (this.isFileFull(start, this.out.length - start, event.at)) {
          // The event that did not fit is written into the new file.
          this.out.length = start
          return Effect.zipRight(Effect.zipRight(this.flush, this.rotate(event.at)), this.write(events, next))
        }
        if (event._tag === "EventsMissed") this.report.missed(event.missed, mostWaiting)
        next++
      }
      if (next < events.length) return Effect.zipRight(this.flush, this.write(events, next))
      return Effect.map(this.flush, () => {
        this.isWriting = false
      })
    })
  }

  /** Whether a line must go into a new file. `before` is the number of bytes that are not flushed yet. */
  private isFileFull(before: number, line: number, at: number): boolean {
    if (this.rotation === undefined || this.isAbandoned) return false
    const length = this.file.size - this.base + before
    return (this.rotation.daily && at >= this.dayEnd) || (length > 0 && length + line > this.rotation.most)
  }

  private rotate(at: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.dayEnd = nextDay(at)
      if (this.rotation === undefined || this.file.size === 0) return Effect.void
      return this.file.rotate(this.rotation.keep).pipe(
        Effect.raceFirst(Deferred.await(this.given)),
        Effect.match({
          onSuccess: () => {
            this.base = 0
          },
          onFailure: (code) => {
            this.base = this.file.size
            this.report.notRotated(this.file.path, code)
          },
        }),
      )
    })
  }

  private get flush(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.out.length === 0) return Effect.void
      const page = this.out.take()
      // The events after `abandon` are only counted.
      if (!this.isAbandoned) this.complete = this.file.size
      return Effect.map(this.persist(page), (written) => {
        if (written === page.length) {
          this.complete = this.file.size
          return
        }
        this.complete += endOfLines(page, written)
        this.report.abandoned(countLines(page, written))
      })
    })
  }

  private writeLarge(event: Extract<AnyEvent, { readonly bytes: Uint8Array }>): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      if (!this.isAbandoned) this.complete = this.file.size
      for (const piece of this.lines.pieces(event, allocate)) {
        yield* this.persist(piece)
        yield* nextTurn
      }
      yield* this.persist(lineEnd)
      if (this.isAbandoned) this.report.abandoned(1)
      else this.complete = this.file.size
    })
  }

  /** Writes all bytes, and tries again after a failure. Returns the number of written bytes. */
  private persist(bytes: Uint8Array): Effect.Effect<number> {
    return Effect.gen(this, function* () {
      let written = 0
      let { generation } = this.file
      while (written < bytes.length && !this.isAbandoned) {
        // A line must not begin in one file and end in another.
        if (generation !== this.file.generation) written = endOfLines(bytes, written)
        generation = this.file.generation
        const step = Effect.either(this.file.write([bytes.subarray(written)]))
        const result = yield* Effect.raceFirst(step, Effect.as(Deferred.await(this.given), undefined))
        if (result === undefined) break
        if (result._tag === "Right") {
          written += result.right
          this.progress++
          continue
        }
        const isFull = result.left === "EAGAIN"
        if (!isFull) this.report.failed(this.file.path, result.left)
        const pause = Effect.sleep(isFull ? retryAfter.full : retryAfter.failure)
        this.isPausing = true
        yield* Effect.raceFirst(pause, Deferred.await(this.given))
        this.isPausing = false
      }
      if (written === bytes.length) this.report.succeeded(this.file.path)
      return written
    })
  }
}
