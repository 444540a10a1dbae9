import { Framing, InvalidPayloadError } from "../../domain/index.ts"
import { Broken, cutAt, Feeder, feed, guarded, hexOf, joined, sameBytes, splitsOf } from "./feed.ts"

/** The input of one check. */
export interface Sample {
  readonly payloads: ReadonlyArray<Uint8Array>
  readonly others: ReadonlyArray<Uint8Array>
  /** The places where the wire bytes are cut into reads, as fractions of their length from 0 to 1. */
  readonly places: ReadonlyArray<number>
  readonly noise: Uint8Array
}

/** The framing under test, and the maximum length of its frames in bytes. */
export interface Tested {
  readonly framing: Framing.Framing
  readonly maxFrameBytes: number
}

/** Throws `Broken` if the law does not hold for the sample. */
export type Check = (tested: Tested, sample: Sample) => void

const listOf = (payloads: ReadonlyArray<string>): string => (payloads.length === 0 ? "none" : payloads.join(" | "))

const isSame = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  one.length === other.length && one.every((payload, at) => payload === other[at])

const expectSame = (
  what: string,
  got: ReadonlyArray<string>,
  expected: ReadonlyArray<string>,
  reads: ReadonlyArray<Uint8Array>,
): void => {
  if (!isSame(got, expected)) throw new Broken(`${what} ${listOf(got)}, and not ${listOf(expected)}`, reads)
}

/** Whether the framing can encode a payload. */
export const isSendable = ({ framing, maxFrameBytes }: Tested, payload: Uint8Array): boolean =>
  Framing.encodeFrame(framing, payload.slice(), maxFrameBytes) instanceof Uint8Array

/**
 * Returns the payloads that the framing can encode, with their frames. Checks that `encode` never changes a payload, or
 * a frame that it has returned.
 */
const sendable = (
  { framing, maxFrameBytes }: Tested,
  payloads: ReadonlyArray<Uint8Array>,
): ReadonlyArray<{ readonly payload: Uint8Array; readonly wire: Uint8Array }> => {
  const sent = payloads.flatMap((given) => {
    const payload = given.slice()
    const frame = Framing.encodeFrame(framing, payload, maxFrameBytes)
    if (!sameBytes(payload, given)) throw new Broken("encode changed the bytes of a payload", [given], "memory")
    return frame instanceof InvalidPayloadError ? [] : [{ payload: given, frame, wire: frame.slice() }]
  })
  for (const { frame, wire } of sent) {
    if (sameBytes(frame, wire)) continue
    const problem = `encode changed the frame ${hexOf(wire)} to ${hexOf(frame)} after it had returned it`
    throw new Broken(problem, payloads, "memory")
  }
  return sent
}

const wireOf = (tested: Tested, payloads: ReadonlyArray<Uint8Array>) => {
  const sent = sendable(tested, payloads)
  return { wire: joined(sent.map(({ wire }) => wire)), expected: sent.map(({ payload }) => hexOf(payload)) }
}

/** Encoded payloads arrive unchanged, alone and together in one read. */
export const roundTrip: Check = (tested, { payloads }) => {
  const { framing, maxFrameBytes } = tested
  const groups = [payloads, ...payloads.map((payload) => [payload])]
  for (const group of groups) {
    const { expected, wire } = wireOf(tested, group)
    if (wire.length === 0 && expected.length === 0) continue
    const reads = cutAt(wire, [])
    const fed = feed(framing, reads, maxFrameBytes)
    expectSame(`the payloads ${listOf(expected)} arrive as`, fed.payloads(), expected, reads)
    if (fed.failure !== undefined) throw new Broken("the decoder refuses frames that encode has made", reads)
    if (fed.left + fed.skipped > 0) throw new Broken("the decoder discards bytes of frames that encode has made", reads)
  }
}

/** The payloads do not depend on where the bytes are split into reads. */
export const splits: Check = (tested, { payloads, places }) => {
  expectSameInSplits(tested, wireOf(tested, payloads).wire, places)
}

const expectSameInSplits = (
  { framing, maxFrameBytes }: Tested,
  bytes: Uint8Array,
  places: ReadonlyArray<number>,
): void => {
  const whole = feed(framing, cutAt(bytes, []), maxFrameBytes)
  for (const reads of splitsOf(bytes, places)) {
    const fed = feed(framing, reads, maxFrameBytes)
    expectSame("in these reads, the payloads are", fed.payloads(), whole.payloads(), reads)
    if (fed.goesOn() !== whole.goesOn()) {
      throw new Broken(`in one read, the decoder ${whole.goesOn() ? "goes on" : "fails"}; in these reads, not`, reads)
    }
    if (fed.left !== whole.left) {
      throw new Broken(`in these reads, ${fed.left} bytes are left at the end; in one read, ${whole.left}`, reads)
    }
  }
}

