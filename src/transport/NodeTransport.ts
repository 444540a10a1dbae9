import { networkInterfaces } from "node:os"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { isIpv6Text } from "../domain/hostText.ts"
import {
  ConnectError,
  type ConnectFailure,
  type Endpoint,
  isAbstract,
  type ListenEndpoint,
  ListenError,
  type ListenFailure,
  ofFamily,
  type TcpEndpoint,
  tcpEndpoint,
  type UnixEndpoint,
} from "../domain/index.ts"
import { isIpAddress } from "../domain/ipAddress.ts"
import { owned } from "../runtime/owned.ts"
import { unsupported } from "./listen/listenTarget.ts"
import * as SocketFile from "./listen/socketFile.ts"
import * as Node from "./node/nodeSocket.ts"
import {
  type AcceptHandlers,
  type DialSource,
  type LookupFailed,
  Transport,
  type TransportListenOptions,
  type TransportService,
} from "./Transport.ts"
import type { Wire } from "./Wire.ts"

const listenFailures: Record<string, ListenFailure> = {
  EADDRINUSE: "AddressInUse",
  EADDRNOTAVAIL: "AddressNotAvailable",
  EAFNOSUPPORT: "AddressNotAvailable",
  EINVAL: "AddressNotAvailable",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  ENOTFOUND: "NameNotFound",
  EAI_AGAIN: "NameNotFound",
  ENOENT: "PathNotFound",
  ENOTDIR: "PathNotFound",
  ENOTSOCK: "NotASocket",
  EBADF: "NotOpen",
  EEXIST: "AddressInUse",
  EOPNOTSUPP: "NotSupported",
}

const connectFailures: Record<string, ConnectFailure> = {
  ECONNREFUSED: "Refused",
  ETIMEDOUT: "Timeout",
  ENOTFOUND: "NameNotFound",
  EAI_AGAIN: "NameNotFound",
  ENETUNREACH: "Unreachable",
  EHOSTUNREACH: "Unreachable",
  EADDRNOTAVAIL: "Unreachable",
  ENETDOWN: "Unreachable",
  EAFNOSUPPORT: "Unreachable",
  EINVAL: "Unreachable",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  ENOENT: "PathNotFound",
  ENOTDIR: "PathNotFound",
  ENOTSOCK: "NotASocket",
  EOPNOTSUPP: "NotSupported",
}

// Without IPv6, the kernel reports EAFNOSUPPORT. With IPv6 disabled (sysctl), the kernel creates the socket but has no
// address to bind it to.
const lacksIpv6 = (address: ListenEndpoint, code: string): boolean =>
  address._tag === "Tcp" &&
  isIpv6Text(address.host) &&
  (code === "EAFNOSUPPORT" || (code === "EADDRNOTAVAIL" && !hasIpv6()))

const hasIpv6 = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === "IPv6"))

const listenFailure = (address: ListenEndpoint, code: string): ListenFailure => {
  if (address._tag === "Fd" && (code === "EINVAL" || code === "EISCONN")) return "NotListening"
  return lacksIpv6(address, code) ? "NoIpv6" : (listenFailures[code] ?? "Failed")
}

/** The error of a failed listen. `address` is the endpoint with the address in place of the name. */
const listenError = (endpoint: ListenEndpoint, code: string, address: ListenEndpoint = endpoint) =>
  new ListenError({ endpoint, code, reason: listenFailure(address, code) })

const connectFailure = (endpoint: Endpoint, code: string): ConnectFailure =>
  // Linux also reports ECONNREFUSED for a file that is not a socket (connect(2)).
  endpoint._tag === "Unix" &&
  code === "ECONNREFUSED" &&
  !isAbstract(endpoint) &&
  SocketFile.fileAt(endpoint.path, "followed") === "other"
    ? "NotASocket"
    : (connectFailures[code] ?? "Failed")

const connectError = (endpoint: Endpoint, code: string) =>
  new ConnectError({ endpoint, code, reason: connectFailure(endpoint, code) })

