import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionEnd } from "../connection/index.ts"
import type { ConnectionId, RefusalRule, ServerEvent, SettingsError, TlsSession } from "../domain/index.ts"
import type { HubPort } from "../hub/index.ts"
import type { Stamp } from "../runtime/EventBus.ts"
import type { Timing } from "../runtime/Timing.ts"
import type { Tls, Wire } from "../transport/index.ts"
import type { CheckedServerSettings } from "./ServerConfig.ts"

/** The parts of a server that a {@link ConnectionHost} uses. */
export interface HostedServer {
  readonly settings: CheckedServerSettings
  readonly timing: Timing
  /** The hub of the server. The host joins the hubs of its processes to it. */
  readonly hub: HubPort
  /** Emits an event about the host. */
  readonly emit: (build: (stamp: Stamp) => ServerEvent) => void
}

/** The state of a hosted connection at one moment. */
export interface HostedFigures {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly pendingBytes: number
  readonly isClosing: boolean
}

type Unstamped<E> = E extends { readonly id: ConnectionId } ? Omit<E, "seq" | "at" | "id"> : never

/** An event of a hosted connection, without its stamp and its id. */
export type HostedEvent = Unstamped<ServerEvent>

/** The callbacks of a hosted connection. `onClosed` is called exactly once, as the last one. */
export interface HostedObserver {
  /** A run of whole frames arrived. Called while frames are watched. */
  readonly onRun: (run: Uint8Array) => void
  /** A payload was sent that the server did not ask for. Called while frames are watched. */
  readonly onSent: (payload: Uint8Array) => void
  readonly onEvent: (event: HostedEvent) => void
  readonly onFigures: (figures: HostedFigures) => void
  readonly onClosed: (end: ConnectionEnd) => void
}

/** A connection in another process. After the end of the connection, a call has no effect. */
export interface Hosted {
  readonly send: (payload: Uint8Array) => void
  /** Waits until the other process has taken most of the sent payloads. */
  readonly taken: Effect.Effect<void>
  readonly halfClose: () => void
  readonly pause: () => void
  readonly resume: () => void
  /** Closes the connection gracefully. */
  readonly close: () => void
  /** Resets the connection. */
  readonly reset: () => void
}

/** The callbacks for an accepted wire. Exactly one of them is called, once. */
export interface HostedOwner {
  readonly onOpened: (hosted: Hosted, tls: TlsSession | undefined) => HostedObserver
  readonly onRefused: (rule: RefusalRule) => void
}

/** Processes that run the accepted connections of a server. */
export interface ConnectionHost {
  /** Takes over an accepted wire. */
  readonly take: (wire: Wire, owner: HostedOwner) => void
  /** The number of wires that are neither opened nor refused yet. */
  readonly entering: () => number
  /** Whether the server needs the frames of the connections. */
  readonly watchFrames: (isWanted: boolean) => void
  /** Stops reading from all peers, or ends the stop. */
  readonly hold: (isHeld: boolean) => void
  /** Ends all connections gracefully. */
  readonly drain: () => void
  /** Waits until the figures of all connections are current. */
  readonly refresh: Effect.Effect<void>
  /** Replaces TLS for new connections. */
  readonly secure: (tls: Tls.Acceptor | undefined) => void
}

/** Makes the host of a server. The scope of the server owns it. */
export type OpenHost = (host: HostedServer) => Effect.Effect<ConnectionHost, SettingsError, Scope.Scope>

/**
 * The host of the connections of a new server. Default `undefined`: the process of the server. `Server.make` reads it, so
 * everything above a server works with both.
 */
export class ConnectionHosting extends Context.Reference<ConnectionHosting>()("tcpfx/server/ConnectionHosting", {
  defaultValue: (): OpenHost | undefined => undefined,
}) {}
