import type { Member } from "./Member.ts"

/** The part of the history that a new member has not got yet. */
export interface Backlog {
  readonly runs: ReadonlyArray<Uint8Array>
  /** The index of the next run. */
  next: number
  /** The number of bytes from the next run on. */
  bytes: number
}

/** Returns the backlog of a new member; `undefined` if there are no runs. */
export const backlogOf = (runs: ReadonlyArray<Uint8Array>): Backlog | undefined =>
  runs.length === 0 ? undefined : { runs, next: 0, bytes: runs.reduce((sum, run) => sum + run.length, 0) }

const takeFrom = (member: Member, backlog: Backlog): Uint8Array | undefined => {
  const run = backlog.runs[backlog.next]
  if (run === undefined) {
    member.backlog = undefined
    return undefined
  }
  backlog.next++
  backlog.bytes -= run.length
  return run
}

/** Delivers the backlog of a member, corked, until `most` bytes are delivered. Returns `false` if the sink is full. */
export const deliverBacklog = (member: Member, backlog: Backlog, most: number): boolean => {
  const { sink } = member
  let handed = 0
  sink.cork()
  while (handed < most && member.receiving) {
    const run = takeFrom(member, backlog)
    if (run === undefined) break
    handed += run.length
    sink.deliver(run, undefined)
  }
  return sink.uncork()
}

/** Drops the oldest runs of a backlog, until at least `bytes` bytes are dropped. Returns the dropped bytes and frames. */
export const dropBacklog = (
  member: Member,
  bytes: number,
  countFrames: (run: Uint8Array) => number,
): { readonly bytes: number; readonly frames: number } => {
  let dropped = 0
  let frames = 0
  while (member.backlog !== undefined && dropped < bytes) {
    const run = takeFrom(member, member.backlog)
    if (run === undefined) break
    dropped += run.length
    frames += countFrames(run)
  }
  return { bytes: dropped, frames }
}
