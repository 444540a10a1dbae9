import type { WireHandlers } from "../Wire.ts"
import { Direction, type DirectionParts } from "./Direction.ts"
import type { Link } from "./Link.ts"
import type { createWirePair } from "./memoryWire.ts"

type Pair = ReturnType<typeof createWirePair>

/** A connection between two hosts: two pairs of wires, and a direction each way between their inner ends. */
export class Relay {
  private readonly wires: Pair
  private readonly there: Direction
  private readonly back: Direction
  private readonly links: readonly [Link, Link]
  private open = 2
  private isSilent = false

  /** `near` is the pair of the dialling host, and `far` the pair of the accepting host. */
  constructor(near: Pair, far: Pair, links: readonly [Link, Link], parts: Omit<DirectionParts, "isSilent">) {
    const shared = { ...parts, isSilent: () => this.isSilent }
    const [dialled, accepted] = [near[1], far[0]]
    this.wires = [dialled, accepted]
    this.links = links
    this.there = new Direction(dialled, accepted, links[0], shared)
    this.back = new Direction(accepted, dialled, links[1], shared)
    for (const link of links) link.relays.add(this)
    dialled.start(this.handlers(this.there, this.back))
    accepted.start(this.handlers(this.back, this.there))
  }

  /** Loses the connection without a sign: nothing arrives any more, and neither side learns of it. */
  silence(): void {
    this.isSilent = true
  }

  /** Resets both ends at once. */
  reset(): void {
    for (const wire of this.wires) wire.reset()
  }

  /** Delivers everything that is due now. */
  pump(): void {
    this.there.pump()
    this.back.pump()
  }

  /** Whether bytes or a FIN are on their way. */
  isBusy(): boolean {
    return this.there.isBusy() || this.back.isBusy()
  }

  /** The bytes on their way in one direction. */
  inFlight(link: Link): number {
    return (link === this.links[0] ? this.there : this.back).inFlight()
  }

  /** The callbacks of an inner end: `out` reads from it, and `into` writes to it. */
  private handlers(out: Direction, into: Direction): WireHandlers {
    return {
      onData: (bytes) => out.push(bytes),
      onEnd: () => out.pushEnd(),
      onDrain: () => into.onDrain(),
      onClose: ({ code }) => {
        into.stop()
        if (code !== undefined) out.pushReset()
        if (--this.open === 0) for (const link of this.links) link.relays.delete(this)
      },
    }
  }
}
