import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { AddressFamily, ConnectError, Endpoint, ListenEndpoint, ListenError } from "../domain/index.ts"
import type { Wire } from "./Wire.ts"

/** What a listening transport tells its owner. */
export interface AcceptHandlers {
  /** The socket listens, at this real address and port. Called once, before every other handler. */
  readonly onListening: (endpoint: Endpoint) => void
  /**
   * A connection was accepted at the endpoint that `onListening` was given. The owner must `start` or `destroy` the wire
   * before it returns. The first connection can come before the fiber that listens goes on.
   */
  readonly onWire: (wire: Wire, endpoint: Endpoint) => void
  /** The system could not hand over a connection (accept(2)); listening goes on. */
  readonly onFailure: (code: string, endpoint: Endpoint) => void
}

/** Options of listening. */
export interface TransportListenOptions {
  /** Connections that wait to be accepted. */
  readonly backlog: number
  /** Which of a name's addresses is listened on: the first of this family. Default "any". */
  readonly family?: AddressFamily
  /** Whether `::` leaves IPv4 alone (IPV6_V6ONLY, ipv6(7)). Default false: it is both, unless `family` is "ipv6". */
  readonly ipv6Only?: boolean
  /** The mode that the file of a unix socket has from its first moment on. Default: what the umask leaves of 0777. */
  readonly unixMode?: number | undefined
}

/** Where a connection is made from. */
export interface DialSource {
  /** An address of this machine. Default: the system's choice. */
  readonly host: string | undefined
  /** Default: the system's choice. */
  readonly port: number | undefined
}

/**
 * What carries bytes: sockets of the system (`NodeTransport`) or of this process alone (`MemoryTransport`). Servers and
 * clients know nothing else of the network.
 */
export class Transport extends Context.Tag("tcpfx/transport/Transport")<
  Transport,
  {
    /** Listens until the scope closes. Gives the endpoint with its real address and port. */
    readonly listen: (
      endpoint: ListenEndpoint,
      options: TransportListenOptions,
      handlers: AcceptHandlers,
    ) => Effect.Effect<Endpoint, ListenError, Scope.Scope>
    /** Dials one address or path; a name is not tried on all its addresses here. The scope owns the wire. */
    readonly dial: (endpoint: Endpoint, source?: DialSource) => Effect.Effect<Wire, ConnectError, Scope.Scope>
    /** The addresses of a name, in the order of the system's preference (getaddrinfo(3)); never empty. */
    readonly resolve: (host: string) => Effect.Effect<ReadonlyArray<string>, LookupFailed>
  }
>() {}

/** A name has no address. */
export interface LookupFailed {
  readonly _tag: "LookupFailed"
  readonly code: string
}
