import * as Duration from "effect/Duration"
import type { PCGRandom } from "effect/Utils"
import type { Timing } from "../../runtime/Timing.ts"
import type { Wire } from "../Wire.ts"
import type { Link } from "./Link.ts"

/** The parts that both directions of a connection share. */
export interface DirectionParts {
  readonly timing: Timing
  readonly random: PCGRandom
  /** The bytes in flight above which a direction stops reading from its sender. */
  readonly capacityBytes: number
  /** Whether the connection is lost without a sign: nothing arrives any more. */
  readonly isSilent: () => boolean
}

/** Bytes on their way, or the FIN (no bytes). */
interface Flight {
  readonly bytes: Uint8Array | undefined
  readonly due: number
}

// A slow direction sends a slice of its bytes 50 times a second.
const slicesPerSecond = 50

/**
 * One direction of a connection between two hosts. It reads from `from`, and writes to `to` when the bytes are due. Both
 * wires are the inner ends of pairs, whose outer ends belong to the programs. So the programs have plain wires in memory.
 */
export class Direction {
  private readonly from: Wire
  private readonly to: Wire
  private readonly link: Link
  private readonly parts: DirectionParts
  private flights: Array<Flight> = []
  private inFlight_ = 0
  private lineFreeAt = 0
  private lastDue = 0
  private groupDue = 0
  private resetDue: number | undefined
  private isBlocked = false
  private isPaused = false
  private isOver = false
  private armedFor: number | undefined
  private disarm: () => void = () => {}

  constructor(from: Wire, to: Wire, link: Link, parts: DirectionParts) {
    this.from = from
    this.to = to
    this.link = link
    this.parts = parts
  }

  /** The bytes on their way. */
  inFlight(): number {
    return this.inFlight_
  }

  /** Whether bytes or a FIN are on their way. */
  isBusy(): boolean {
    return this.flights.length > 0
  }

  push(bytes: Uint8Array): void {
    if (this.isOver) return
    const { bytesPerSecond } = this.link
    const now = this.parts.timing.elapsed()
    const slice = Math.max(1, Math.floor(bytesPerSecond / slicesPerSecond))
    for (let at = 0; at < bytes.length; at += slice) {
      const part = bytes.subarray(at, at + slice)
      this.lineFreeAt = Math.max(this.lineFreeAt, now) + (part.length * 1000) / bytesPerSecond
      this.add(part, this.lineFreeAt)
    }
    if (this.inFlight_ >= this.parts.capacityBytes) {
      this.isPaused = true
      this.from.pause()
    }
    this.pump()
  }

  /** The sender has sent FIN. */
  pushEnd(): void {
    if (this.isOver) return
    this.add(undefined, Math.max(this.lineFreeAt, this.parts.timing.elapsed()))
    this.pump()
  }

  /** The sender has reset the connection. The reset overtakes the bytes that have not left the sender. */
  pushReset(): void {
    if (this.isOver) return
    const due = this.parts.timing.elapsed() + this.link.latencyMillis
    this.resetDue = due
    this.drop((flight) => flight.due > due)
    this.pump()
  }

  /** The receiver has taken all bytes. */
  onDrain(): void {
    this.isBlocked = false
    this.pump()
  }

  /** Ends the direction. Nothing arrives any more. */
  stop(): void {
    this.isOver = true
    this.drop(() => true)
    this.disarm()
  }

  /** Delivers everything that is due, and waits for the rest. */
  pump(): void {
    const { link, parts } = this
    if (this.isOver || link.isParted || parts.isSilent()) return
    const now = parts.timing.elapsed()
    while (!this.isBlocked && link.to.isReading) {
      const first = this.flights[0]
      if (first === undefined || first.due > now) break
      if (first.bytes === undefined) {
        this.flights.shift()
        this.to.end()
      } else this.deliver(this.takeDue(first.bytes, now))
    }
    if (this.isPaused && this.inFlight_ < parts.capacityBytes) {
      this.isPaused = false
      this.from.resume()
    }
    if (this.resetDue !== undefined && this.resetDue <= now) {
      this.to.reset()
      return
    }
    const next = this.isBlocked || !link.to.isReading ? undefined : this.flights[0]?.due
    const due = Math.min(next ?? Number.POSITIVE_INFINITY, this.resetDue ?? Number.POSITIVE_INFINITY)
    if (Number.isFinite(due)) this.arm(due, now)
  }

  private add(bytes: Uint8Array | undefined, departs: number): void {
    const { coalesceMillis, latencyMillis } = this.link
    const arrives = departs + latencyMillis
    if (coalesceMillis === 0) this.groupDue = arrives
    else if (this.groupDue < arrives) this.groupDue = arrives + coalesceMillis
    // A link that has become faster must not let later bytes overtake earlier ones.
    this.lastDue = Math.max(this.lastDue, this.groupDue)
    this.flights.push({ bytes, due: this.lastDue })
    this.inFlight_ += bytes?.length ?? 0
  }

  /** Takes the first bytes, and with `coalesce` all further bytes that are due. */
  private takeDue(first: Uint8Array, now: number): Uint8Array {
    const taken = [first]
    this.flights.shift()
    while (this.link.coalesceMillis > 0) {
      const next = this.flights[0]
      if (next?.bytes === undefined || next.due > now) break
      taken.push(next.bytes)
      this.flights.shift()
    }
    const length = taken.reduce((sum, bytes) => sum + bytes.length, 0)
    this.inFlight_ -= length
    if (taken.length === 1) return first
    const all = new Uint8Array(length)
    let at = 0
    for (const bytes of taken) {
      all.set(bytes, at)
      at += bytes.length
    }
    return all
  }

  private deliver(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const size = this.nextChunk()
      this.isBlocked = !this.to.write(bytes.subarray(at, at + size))
      at += size
    }
  }

  private nextChunk(): number {
    const { leastChunk, mostChunk } = this.link
    return leastChunk === mostChunk ? mostChunk : leastChunk + this.parts.random.integer(mostChunk - leastChunk + 1)
  }

  private drop(isLost: (flight: Flight) => boolean): void {
    this.flights = this.flights.filter((flight) => !isLost(flight))
    this.inFlight_ = this.flights.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
  }

  private arm(due: number, now: number): void {
    if (this.armedFor !== undefined && this.armedFor <= due) return
    this.disarm()
    this.armedFor = due
    this.disarm = this.parts.timing.after(Duration.millis(due - now), () => {
      this.armedFor = undefined
      this.pump()
    })
  }
}
