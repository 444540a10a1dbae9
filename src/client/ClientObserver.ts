import type { ClientEvent, Framing } from "../domain/index.ts"

/**
 * Callbacks that run in the turn of the event loop in which something happens. They are for programs, such as a log or
 * a counter, that must see every event and must not slow down reading. A callback must return at once and must not
 * throw. An observer that throws is removed, and the failure is logged. An absent callback costs nothing.
 */
export interface ClientObserver {
  /** Every event except `FrameReceived`, `FrameSent` and `EventsMissed`. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined
  /**
   * A run of whole frames arrived, as on the wire. `count` and `payloads` of the framing of its connection read it. The
   * memory of the run is valid only during the call.
   */
  readonly onRun?: ((run: Uint8Array, framing: Framing.Framing) => void) | undefined
  /** A payload was sent: the connection has accepted it and writes it to the socket. */
  readonly onSent?: ((payload: Uint8Array) => void) | undefined
}
