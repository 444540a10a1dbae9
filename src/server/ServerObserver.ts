import type { ConnectionId, ServerEvent } from "../domain/index.ts"

/**
 * Callbacks that run in the turn of the event loop in which something happens, for programs that must see all of it and may
 * not hold a socket: a log, counters. A callback must return at once and must not throw. An observer that throws is called no
 * more, and the failure is logged. A callback that is left out costs nothing.
 */
export interface ServerObserver {
  /** Every event but `FrameReceived`, `FrameSent` and `EventsMissed`. */
  readonly onEvent?: ((event: ServerEvent) => void) | undefined
  /**
   * The events of the server itself: `Listening`, `ListenStopped`, `AcceptFailed` and the events of a drain. An observer with
   * this callback and without `onEvent` costs nothing when a connection opens or ends.
   */
  readonly onOwnEvent?: ((event: ServerEvent) => void) | undefined
  /**
   * A run of whole frames arrived, as on the wire; `framing.count` and `framing.payloads` read it. The call comes before the
   * handler gets the run. The memory of the run is valid during the call only.
   */
  readonly onRun?: ((id: ConnectionId, run: Uint8Array) => void) | undefined
  /**
   * A payload was sent: one call for one command, however many recipients it has. As with `FrameSent`, there is no call for
   * wire bytes that a reactor writes or publishes (`echo`, `broker`).
   */
  readonly onSent?: ((to: ReadonlyArray<ConnectionId>, payload: Uint8Array) => void) | undefined
}
