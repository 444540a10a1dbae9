import { allocate, keepable } from "../runtime/bytes.ts"

/** A part of the log in one buffer: the runs of one or more turns of the event loop, or a single run. */
export interface Segment<P> {
  readonly bytes: Uint8Array
  /** The end of each run in `bytes`. */
  readonly ends: ArrayLike<number>
  /** The publisher of each run. */
  readonly publishers: ReadonlyArray<P>
  /** The number of bytes that were published before this segment. */
  readonly start: number
}

/** A position in the log: a run of a segment. Segment numbers begin at 0; `compact` changes them. */
export interface Cursor {
  segment: number
  run: number
}

/** The limits for joining segments. */
export interface HubLogOptions {
  /** The maximum number of small segments in the log. When there are more, a flush joins them. */
  readonly mostSegments: number
  /** The largest joined segment, bytes. A segment of half this size or more is not copied. */
  readonly joinedBytes: number
}

const defaults: HubLogOptions = { mostSegments: 1024, joinedBytes: 256 * 1024 }

/**
 * The published runs, from the oldest one that a member still needs. `append` collects runs; `seal` makes segments of the
 * collected ones. The log is empty while no member lags.
 */
export class HubLog<P> {
  private readonly options: HubLogOptions
  private segments: Array<Segment<P>> = []
  private first = 0
  /** The segments before this number are joined already. */
  private joinedTo = 0
  private runs: Array<Uint8Array> = []
  private runPublishers: Array<P> = []
  private collectedBytes = 0
  private sealedBytes = 0
  /** The number of newest segments that {@link keepNew} has not copied yet. */
  private notKept = 0

  constructor(options: HubLogOptions = defaults) {
    this.options = options
  }

  append(run: Uint8Array, publisher: P): void {
    this.runs.push(run)
    this.runPublishers.push(publisher)
    this.collectedBytes += run.length
  }

  /** The number of bytes that were appended and are not sealed yet. */
  openBytes(): number {
    return this.collectedBytes
  }

  /** The number of runs that were appended and are not sealed yet. */
  openRuns(): number {
    return this.runs.length
  }

  /**
   * Seals the runs that were appended since the last call, and returns the newest segment. All runs become one segment;
   * with `apart` each run becomes a segment of its own, without a copy.
   */
  seal(apart = false): Segment<P> | undefined {
    const { runs, runPublishers, collectedBytes } = this
    if (runs.length === 0) return undefined
    this.runs = []
    this.runPublishers = []
    this.collectedBytes = 0
    if (apart) for (const [at, run] of runs.entries()) this.push([run], [runPublishers[at] as P], run.length)
    else this.push(runs, runPublishers, collectedBytes)
    return this.segments[this.segments.length - 1]
  }

  private push(runs: ReadonlyArray<Uint8Array>, publishers: ReadonlyArray<P>, length: number): void {
    const ends: Array<number> = []
    const only = runs.length === 1 ? runs[0] : undefined
    const bytes = only ?? allocate(length)
    let at = 0
    for (const run of runs) {
      if (only === undefined) bytes.set(run, at)
      at += run.length
      ends.push(at)
    }
    this.segments.push({ bytes, ends, publishers, start: this.sealedBytes })
    this.sealedBytes += length
    this.notKept++
  }

  /** Copies segments that outlive their turn and are views of larger memory, so that they do not keep that memory alive. */
  keepNew(): void {
    const { segments } = this
    for (let at = Math.max(segments.length - this.notKept, 0); at < segments.length; at++) {
      const segment = segments[at] as Segment<P>
      const bytes = keepable(segment.bytes)
      if (bytes !== segment.bytes) segments[at] = { ...segment, bytes }
    }
    this.notKept = 0
  }

  /** The number of the oldest segment, or of the next one when the log is empty. */
  begin(): number {
    return this.first
  }

  isEmpty(): boolean {
    return this.segments.length === 0
  }

  isNewest(segment: Segment<P>): boolean {
    return segment === this.segments[this.segments.length - 1]
  }

  /** The position after all segments. */
  end(): Cursor {
    return { segment: this.first + this.segments.length, run: 0 }
  }

  /** The segment at a cursor; `undefined` at the end of the log. */
  at(cursor: Cursor): Segment<P> | undefined {
    return this.segments[cursor.segment - this.first]
  }

  /** Moves a cursor to the next run. */
  advance(cursor: Cursor): void {
    cursor.run++
    if (cursor.run < (this.at(cursor)?.ends.length ?? 0)) return
    cursor.segment++
    cursor.run = 0
  }

