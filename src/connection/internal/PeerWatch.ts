import * as Duration from "effect/Duration"
import type { Timing } from "../../runtime/Timing.ts"
import type { Wire } from "../../transport/Wire.ts"

const between = Duration.seconds(15)

/** The peer that a watch checks. */
export interface WatchedPeer {
  /** Whether the peer has sent FIN, so that no more bytes can arrive. */
  readonly isPeerEnded: () => boolean
  /** Whether reading is stopped. */
  readonly isHeld: () => boolean
  readonly onGone: () => void
}

/**
 * Finds a vanished peer while nothing is read from it: after its FIN, or while reading is stopped. Such a peer causes
 * no event, so the kernel is polled.
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

  /** Polls the kernel every 15 s. The polling ends by itself when reading continues. */
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
