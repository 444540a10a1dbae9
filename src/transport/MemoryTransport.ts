import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ConnectError, type Endpoint, formatEndpoint, ListenError, tcpEndpoint } from "../domain/index.ts"
import { createWirePair } from "./internal/memoryWire.ts"
import { type AcceptHandlers, type LookupFailed, Transport } from "./Transport.ts"

/** Options of {@link layer}. */
export interface MemoryTransportOptions {
  /** What a direction of a connection holds for a peer that does not read, bytes. Default 65536. */
  readonly capacityBytes?: number
  /** Names that can be looked up, besides `localhost`. */
  readonly names?: Readonly<Record<string, ReadonlyArray<string>>>
}

const firstFreePort = 49_152

/**
 * A network inside this process: the same behaviour as sockets (back-pressure, half-close, reset, refused, port 0)
 * without the system. For tests, where it goes with `TestClock`. Each layer that is built is a network of its own.
 */
export const layer = (options: MemoryTransportOptions = {}): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => {
    const listeners = new Map<string, AcceptHandlers>()
    const names: Readonly<Record<string, ReadonlyArray<string>>> = { localhost: ["127.0.0.1"], ...options.names }
    let nextPort = firstFreePort

    const freeEndpoint = (endpoint: Endpoint): Endpoint => {
      if (endpoint._tag === "Unix" || endpoint.port !== 0) return endpoint
      let candidate = tcpEndpoint(endpoint.host, nextPort++)
      while (listeners.has(formatEndpoint(candidate))) candidate = tcpEndpoint(endpoint.host, nextPort++)
      return candidate
    }

    return Transport.of({
      listen: (endpoint, _options, handlers) =>
        Effect.acquireRelease(
          Effect.suspend(() => {
            const bound = freeEndpoint(endpoint)
            const key = formatEndpoint(bound)
            if (listeners.has(key)) {
              return Effect.fail(new ListenError({ endpoint, reason: "AddressInUse", code: "EADDRINUSE" }))
            }
            listeners.set(key, handlers)
            return Effect.succeed(bound)
          }),
          (bound) => Effect.sync(() => listeners.delete(formatEndpoint(bound))),
        ),
      dial: (endpoint) =>
        Effect.acquireRelease(
          Effect.suspend(() => {
            const handlers = listeners.get(formatEndpoint(endpoint))
            if (handlers === undefined) {
              return Effect.fail(new ConnectError({ endpoint, reason: "Refused", code: "ECONNREFUSED" }))
            }
            const local = endpoint._tag === "Unix" ? endpoint : tcpEndpoint("127.0.0.1", nextPort++)
            const [near, far] = createWirePair(local, endpoint, options.capacityBytes ?? 65_536)
            handlers.onWire(far)
            return Effect.succeed(near)
          }),
          (wire) => Effect.sync(() => wire.destroy()),
        ),
      resolve: (host) => {
        const addresses = /^[0-9.]+$|:/.test(host) ? [host] : (names[host] ?? [])
        return addresses.length > 0
          ? Effect.succeed(addresses)
          : Effect.fail<LookupFailed>({ _tag: "LookupFailed", code: "ENOTFOUND" })
      },
    })
  })
