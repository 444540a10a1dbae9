import * as Duration from "effect/Duration"
import type { Timing } from "../../runtime/Timing.ts"
import type { Wire } from "../../transport/Wire.ts"

const between = Duration.seconds(15)

/** Whom a watch asks, and tells. */
export interface WatchedPeer {
  /** Whether it has sent FIN: nothing more comes from it. */
  readonly isPeerEnded: () => boolean
  /** Whether nothing is read from it. */
  readonly isHeld: () => boolean
  readonly onGone: () => void
}

/**
 * Finds a peer that has gone for good and of which nothing is heard. One that has sent FIN and keeps receiving looks the
 * same, and of one that is held back nothing is read at all; only the system knows, and tells it to who asks.
 */
export class PeerWatch {
  private readonly timing: Timing
  private readonly wire: Wire
  private readonly peer: WatchedPeer
  private cancel: (() => void) | undefined

  constructor(timing: Timing, wire: Wire, peer: WatchedPeer) {
    this.timing = timing
    this.wire = wire
    this.peer = peer
  }

  /** Asks from now on, until the peer is heard again. That it is need not be said: it is found at the next time. */
  start(): void {
    this.cancel ??= this.timing.after(between, () => {
      this.cancel = undefined
      if (!this.peer.isPeerEnded() && !this.peer.isHeld()) return
      if (this.wire.isGone()) this.peer.onGone()
      else this.start()
    })
  }

  stop(): void {
    this.cancel?.()
    this.cancel = undefined
  }
}
