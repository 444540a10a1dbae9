import type * as Arr from "effect/Array"
import type { ConnectionId, Endpoint, ProxiedBy, TlsSession } from "../domain/index.ts"

/** A listening endpoint of a server. */
export interface Listener {
  /** With the real port. */
  readonly endpoint: Endpoint
}

/** The listening endpoints of a server, in the order in which they were asked for. */
export type Listeners = Arr.NonEmptyReadonlyArray<Listener>

/** What can be known of a connection at one moment. */
export interface ConnectionInfo {
  readonly id: ConnectionId
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly state: "open" | "peer-half-closed" | "closing"
  /** Whether reading is paused by a command. */
  readonly paused: boolean
  /** Handed over for sending and not taken by the system, bytes. */
  readonly pendingBytes: number
  readonly bytesIn: number
  /** Taken by the system for sending, bytes. */
  readonly bytesOut: number
  /** What TLS has agreed on; none where it is not spoken. */
  readonly tls: TlsSession | undefined
  /** Whose header named the remote; none where the peer has connected by itself. */
  readonly proxied: ProxiedBy | undefined
}

/** What went over all connections of a server since it was made. */
export interface ServerTraffic {
  readonly bytesIn: number
  /** Taken by the system for sending. */
  readonly bytesOut: number
}

/** How many connections a server has had since it was made. */
export interface ServerCounts {
  /** Connections that were accepted and got an id. */
  readonly opened: number
  /** Connections that an access rule, a limit or a failed handshake refused. */
  readonly refused: number
  /** Of the opened ones, those that have ended. */
  readonly closed: number
}

/** What a server is doing at one moment. */
export interface ServerState extends ServerCounts {
  /** Whether newcomers are taken in. */
  readonly accepting: "yes" | "suspended" | "draining"
  readonly listening: ReadonlyArray<Endpoint>
  /** Newcomers whose handshake is under way. */
  readonly entering: number
  readonly connections: ReadonlyArray<ConnectionInfo>
}
