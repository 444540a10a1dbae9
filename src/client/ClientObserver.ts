import type { ClientEvent } from "../domain/index.ts"

/**
 * Callbacks that run in the turn of the event loop in which something happens, for programs that must see all of it and may
 * not hold a socket: a log, counters. A callback must return at once and must not throw. An observer that throws is called no
 * more, and the failure is logged. A callback that is left out costs nothing.
 */
export interface ClientObserver {
  /** Every event but `FrameReceived`, `FrameSent` and `EventsMissed`. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined
  /** A run of whole frames arrived, as on the wire. The memory of the run is valid during the call only. */
  readonly onRun?: ((run: Uint8Array) => void) | undefined
  /** A payload was sent: the connection has taken it, and writes it to the socket. */
  readonly onSent?: ((payload: Uint8Array) => void) | undefined
}
