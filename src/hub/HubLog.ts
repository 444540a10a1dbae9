/** What one turn of the event loop published: one buffer, and where each publisher's part of it ends. */
export interface Segment<P> {
  readonly bytes: Uint8Array
  /** For each run, its end in `bytes` and its publisher. */
  readonly ends: ReadonlyArray<number>
  readonly publishers: ReadonlyArray<P>
  /** Offset of `bytes` in everything ever published. */
  readonly start: number
}

/** A place in the log: the next run of the next segment. Segments are numbered through, from 0. */
export interface Cursor {
  segment: number
  run: number
}

/**
 * What was published, from the oldest place that somebody still has to read. Appending collects runs; `seal` makes a
 * segment of what a turn brought. It holds memory only for those who lag.
 */
export class HubLog<P> {
  private segments: Array<Segment<P>> = []
  private first = 0
  private runs: Array<Uint8Array> = []
  private runPublishers: Array<P> = []
  private openBytes = 0
  private sealedBytes = 0

  append(run: Uint8Array, publisher: P): void {
    this.runs.push(run)
    this.runPublishers.push(publisher)
    this.openBytes += run.length
  }

  hasOpen(): boolean {
    return this.runs.length > 0
  }

  /** Joins what was appended since the last time into one segment. */
  seal(): Segment<P> | undefined {
    if (this.runs.length === 0) return undefined
    const ends: Array<number> = []
    const only = this.runs.length === 1 ? this.runs[0] : undefined
    const bytes = only ?? new Uint8Array(this.openBytes)
    let at = 0
    for (const run of this.runs) {
      if (only === undefined) bytes.set(run, at)
      at += run.length
      ends.push(at)
    }
    const segment: Segment<P> = { bytes, ends, publishers: this.runPublishers, start: this.sealedBytes }
    this.segments.push(segment)
    this.sealedBytes += bytes.length
    this.runs = []
    this.runPublishers = []
    this.openBytes = 0
    return segment
  }

  /** The oldest segment held, or the next one. */
  begin(): number {
    return this.first
  }

  isEmpty(): boolean {
    return this.segments.length === 0
  }

  isNewest(segment: Segment<P>): boolean {
    return segment === this.segments[this.segments.length - 1]
  }

  /** The place behind everything sealed. */
  end(): Cursor {
    return { segment: this.first + this.segments.length, run: 0 }
  }

  /** The segment that a cursor points into; none when it is at the end. */
  at(cursor: Cursor): Segment<P> | undefined {
    return this.segments[cursor.segment - this.first]
  }

  /** Moves a cursor behind the run that it points to. */
  advance(cursor: Cursor): void {
    cursor.run++
    if (cursor.run < (this.at(cursor)?.ends.length ?? 0)) return
    cursor.segment++
    cursor.run = 0
  }

  /** Bytes sealed behind a cursor. */
  bytesBehind(cursor: Cursor): number {
    const segment = this.at(cursor)
    return segment === undefined ? 0 : this.sealedBytes - segment.start - startOfRun(segment, cursor.run)
  }

  /** Bytes held, of the segments and of what is not sealed yet. */
  retainedBytes(): number {
    const oldest = this.segments[0]
    return this.openBytes + (oldest === undefined ? 0 : this.sealedBytes - oldest.start)
  }

  /** Lets go of everything before a segment that nobody has to read any more. */
  trimTo(segment: number): void {
    if (segment <= this.first) return
    this.segments.splice(0, segment - this.first)
    this.first = segment
  }
}

/** One run of a segment. */
export const runAt = (segment: Segment<unknown>, run: number): Uint8Array =>
  segment.bytes.subarray(startOfRun(segment, run), segment.ends[run])

/** Where a run begins in its segment. */
export const startOfRun = (segment: Segment<unknown>, run: number): number =>
  run === 0 ? 0 : (segment.ends[run - 1] as number)

/**
 * Calls `each` with the parts of a segment that are not the reader's own, from a run on: neighbours of other publishers
 * come as one view.
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