  /** The number of bytes from a cursor to the end of the sealed segments. */
  bytesBehind(cursor: Cursor): number {
    const segment = this.at(cursor)
    return segment === undefined ? 0 : this.sealedBytes - segment.start - startOfRun(segment, cursor.run)
  }

  /** The number of bytes in all segments and in all runs that are not sealed. */
  retainedBytes(): number {
    const oldest = this.segments[0]
    return this.collectedBytes + (oldest === undefined ? 0 : this.sealedBytes - oldest.start)
  }

  /** Whether the log has many segments to join. Each segment has an overhead of hundreds of bytes. */
  isFragmented(): boolean {
    return this.segments.length - this.firstToJoin() > this.options.mostSegments
  }

  /** Joins neighbouring segments and adapts `cursors`, which must contain the cursors of all members. */
  compact(cursors: Iterable<Cursor>): void {
    // A joined segment is not copied again, except the last one while it is less than half full. So a call copies the new
    // segments and at most `joinedBytes / 2` more bytes, however long the log is.
    const from = this.firstToJoin()
    const fresh = this.segments.slice(from)
    const joined: Array<Segment<P>> = []
    const places: Array<Cursor> = []
    for (let index = 0; index < fresh.length; ) {
      const group = this.groupAt(fresh, index)
      let run = 0
      for (const segment of group) {
        places.push({ segment: this.first + from + joined.length, run })
        run += segment.ends.length
      }
      joined.push(join(group))
      index += group.length
    }
    this.segments.splice(from, fresh.length, ...joined)
    const end = this.end()
    for (const cursor of cursors) {
      const index = cursor.segment - this.first - from
      if (index < 0) continue
      const place = places[index] ?? end
      cursor.segment = place.segment
      cursor.run += place.run
    }
    const last = joined[joined.length - 1]
    this.joinedTo = end.segment - (last !== undefined && this.isSmall(last) ? 1 : 0)
  }

  private firstToJoin(): number {
    return Math.max(this.joinedTo - this.first, 0)
  }

  /** The neighbouring segments, from `from` on, that become one segment. */
  private groupAt(segments: ReadonlyArray<Segment<P>>, from: number): ReadonlyArray<Segment<P>> {
    const group: Array<Segment<P>> = []
    let bytes = 0
    for (let index = from; index < segments.length; index++) {
      const segment = segments[index] as Segment<P>
      bytes += segment.bytes.length
      if (group.length > 0 && (!this.isSmall(segment) || bytes > this.options.joinedBytes)) break
      group.push(segment)
      if (!this.isSmall(segment)) break
    }
    return group
  }

  private isSmall(segment: Segment<P>): boolean {
    return segment.bytes.length < this.options.joinedBytes / 2
  }

  /** Frees all segments before a number. */
  trimTo(segment: number): void {
    if (segment <= this.first) return
    this.segments.splice(0, segment - this.first)
    this.first = segment
  }
}

const join = <P>(group: ReadonlyArray<Segment<P>>): Segment<P> => {
  const first = group[0] as Segment<P>
  if (group.length === 1) return first
  let byteCount = 0
  let runCount = 0
  for (const segment of group) {
    byteCount += segment.bytes.length
    runCount += segment.ends.length
  }
  const bytes = allocate(byteCount)
  const ends = new Uint32Array(runCount)
  const publishers: Array<P> = []
  let at = 0
  for (const segment of group) {
    bytes.set(segment.bytes, at)
    for (let run = 0; run < segment.ends.length; run++) {
      ends[publishers.length] = at + (segment.ends[run] as number)
      publishers.push(segment.publishers[run] as P)
    }
    at += segment.bytes.length
  }
  return { bytes, ends, publishers, start: first.start }
}

/** One run of a segment. */
export const runAt = (segment: Segment<unknown>, run: number): Uint8Array =>
  segment.bytes.subarray(startOfRun(segment, run), segment.ends[run])

/** The start of a run in its segment. */
export const startOfRun = (segment: Segment<unknown>, run: number): number =>
  run === 0 ? 0 : (segment.ends[run - 1] as number)

/**
 * Calls `each` with the parts of a segment that other publishers have published, from the run `fromRun` on. Neighbouring
 * runs of other publishers are one part.
 */
export const eachForeign = <P>(
  segment: Segment<P>,
  fromRun: number,
  reader: P,
  each: (part: Uint8Array) => void,
): void => {
  let start = startOfRun(segment, fromRun)
  for (let run = fromRun; run < segment.ends.length; run++) {
    if (segment.publishers[run] !== reader) continue
    const own = startOfRun(segment, run)
    if (own > start) each(segment.bytes.subarray(start, own))
    start = segment.ends[run] as number
  }
  if (segment.bytes.length > start) each(start === 0 ? segment.bytes : segment.bytes.subarray(start))
}
