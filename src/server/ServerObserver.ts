import type { ConnectionId, ServerEvent } from "../domain/index.ts"

/**
 * Callbacks that are told in the turn of the event loop in which something happens, for programs that must see all of it
 * and may not hold up a socket: a log, counters. Each must return at once, and must not throw; after a throw the observer
 * is told nothing more, and the failure is logged. A callback that is left out costs nothing.
 */
export interface ServerObserver {
  /** Every event of the connections' lives: all events but `FrameReceived`, `FrameSent` and `EventsMissed`. */
  readonly onEvent?: ((event: ServerEvent) => void) | undefined
  /**
   * The events of the server itself: `Listening`, `ListenStopped`, `AcceptFailed` and those of a drain. An observer without
   * `onEvent` costs a connection that comes and goes nothing.
   */
  readonly onOwnEvent?: ((event: ServerEvent) => void) | undefined
  /**
   * A run of whole frames arrived, with their marks, as the framing cut it; `framing.count` and `framing.payloads` read it.
   * It comes before the handler has it. The memory of the run is valid during the call only.
   */
  readonly onRun?: ((id: ConnectionId, run: Uint8Array) => void) | undefined
  /**
   * A payload was handed over for sending: one call for one command, however many recipients it has. What a reactor writes
   * or publishes as wire bytes (`echo`, `broker`) is not told, as it is not told as `FrameSent`.
   */
  readonly onSent?: ((to: ReadonlyArray<ConnectionId>, payload: Uint8Array) => void) | undefined
}
