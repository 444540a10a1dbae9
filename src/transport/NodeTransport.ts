import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  ConnectError,
  type ConnectFailure,
  type Endpoint,
  ListenError,
  type ListenFailure,
  type UnixEndpoint,
} from "../domain/index.ts"
import * as Node from "./internal/nodeSocket.ts"
import { type AcceptHandlers, type LookupFailed, Transport, type TransportListenOptions } from "./Transport.ts"
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
}

const listenError = (endpoint: Endpoint, code: string) =>
  new ListenError({ endpoint, code, reason: listenFailures[code] ?? "Failed" })

const connectError = (endpoint: Endpoint, code: string) =>
  new ConnectError({ endpoint, code, reason: connectFailures[code] ?? "Failed" })

// A socket file outlives the process that made it when that was killed, and then nobody can listen there (EADDRINUSE).
// It is removed only if it is a socket and nobody answers at it: that is what "stale" means.
const removeStale = (endpoint: UnixEndpoint): Effect.Effect<void> =>
  Effect.scoped(dial(endpoint)).pipe(
    Effect.catchAll((error) =>
      error.code === "ECONNREFUSED" && Node.fileAt(endpoint.path) === "socket"
        ? Effect.sync(() => Node.removeFile(endpoint.path))
        : Effect.void,
    ),
    Effect.asVoid,
  )

const bind = (endpoint: Endpoint, options: TransportListenOptions, handlers: AcceptHandlers) =>
  Effect.acquireRelease(
    Effect.async<{ readonly bound: Endpoint; readonly close: (done: () => void) => void }, ListenError>((resume) => {
      const close = Node.listen(endpoint, options.backlog, {
        onListening: (bound) => resume(Effect.succeed({ bound, close })),
        onRefused: (code) => resume(Effect.fail(listenError(endpoint, code))),
        onWire: handlers.onWire,
        onFailure: handlers.onFailure,
      })
    }),
    // Node calls back once the accepted connections have ended too; the port is free at once, so nobody waits for it.
    ({ close }) => Effect.sync(() => close(() => {})),
  ).pipe(Effect.map(({ bound }) => bound))

const listen = (endpoint: Endpoint, options: TransportListenOptions, handlers: AcceptHandlers) =>
  endpoint._tag === "Unix"
    ? Effect.zipRight(removeStale(endpoint), bind(endpoint, options, handlers))
    : bind(endpoint, options, handlers)

const dial = (endpoint: Endpoint) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      // Owned from the line that creates it: the outcome may come before, or long after, somebody waits for it.
      let outcome: Effect.Effect<Wire, ConnectError> | undefined
      let waiter: ((outcome: Effect.Effect<Wire, ConnectError>) => void) | undefined
      const settle = (result: Effect.Effect<Wire, ConnectError>) => {
        outcome = result
        waiter?.(result)
      }
      const destroy = Node.dial(endpoint, {
        onWire: (wire) => settle(Effect.succeed(wire)),
        onFailure: (code) => settle(Effect.fail(connectError(endpoint, code))),
      })
      const connected = Effect.async<Wire, ConnectError>((resume) => {
        if (outcome === undefined) waiter = resume
        else resume(outcome)
      })
      return { destroy, connected }
    }),
    ({ destroy }) => Effect.sync(destroy),
  ).pipe(Effect.flatMap(({ connected }) => connected))

const resolve = (host: string) =>
  Node.isAddress(host)
    ? Effect.succeed([host])
    : Effect.async<ReadonlyArray<string>, LookupFailed>((resume) =>
        Node.lookup(host, (result) =>
          resume("code" in result ? Effect.fail({ _tag: "LookupFailed", code: result.code }) : Effect.succeed(result)),
        ),
      )

/** The sockets of the system: TCP over IPv4 and IPv6, and unix domain sockets, by node:net. */
export const layer: Layer.Layer<Transport> = Layer.succeed(Transport, { listen, dial, resolve })