// A killed process leaves its socket file behind, and bind(2) at the path fails (EADDRINUSE). A socket file is stale if
// no process accepts connections at it. Only a stale file is removed. A live server would see the test dial as a
// client, so the kernel's list of listeners is checked first.
const removeStale = (endpoint: UnixEndpoint, inUse: ListenError, streams: boolean): Effect.Effect<void, ListenError> =>
  Effect.suspend(() => {
    const found = SocketFile.fileAt(endpoint.path, "seen")
    if (found === "other") return Effect.fail(new ListenError({ endpoint, code: inUse.code, reason: "NotASocket" }))
    const stale = SocketFile.identityAt(endpoint.path)
    if (stale === undefined) return Effect.void
    if (SocketFile.isAwaited(endpoint.path)) return Effect.fail(inUse)
    return Effect.matchEffect(Effect.scoped(dial(endpoint, undefined, streams)), {
      onSuccess: () => Effect.fail(inUse),
      onFailure: ({ code }) =>
        Effect.suspend(() =>
          code === "ECONNREFUSED" && SocketFile.removeStale(endpoint.path, stale) === "removed"
            ? Effect.void
            : Effect.fail(inUse),
        ),
    })
  })

/**
 * Listens on an endpoint whose name is already resolved. Errors contain `asked`, the endpoint that the caller passed.
 */
const bind = (
  endpoint: ListenEndpoint,
  asked: ListenEndpoint,
  options: TransportListenOptions,
  handlers: AcceptHandlers,
  streams: boolean,
) =>
  Effect.acquireRelease(
    Effect.async<{ readonly bound: Endpoint; readonly close: (done: () => void) => void }, ListenError>((resume) => {
      const ipv6Only = options.ipv6Only === true || options.family === "ipv6"
      const close = Node.listen(endpoint, { backlog: options.backlog, ipv6Only, unixMode: options.unixMode }, streams, {
        ...handlers,
        onListening: (bound) => {
          handlers.onListening(bound)
          resume(Effect.succeed({ bound, close }))
        },
        onRefused: (code) => resume(Effect.fail(listenError(asked, code, endpoint))),
      })
    }),
    // `close` frees the port at once, so the finalizer does not wait for the callback. With plain streams, Node calls
    // back only after all accepted connections have ended.
    ({ close }) => Effect.sync(() => close(() => {})),
  ).pipe(Effect.map(({ bound }) => bound))

export { canSetKeepaliveProbes } from "./node/keepAlive.ts"

/** Looks up the addresses of a name. */
export type Resolve = TransportService["resolve"]

/** Options of {@link layerWith}. */
export interface NodeTransportOptions {
  /** Looks up the addresses of a name. Default {@link resolve}. */
  readonly resolve?: Resolve
  /**
   * Whether every socket is a public stream of Node (`net.Socket`). Default `false`: a socket without TLS is read and
   * written by its private handle, which costs less time and memory. If the private handles of the running Node are not
   * known, all sockets are streams in any case. Set `true` to find out whether a fault comes from the handles, or for
   * tools that observe the streams of Node.
   */
  readonly streams?: boolean
}

/** Replaces the name of an endpoint by its first address of the requested family. */
const located = (endpoint: TcpEndpoint, { family = "any" }: TransportListenOptions, look: Resolve) =>
  look(endpoint.host).pipe(
    Effect.mapError(({ code }) => listenError(endpoint, code)),
    Effect.flatMap((addresses) => {
      const [address] = ofFamily(addresses, family)
      return address === undefined
        ? Effect.fail(new ListenError({ endpoint, reason: "WrongFamily", code: "EAFNOSUPPORT" }))
        : Effect.succeed(tcpEndpoint(address, endpoint.port))
    }),
  )

