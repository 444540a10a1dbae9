import { allocate } from "../../../runtime/bytes.ts"
import type { Envelope } from "./envelope.ts"
import type { Gap } from "./Gaps.ts"

/** Another node as the publisher of one subject: its next expected message, and the number of missed frames. */
interface Origin {
  readonly epoch: number
  readonly node: string
  sequence: number
  frames: number
  missed: number
  /** The pieces of a long run that has not arrived completely. */
  pieces: Array<Uint8Array>
  pieceBytes: number
  /** Whether the origin was first heard within a long run. Frames of that run are not missed: they began earlier. */
  joinedWithin: boolean
}

/** The result of an envelope: the number of frames that were missed before it, and the runs to deliver. */
export interface Arrival {
  readonly epoch: number
  readonly node: string
  readonly missed: number
  /** The number of all missed frames of this origin. */
  readonly total: number
  readonly frames: number
  readonly body: Uint8Array
  readonly ends: ReadonlyArray<number> | undefined
}

// Above this many origins, a node that adds an origin loses its oldest one.
const mostOrigins = 256

// The most forgotten origins whose positions are kept for the history.
const mostForgotten = 256

const nothing = new Uint8Array(0)

/**
 * The positions of all other nodes on one subject. It makes every message of a node count once and in order: a message
 * before the expected one was delivered already (its node sent it again after a new connection) or was counted as missed,
 * and is dropped. A message after the expected one shows how many frames were missed.
 */
export class Origins {
  private readonly origins = new Map<number, Origin>()
  private readonly mostPieceBytes: number
  private readonly onGap: ((gap: Gap) => void) | undefined
  /** The numbers of frames of forgotten origins, only with `onGap`. */
  private readonly forgotten = new Map<number, number>()

  /**
   * `mostPieceBytes`: the longest run that arrives in several messages. A longer one counts as missed. `onGap` is called with
   * all missed frames, before the frames behind them. The frames of a new origin that are older than its first message are
   * a gap too, although they do not count as missed.
   */
  constructor(mostPieceBytes: number, onGap?: (gap: Gap) => void) {
    this.mostPieceBytes = mostPieceBytes
    this.onGap = onGap
  }

  /** Whether the position of an origin is known. */
  knows(epoch: number): boolean {
    return this.origins.has(epoch) || this.forgotten.has(epoch)
  }

  /** Takes an envelope. Returns `undefined` if there is nothing to deliver and nothing was missed. */
  take(envelope: Envelope): Arrival | undefined {
    const { body, continued, continues, ends, epoch, frames, framesBefore, node, sequence } = envelope
    const origin = this.origins.get(epoch) ?? this.add(epoch, node, sequence, framesBefore, continued)
    if (sequence < origin.sequence) return undefined
    const missed = this.skipTo(origin, sequence, framesBefore)
    origin.sequence = sequence + 1
    if (continues) {
      if (!continued || origin.pieces.length > 0) this.addPiece(origin, body)
      return missed === 0 ? undefined : arrival(origin, missed, 0, nothing, undefined)
    }
    origin.frames = framesBefore + frames
    if (!continued) return arrival(origin, missed, frames, body, ends)
    const whole = origin.pieces.length === 0 ? undefined : this.complete(origin, body)
    if (whole !== undefined) return arrival(origin, missed, frames, whole, undefined)
    const lost = origin.joinedWithin ? 0 : frames
    origin.joinedWithin = false
    origin.missed += lost
    this.tellGap(epoch, framesBefore, framesBefore + frames)
    return missed + lost === 0 ? undefined : arrival(origin, missed + lost, 0, nothing, undefined)
  }

  /**
   * Takes the position that a node announced after all its earlier messages. Returns the missed frames before it, or
   * `undefined` if no frame was missed.
   */
  announce(epoch: number, node: string, sequence: number, frames: number): Arrival | undefined {
    const origin = this.origins.get(epoch)
    if (origin === undefined) {
      this.add(epoch, node, sequence, frames, false)
      return undefined
    }
    if (sequence <= origin.sequence) return undefined
    const missed = this.skipTo(origin, sequence, frames)
    origin.sequence = sequence
    return missed === 0 ? undefined : arrival(origin, missed, 0, nothing, undefined)
  }

