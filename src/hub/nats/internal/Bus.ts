import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { HubDetachReason, NatsAction } from "../../../domain/index.ts"
import type { NatsConnectError, NatsMissingError } from "../natsErrors.ts"
import type { HistoryStore } from "./HistoryStore.ts"

/** A subject that the server does not allow this user to publish or to subscribe to. */
export interface RefusedSubject {
  readonly subject: string
  readonly action: NatsAction
}

/** The callbacks of a {@link Bus}. */
export interface BusObserver {
  /** The bus has a new connection to a server. Subscriptions are in place again. */
  readonly onConnected: (server: string) => void
  /** The connection has ended. The bus makes a new one by itself, and keeps no message that is published meanwhile. */
  readonly onDisconnected: (reason: HubDetachReason) => void
  /** The server does not allow a subject. The connection stays, and the messages of this subject are lost. */
  readonly onRefused: (refused: RefusedSubject) => void
}

/**
 * The part of a NATS client that a hub uses. Its calls are synchronous, and do not throw. The messages of a connection do
 * not return to this connection.
 */
export interface Bus {
  /** The server of the connection, for messages. */
  readonly server: () => string
  /** The largest message that the server accepts, bytes. */
  readonly mostBytes: () => number
  /**
   * Publishes a message. A message above `mostBytes` is not sent: the bus may have a new connection to a server with a
   * smaller bound. The other nodes see the gap in the numbers of the messages.
   */
  readonly publish: (subject: string, bytes: Uint8Array) => void
  /** Subscribes until the returned function is called. The bus renews the subscription with each new connection. */
  readonly subscribe: (subject: string, onMessage: (bytes: Uint8Array) => void) => () => void
  /** Calls `done` when the server has taken all earlier messages. Never calls it if the connection ends first. */
  readonly confirm: (done: () => void) => void
  /** The stored messages of the hub, if the hub has a history. */
  readonly history?: HistoryStore
}

/** Connects a bus until the scope closes. Fails if the first connection fails. */
export type ConnectBus = (observer: BusObserver) => Effect.Effect<Bus, NatsConnectError | NatsMissingError, Scope.Scope>
