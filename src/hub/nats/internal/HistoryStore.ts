import type * as Effect from "effect/Effect"
import type { HubHistoryProblem } from "../../../domain/index.ts"
import type { HistoryLimits } from "../../index.ts"

/** The stream of a hub, and what it stores. */
export interface HistoryStoreOptions {
  readonly stream: string
  /** The subject of the frames. */
  readonly frames: string
  /** The subject of the marks, which show how far a reader must read. */
  readonly marks: string
  readonly limits: HistoryLimits
}

/** The messages of a hub that NATS stores. */
export interface HistoryStore {
  /**
   * Makes the stream if it does not exist, and raises its limits if they are lower than the node needs. Returns the number
   * of the last stored message.
   */
  readonly prepare: Effect.Effect<number, HubHistoryProblem>
  /**
   * Calls `onMessage` with the stored messages, oldest first. It reads all messages that NATS has taken before this call, as
   * far as the history of the node needs them.
   */
  readonly read: (onMessage: (message: StoredMessage) => void) => Effect.Effect<void, HubHistoryProblem>
}

/** A stored message, its number in the stream, and the time when it was stored, milliseconds since the epoch. */
export interface StoredMessage {
  readonly bytes: Uint8Array
  readonly number: number
  readonly at: number
}
