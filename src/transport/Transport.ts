import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { AddressFamily, ConnectError, Endpoint, ListenEndpoint, ListenError } from "../domain/index.ts"
import type { Wire } from "./Wire.ts"

/** The callbacks of a listener. */
export interface AcceptHandlers {
  /** The socket listens. `endpoint` has the real address and port. Called once, before every other callback. */
  readonly onListening: (endpoint: Endpoint) => void
  /**
   * A connection was accepted. `endpoint` is the endpoint that `onListening` has reported. The owner must `start` or
   * `destroy` the wire before it returns. The first connection can arrive before the fiber that listens continues.
   */
  readonly onWire: (wire: Wire, endpoint: Endpoint) => void
  /** accept(2) failed for a connection. The listener continues. */
  readonly onFailure: (code: string, endpoint: Endpoint) => void
}

/** Options of listening. */
export interface TransportListenOptions {
  /** The number of connections that may wait to be accepted. */
  readonly backlog: number
  /** For a name: the listener uses the first address of this family. Default "any". */
  readonly family?: AddressFamily
  /**
   * Whether `::` accepts IPv6 only (IPV6_V6ONLY, ipv6(7)). Default: `true` if `family` is "ipv6", otherwise `false`, so
   * `::` accepts IPv4 too.
   */
  readonly ipv6Only?: boolean
  /**
   * The mode of a unix socket's file. The file never has another mode. Default: 0777 without the bits of the umask.
   */
  readonly unixMode?: number | undefined
}

/** The local address and port of a dialled connection. */
export interface DialSource {
  /** An address of this machine. Default: the kernel chooses. */
  readonly host: string | undefined
  /** A local port. Default: the kernel chooses. */
  readonly port: number | undefined
}

/** The operations of a transport. */
export interface TransportService {
  /** Listens until the scope closes. Succeeds with the endpoint that has the real address and port. */
  readonly listen: (
    endpoint: ListenEndpoint,
    options: TransportListenOptions,
    handlers: AcceptHandlers,
  ) => Effect.Effect<Endpoint, ListenError, Scope.Scope>
  /**
   * Dials one address or path. The caller resolves a name first, and dials its addresses. The scope owns the wire.
   */
  readonly dial: (endpoint: Endpoint, source?: DialSource) => Effect.Effect<Wire, ConnectError, Scope.Scope>
  /** The addresses of a name, in the order of the resolver (getaddrinfo(3)). The list is never empty. */
  readonly resolve: (host: string) => Effect.Effect<ReadonlyArray<string>, LookupFailed>
}

/**
 * The network, for servers and clients: sockets of the kernel (`NodeTransport`) or connections inside this process
 * (`MemoryTransport`).
 */
export class Transport extends Context.Tag("tcpfx/transport/Transport")<Transport, TransportService>() {}

/** A name has no address. */
export interface LookupFailed {
  readonly _tag: "LookupFailed"
  readonly code: string
}
