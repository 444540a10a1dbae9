import type { ClientEvent } from "../domain/index.ts"

/**
 * Callbacks that are told in the turn of the event loop in which something happens, for programs that must see all of it
 * and may not hold up a socket: a log, counters. Each must return at once, and must not throw; after a throw the observer
 * is told nothing more, and the failure is logged. A callback that is left out costs nothing.
 */
export interface ClientObserver {
  /** Every event of the connections' lives: all events but `FrameReceived`, `FrameSent` and `EventsMissed`. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined
  /** A run of whole frames arrived, with their marks. The memory of the run is valid during the call only. */
  readonly onRun?: ((run: Uint8Array) => void) | undefined
  /** A payload was handed over for sending. */
  readonly onSent?: ((payload: Uint8Array) => void) | undefined
}
