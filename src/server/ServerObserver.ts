import type { ConnectionId, ServerEvent } from "../domain/index.ts"

/**
 * Callbacks that run in the turn of the event loop in which something happens. They are for programs, such as a log or
 * a counter, that must see every event and must not slow down reading. A callback must return at once and must not
 * throw. An observer that throws is removed, and the failure is logged. An absent callback costs nothing.
 */
export interface ServerObserver {
  /** Every event except `FrameReceived`, `FrameSent` and `EventsMissed`. */
  readonly onEvent?: ((event: ServerEvent) => void) | undefined
  /**
   * The events of the server itself: `Listening`, `ListenStopped`, `AcceptFailed` and the events of a drain. An
   * observer that has this callback and no `onEvent` costs nothing when a connection opens or ends.
   */
  readonly onOwnEvent?: ((event: ServerEvent) => void) | undefined
  /**
   * A run of whole frames arrived, as on the wire; `framing.count` and `framing.payloads` read it. The call precedes
   * the call of the handler. The memory of the run is valid only during the call.
   */
  readonly onRun?: ((id: ConnectionId, run: Uint8Array) => void) | undefined
  /**
   * A payload was sent. A payload that is sent to several recipients at once causes one call. As with `FrameSent`,
   * there is no call for wire bytes that a reactor writes or publishes (`echo`, `broker`).
   */
  readonly onSent?: ((to: ReadonlyArray<ConnectionId>, payload: Uint8Array) => void) | undefined
}
