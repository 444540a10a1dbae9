import type * as Arr from "effect/Array"
import type { ConnectionId, Endpoint, ProxiedBy, TlsSession } from "../domain/index.ts"
import type { Attributes } from "./Attribute.ts"

/** A listening endpoint of a server. */
export interface Listener {
  /** The endpoint, with the real port. */
  readonly endpoint: Endpoint
}

/** The listening endpoints of a server, in the order of the call. */
export type Listeners = Arr.NonEmptyReadonlyArray<Listener>

/** The state of a connection at one moment. */
export interface ConnectionInfo {
  readonly id: ConnectionId
  readonly local: Endpoint
  readonly remote: Endpoint
  /** When the connection opened, milliseconds since the epoch. */
  readonly since: number
  readonly state: "open" | "peer-half-closed" | "closing"
  /** Whether reading is paused by a command. */
  readonly paused: boolean
  /** The number of sent bytes that the kernel has not taken. */
  readonly pendingBytes: number
  readonly bytesIn: number
  /** The number of sent bytes that the kernel has taken. */
  readonly bytesOut: number
  /** The TLS session; `undefined` without TLS. */
  readonly tls: TlsSession | undefined
  /** The proxy whose PROXY header named the remote endpoint; `undefined` for a direct connection. */
  readonly proxied: ProxiedBy | undefined
  /** The values that the handler has set on the connection (`Attribute`). */
  readonly attributes: Attributes
}

/** The bytes of all connections since the server was made. */
export interface ServerTraffic {
  readonly bytesIn: number
  /** The number of sent bytes that the kernel has taken. */
  readonly bytesOut: number
}

/** The numbers of connections of a server since it was made. */
export interface ServerCounts {
  /** The number of connections that were accepted and got an id. */
  readonly opened: number
  /**
   * The number of connections that were refused: by an access rule, a limit, a failed handshake, `suspend` or a drain.
   */
  readonly refused: number
  /** The number of opened connections that have ended. */
  readonly closed: number
  /** The number of those that ended without a byte in either direction, such as health checks of load balancers. */
  readonly unused: number
}

/** The state of a server at one moment. */
export interface ServerState extends ServerCounts {
  /** Whether new connections are accepted. */
  readonly accepting: "yes" | "suspended" | "draining"
  readonly listening: ReadonlyArray<Endpoint>
  /** The number of handshakes in progress. */
  readonly entering: number
  readonly connections: ReadonlyArray<ConnectionInfo>
}