/** A payload of the maximum length is encoded and decoded. With a limit one byte lower, it is neither. */
export const limits: Check = (tested, { payloads, places }) => {
  const { framing } = tested
  for (const { payload, wire } of sendable(tested, payloads)) {
    const { length } = payload
    if (length < 2) continue
    const atLimit = Framing.encodeFrame(framing, payload, length)
    if (atLimit instanceof InvalidPayloadError) {
      throw new Broken(`encode refuses ${length} bytes with a limit of ${length}: ${atLimit.problem}`, [payload])
    }
    if (Framing.encodeFrame(framing, payload, length - 1) instanceof Uint8Array) {
      throw new Broken(`encode accepts ${length} bytes with a limit of ${length - 1}`, [payload])
    }
    for (const reads of splitsOf(wire, places)) {
      expectSame(`with a limit of ${length}, arrive`, feed(framing, reads, length).payloads(), [hexOf(payload)], reads)
      const beyond = feed(framing, reads, length - 1)
      expectSame(`with a limit of ${length - 1}, arrive`, beyond.payloads(), [], reads)
      if (beyond.goesOn() && beyond.skipped === 0) {
        throw new Broken(`a frame above the limit of ${length - 1} bytes is lost without a report`, reads)
      }
    }
  }
}

/** `payloads`, `cut` and `count` find the same frames in a run. */
export const readers: Check = (tested, { payloads, places }) => {
  const { framing, maxFrameBytes } = tested
  const { wire } = wireOf(tested, payloads)
  const reads = cutAt(wire, places)
  const fed = feed(framing, reads, maxFrameBytes)
  fed.payloads()
  for (const run of fed.runs) expectReaders(framing, run)
}

/** Throws `Broken` if the readers of the framing find different frames in a run. */
export const expectReaders = (framing: Framing.Framing, run: Uint8Array): void => {
  const whole: Array<string> = []
  guarded("payloads", [run], () => framing.payloads(run, (payload) => whole.push(hexOf(payload))))
  const counted = guarded("count", [run], () => framing.count(run))
  if (counted !== whole.length) {
    throw new Broken(`count finds ${counted} frames in the run, and payloads finds ${whole.length}`, [run])
  }
  for (const most of [1, 2]) {
    const portions: Array<string> = []
    for (let at = 0; at < run.length; ) {
      const before = portions.length
      at = guarded("cut", [run], () =>
        Framing.cutSome(framing, run, at, most, (payload) => portions.push(hexOf(payload))),
      )
      const taken = portions.length - before
      // If the framing has no `cut` of its own, all payloads come at once.
      if (taken > most && portions.length < whole.length) {
        throw new Broken(`cut gives ${taken} payloads where at most ${most} are wanted`, [run])
      }
    }
    expectSame(`cut with at most ${most} payloads gives`, portions, whole, [run])
  }
}

/** `end` reports an incomplete frame. In a framing with pauses, the decoder starts afresh after `end`. */
export const ends: Check = (tested, { payloads, places }) => {
  const { framing, maxFrameBytes } = tested
  const { wire } = wireOf(tested, payloads)
  const whole = cutAt(wire, [])
  for (const place of places) {
    const reads = cutAt(wire.subarray(0, Math.round(place * wire.length)), [])
    const feeder = feed(framing, reads, maxFrameBytes)
    if (framing.pause === undefined || wire.length === 0) continue
    const before = feeder.payloads().length
    for (const read of whole) feeder.push(read)
    feeder.end()
    const fresh = feed(framing, whole, maxFrameBytes).payloads()
    expectSame("after an end at a pause, the payloads are", feeder.payloads().slice(before), fresh, [...reads, wire])
  }
}

/** Decoders of one framing do not share state. */
export const independence: Check = (tested, { others, payloads, places }) => {
  const { framing, maxFrameBytes } = tested
  const wires = [payloads, others].map((group) => wireOf(tested, group).wire)
  const [ones = [], twos = []] = wires.map((wire) => cutAt(wire, places))
  const alone = [ones, twos].map((reads) => feed(framing, reads, maxFrameBytes).payloads())
  const feeders = [ones, twos].map((reads) => new Feeder(framing, maxFrameBytes, reads))
  for (let index = 0; index < Math.max(ones.length, twos.length); index++) {
    for (const [which, reads] of [ones, twos].entries()) {
      const read = reads[index]
      const feeder = feeders[which]
      if (read !== undefined && feeder?.goesOn() === true) feeder.push(read)
    }
  }
  for (const [which, feeder] of feeders.entries()) {
    if (feeder.goesOn()) feeder.end()
    const what = "beside another decoder of the framing, a decoder finds"
    expectSame(what, feeder.payloads(), alone[which] ?? [], which === 0 ? ones : twos)
  }
}

/** No bytes make the decoder throw, or pass on a payload above the limit. */
export const garbage: Check = (tested, { noise, payloads, places }) => {
  const { framing } = tested
  const { wire } = wireOf(tested, payloads)
  const [at = 0] = places
  const middle = Math.round(at * wire.length)
  const spoilt = [noise, joined([wire.subarray(0, middle), noise, wire.subarray(middle)])]
  for (const bytes of spoilt) {
    for (const maxFrameBytes of [8, tested.maxFrameBytes]) {
      for (const reads of splitsOf(bytes, places)) {
        const fed = feed(framing, reads, maxFrameBytes)
        for (const payload of fed.payloads()) expectWithin(payload, maxFrameBytes, reads)
        for (const run of fed.runs) expectReaders(framing, run)
      }
      if (framing.delimited !== false) expectSameInSplits({ framing, maxFrameBytes }, bytes, places)
    }
  }
}

const expectWithin = (payload: string, maxFrameBytes: number, reads: ReadonlyArray<Uint8Array>): void => {
  const length = payload.startsWith("(") ? 0 : payload.length / 2
  if (length > maxFrameBytes) {
    throw new Broken(`the payload ${payload} is above the limit of ${maxFrameBytes} bytes`, reads)
  }
}