const listen = (
  endpoint: ListenEndpoint,
  options: TransportListenOptions,
  handlers: AcceptHandlers,
  { resolve: look, streams }: Required<NodeTransportOptions>,
): Effect.Effect<Endpoint, ListenError, Scope.Scope> => {
  if (endpoint._tag === "Tcp") {
    return Effect.flatMap(located(endpoint, options, look), (address) =>
      bind(address, endpoint, options, handlers, streams),
    )
  }
  const attempt = bind(endpoint, endpoint, options, handlers, streams)
  return endpoint._tag === "Unix" && !isAbstract(endpoint)
    ? Effect.catchIf(
        attempt,
        (error) => error.reason === "AddressInUse",
        (inUse) => Effect.zipRight(removeStale(endpoint, inUse, streams), attempt),
      )
    : attempt
}

const dial = (
  endpoint: Endpoint,
  source: DialSource | undefined,
  streams: boolean,
): Effect.Effect<Wire, ConnectError, Scope.Scope> => {
  const problem = unsupported(endpoint)
  return problem === undefined ? open(endpoint, source, streams) : Effect.fail(connectError(endpoint, problem))
}

const sourceFailures = new Set(["EADDRINUSE", "EADDRNOTAVAIL", "EACCES"])

/**
 * The error of a failed dial. An unusable source address has the reason `SourceUnavailable`, because the target has not
 * failed.
 */
const dialError = (endpoint: Endpoint, code: string, source: DialSource | undefined): ConnectError =>
  source !== undefined && sourceFailures.has(code)
    ? new ConnectError({ endpoint, code, reason: "SourceUnavailable" })
    : connectError(endpoint, code)

const open = (endpoint: Endpoint, source: DialSource | undefined, streams: boolean) =>
  owned(
    Effect.sync(() => {
      // The scope owns the socket from its creation on. The result can arrive before or after a fiber starts to wait
      // for it.
      let outcome: Effect.Effect<Wire, ConnectError> | undefined
      let waiter: ((outcome: Effect.Effect<Wire, ConnectError>) => void) | undefined
      const settle = (result: Effect.Effect<Wire, ConnectError>) => {
        outcome = result
        waiter?.(result)
      }
      const destroy = Node.dial(endpoint, source, streams, {
        onWire: (wire) => settle(Effect.succeed(wire)),
        onFailure: (code) => settle(Effect.fail(dialError(endpoint, code, source))),
      })
      const connected = Effect.async<Wire, ConnectError>((resume) => {
        if (outcome === undefined) waiter = resume
        else resume(outcome)
      })
      return { destroy, connected }
    }),
    ({ destroy }) => Effect.sync(destroy),
  ).pipe(Effect.flatMap(({ connected }) => connected))

/**
 * Looks up a name with getaddrinfo(3). An interruption abandons the look-up. Its libuv thread continues until the
 * resolver gives up, and `process.exit` waits for that thread.
 */
export const resolve: Resolve = (host) =>
  isIpAddress(host)
    ? Effect.succeed([host])
    : Effect.async<ReadonlyArray<string>, LookupFailed>((resume) =>
        Node.lookup(host, (result) =>
          resume("code" in result ? Effect.fail({ _tag: "LookupFailed", code: result.code }) : Effect.succeed(result)),
        ),
      )

/**
 * The sockets of the system, with options.
 *
 * @example
 * import { NodeTransport } from "tcpfx/transport"
 *
 * const plainStreams = NodeTransport.layerWith({ streams: true })
 * assert.notEqual(plainStreams, NodeTransport.layer)
 */
export const layerWith = (options: NodeTransportOptions): Layer.Layer<Transport> => {
  const all = { resolve, streams: false, ...options }
  return Layer.succeed(
    Transport,
    Transport.of({
      listen: (endpoint, listenOptions, handlers) => listen(endpoint, listenOptions, handlers, all),
      dial: (endpoint, source) => dial(endpoint, source, all.streams),
      resolve: all.resolve,
    }),
  )
}

/** The sockets of the system: TCP over IPv4 and IPv6, and unix domain sockets, by node:net. */
export const layer: Layer.Layer<Transport> = layerWith({})
