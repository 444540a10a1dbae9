import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { coversAddress, isIpv6Text, loopbackOf } from "../../domain/hostText.ts"
import {
  type AddressFamily,
  ConnectError,
  type Endpoint,
  formatEndpoint,
  isAbstract,
  type ListenEndpoint,
  ListenError,
  ofFamily,
  tcpEndpoint,
  unixEndpoint,
} from "../../domain/index.ts"
import { isIpAddress } from "../../domain/ipAddress.ts"
import { owned } from "../../runtime/owned.ts"
import type {
  AcceptHandlers,
  DialSource,
  LookupFailed,
  TransportListenOptions,
  TransportService,
} from "../Transport.ts"
import type { Wire } from "../Wire.ts"

/** The parts of a network in memory that its owner decides. */
export interface MemoryNetworkParts {
  /** The addresses of a name. An empty list: the name does not exist. */
  readonly namedAddresses: (host: string) => ReadonlyArray<string>
  /** Makes both ends of a new connection: the dialling end, whose local endpoint is `local`, and the accepted end. */
  readonly join: (local: Endpoint, remote: Endpoint) => readonly [Wire, Wire]
}

const firstFreePort = 49_152
const lastPort = 65_535

/** A listening endpoint. */
interface Listening {
  readonly handlers: AcceptHandlers
  readonly ipv6Only: boolean
}

interface LocateFailed {
  readonly reason: "Failed" | "NameNotFound" | "WrongFamily"
  readonly code: string
}

/** A network inside this process: its listeners, addresses and ports. */
export const makeMemoryNetwork = ({ join, namedAddresses }: MemoryNetworkParts): TransportService => {
  const listeners = new Map<Endpoint, Listening>()
  let nextPort = firstFreePort

  const addressesOf = (host: string) => (isIpAddress(host) ? [host] : namedAddresses(host))
  const freePort = () => {
    const port = nextPort
    nextPort = port === lastPort ? firstFreePort : port + 1
    return port
  }

  /** Finds the listener of an endpoint: one with the same endpoint, or one whose address matches. */
  const find = (endpoint: Endpoint, matches: (listening: string, address: string, ipv6Only: boolean) => boolean) =>
    [...listeners].find(([bound, { ipv6Only }]) =>
      bound._tag === "Tcp" && endpoint._tag === "Tcp"
        ? bound.port === endpoint.port && (bound.host === endpoint.host || matches(bound.host, endpoint.host, ipv6Only))
        : formatEndpoint(bound) === formatEndpoint(endpoint),
    )

  /** The endpoint with an address in place of its name, or the reason why it has no address. */
  const located = (endpoint: Endpoint, family: AddressFamily = "any"): Either.Either<Endpoint, LocateFailed> => {
    if (endpoint._tag === "Unix") return Either.right(endpoint)
    if (endpoint.port < 0 || endpoint.port > lastPort) {
      return Either.left({ reason: "Failed", code: "ERR_SOCKET_BAD_PORT" })
    }
    const addresses = addressesOf(endpoint.host)
    if (addresses.length === 0) return Either.left({ reason: "NameNotFound", code: "ENOTFOUND" })
    const [address] = ofFamily(addresses, family)
    return address === undefined
      ? Either.left({ reason: "WrongFamily", code: "EAFNOSUPPORT" })
      : Either.right(tcpEndpoint(address, endpoint.port))
  }

  const bind = (
    endpoint: ListenEndpoint,
    { family, ...options }: TransportListenOptions,
    handlers: AcceptHandlers,
  ): Either.Either<Endpoint, ListenError> => {
    // A process inside the memory network inherits no descriptors.
    if (endpoint._tag === "Fd") return Either.left(new ListenError({ endpoint, reason: "NotOpen", code: "EBADF" }))
    const ipv6Only = options.ipv6Only === true || family === "ipv6"
    const overlap = (bound: string, address: string, boundIpv6Only: boolean) =>
      coversAddress(bound, address, boundIpv6Only) || coversAddress(address, bound, ipv6Only)
    return Either.flatMap(
      Either.mapLeft(located(endpoint, family), (failed) => new ListenError({ endpoint, ...failed })),
      (address) => {
        let bound = address
        if (address._tag === "Tcp" && address.port === 0) {
          do bound = tcpEndpoint(address.host, freePort())
          while (find(bound, overlap) !== undefined)
        } else if (find(address, overlap) !== undefined) {
          return Either.left(new ListenError({ endpoint, reason: "AddressInUse", code: "EADDRINUSE" }))
        }
        listeners.set(bound, { handlers, ipv6Only })
        handlers.onListening(bound)
        return Either.right(bound)
      },
    )
  }

  const connect = (endpoint: Endpoint, source?: DialSource): Either.Either<Wire, ConnectError> =>
    Either.flatMap(
      Either.mapLeft(located(endpoint), (failed) => new ConnectError({ endpoint, ...failed })),
      (address) => {
        // Dialling a wildcard reaches this machine itself.
        const remote =
          address._tag === "Tcp" ? tcpEndpoint(loopbackOf(address.host) ?? address.host, address.port) : address
        const found = find(remote, coversAddress)
        if (found === undefined) {
          const reason =
            endpoint._tag === "Unix" && !isAbstract(endpoint)
              ? ({ reason: "PathNotFound", code: "ENOENT" } as const)
              : ({ reason: "Refused", code: "ECONNREFUSED" } as const)
          return Either.left(new ConnectError({ endpoint, ...reason }))
        }
        const local =
          remote._tag === "Unix"
            ? unixEndpoint("")
            : tcpEndpoint(source?.host ?? (isIpv6Text(remote.host) ? "::1" : "127.0.0.1"), source?.port ?? freePort())
        const [near, far] = join(local, remote)
        const [bound, { handlers }] = found
        handlers.onWire(far, bound)
        return Either.right(near)
      },
    )

  return {
    listen: (endpoint, listenOptions, handlers) =>
      Effect.acquireRelease(
        Effect.suspend(() => bind(endpoint, listenOptions, handlers)),
        (bound) => Effect.sync(() => listeners.delete(bound)),
      ),
    dial: (endpoint, source) =>
      owned(
        Effect.suspend(() => connect(endpoint, source)),
        (wire) => Effect.sync(() => wire.destroy()),
      ),
    resolve: (host) => {
      const addresses = addressesOf(host)
      return addresses.length > 0
        ? Effect.succeed(addresses)
        : Effect.fail<LookupFailed>({ _tag: "LookupFailed", code: "ENOTFOUND" })
    },
  }
}
