import * as Layer from "effect/Layer"
import { makeMemoryNetwork } from "./memory/memoryNetwork.ts"
import { createWirePair } from "./memory/memoryWire.ts"
import { Transport } from "./Transport.ts"

/** Options of {@link layer}. */
export interface MemoryTransportOptions {
  /** The bytes that one direction of a connection buffers while the peer does not read. Default 65536. */
  readonly capacityBytes?: number
  /** Names and their addresses, in addition to `localhost`. */
  readonly names?: Readonly<Record<string, ReadonlyArray<string>>>
}

// The bytes that one direction buffers by default.
const defaultCapacityBytes = 65_536

/**
 * A network inside this process for tests, without the kernel. It behaves like sockets (back-pressure, half-close,
 * reset, refusal, port 0) and works under `TestClock`. Each built layer is a separate network.
 */
export const layer = (options: MemoryTransportOptions = {}): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => {
    const names: Readonly<Record<string, ReadonlyArray<string>>> = { localhost: ["127.0.0.1"], ...options.names }
    const capacityBytes = options.capacityBytes ?? defaultCapacityBytes
    return makeMemoryNetwork({
      namedAddresses: (host) => names[host] ?? [],
      join: (local, remote) => createWirePair(local, remote, capacityBytes),
    })
  })
