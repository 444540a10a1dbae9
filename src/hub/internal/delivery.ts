import { eachForeign, type HubLog, runAt, type Segment, startOfRun } from "../HubLog.ts"
import type { Member } from "./Member.ts"

export type MemberLog = HubLog<Member | undefined>
type MemberSegment = Segment<Member | undefined>

/**
 * Delivers segments with a number below `before` to a member, corked, until `most` bytes are delivered. Returns `false` if
 * the sink is full.
 */
export const deliverSome = (log: MemberLog, member: Member, most: number, before: number): boolean => {
  const { cursor, sink } = member
  let handed = 0
  sink.cork()
  while (handed < most && cursor.segment < (member.finishAt ?? before) && member.receiving) {
    const segment = log.at(cursor)
    if (segment === undefined) break
    handed += segment.bytes.length - startOfRun(segment, cursor.run)
    deliverNext(member, segment)
  }
  return sink.uncork()
}

/** Delivers the rest of a member's next segment, without the member's own runs. Returns `false` if the sink is full. */
export const deliverNext = (member: Member, segment: MemberSegment): boolean => {
  const { cursor, sink } = member
  const fromRun = cursor.run
  cursor.segment++
  cursor.run = 0
  if (sink.needsPublisher) return deliverRuns(member, segment, fromRun)
  if (fromRun === 0 && !segment.publishers.includes(member)) return sink.deliver(segment.bytes, undefined)
  // The only run is the member's own.
  if (segment.publishers.length === 1) return true
  return deliverParts(member, segment, fromRun)
}

// This is a separate function because a function that contains a closure allocates the closure's context at each call.
const deliverParts = (member: Member, segment: MemberSegment, fromRun: number): boolean => {
  const { sink } = member
  sink.cork()
  eachForeign(segment, fromRun, member, (part) => {
    if (member.receiving) sink.deliver(part, undefined)
  })
  return sink.uncork()
}

const deliverRuns = (member: Member, segment: MemberSegment, fromRun: number): boolean => {
  let ready = true
  for (let run = fromRun; run < segment.ends.length && member.receiving; run++) {
    const publisher = segment.publishers[run]
    if (publisher === member) continue
    ready = member.sink.deliver(runAt(segment, run), publisher?.connection)
  }
  return ready
}

/** Moves a member's cursor over runs of at least `bytes` bytes, and returns the number of other members' frames in them. */
export const passOver = (
  log: MemberLog,
  member: Member,
  bytes: number,
  countFrames: (run: Uint8Array) => number,
): number => {
  const { cursor } = member
  let missed = 0
  let left = bytes
  while (left > 0) {
    const segment = log.at(cursor)
    if (segment === undefined) break
    const run = runAt(segment, cursor.run)
    if (segment.publishers[cursor.run] !== member) missed += countFrames(run)
    left -= run.length
    log.advance(cursor)
  }
  return missed
}