  /** Counts the frames of an arrival as missed. Returns the number of all missed frames of its origin. */
  lose({ epoch, frames }: Arrival): number {
    const origin = this.origins.get(epoch)
    if (origin === undefined) return frames
    origin.missed += frames
    return origin.missed
  }

  /** Forgets all origins with the name of a node. */
  forget(node: string): void {
    for (const [epoch, origin] of this.origins) if (origin.node === node) this.remove(epoch, origin)
  }

  private remove(epoch: number, { frames }: Origin): void {
    this.origins.delete(epoch)
    if (this.onGap === undefined) return
    this.forgotten.set(epoch, frames)
    const [oldest] = this.forgotten.keys()
    if (this.forgotten.size > mostForgotten && oldest !== undefined) this.forgotten.delete(oldest)
  }

  // A node without members in a room is a new origin with each message that its program publishes there. The only origin
  // of a node stays: without it, the node would be new with each message, and its gaps would not show.
  private forgetOldest(node: string, added: number): void {
    for (const [epoch, origin] of this.origins) {
      if (origin.node !== node || epoch === added) continue
      this.remove(epoch, origin)
      return
    }
  }

  private add(epoch: number, node: string, sequence: number, frames: number, joinedWithin: boolean): Origin {
    const origin: Origin = { epoch, node, sequence, frames, missed: 0, pieces: [], pieceBytes: 0, joinedWithin }
    this.origins.set(epoch, origin)
    this.tellGap(epoch, this.forgotten.get(epoch) ?? 0, frames)
    this.forgotten.delete(epoch)
    if (this.origins.size > mostOrigins) this.forgetOldest(node, epoch)
    return origin
  }

  private tellGap(epoch: number, from: number, to: number): void {
    if (from < to) this.onGap?.({ epoch, from, to })
  }

  /** Moves to a later position. Returns the number of frames between both positions. */
  private skipTo(origin: Origin, sequence: number, frames: number): number {
    if (sequence === origin.sequence) return 0
    this.clearPieces(origin)
    const missed = Math.max(frames - origin.frames, 0)
    this.tellGap(origin.epoch, origin.frames, frames)
    origin.frames = frames
    origin.missed += missed
    return missed
  }

  /** Adds the last piece. Returns the whole run, or `undefined` if it was too long. */
  private complete(origin: Origin, last: Uint8Array): Uint8Array | undefined {
    this.addPiece(origin, last)
    const { pieceBytes, pieces } = origin
    this.clearPieces(origin)
    if (pieceBytes > this.mostPieceBytes) return undefined
    const whole = allocate(pieceBytes)
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }

  private addPiece(origin: Origin, piece: Uint8Array): void {
    origin.pieceBytes += piece.length
    // A run that is too long is dropped, but its pieces are still counted.
    if (origin.pieceBytes <= this.mostPieceBytes) origin.pieces.push(piece)
    else origin.pieces = [nothing]
  }

  private clearPieces(origin: Origin): void {
    origin.pieces = []
    origin.pieceBytes = 0
  }
}

const arrival = (
  { epoch, missed: total, node }: Origin,
  missed: number,
  frames: number,
  body: Uint8Array,
  ends: ReadonlyArray<number> | undefined,
): Arrival => ({ epoch, node, missed, total, frames, body, ends })

/** Calls `each` with the runs of an arrival: all together if the bytes alone determine the frames. */
export const eachRun = ({ body, ends }: Arrival, isApart: boolean, each: (run: Uint8Array) => void): void => {
  if (!isApart || ends === undefined) {
    if (body.length > 0) each(body)
    return
  }
  let at = 0
  for (const end of ends) {
    each(body.subarray(at, end))
    at = end
  }
}
