import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { type Endpoint, type ListenEndpoint, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import {
  MemoryTransport,
  NodeTransport,
  Transport,
  type TransportListenOptions,
  type Wire,
} from "../../src/transport/index.ts"
import { WireProbe } from "./wireProbe.ts"

/** A transport, for the suites that run over all transports. */
export interface TransportFixture {
  readonly name: string
  readonly layer: Layer.Layer<Transport>
  /** The endpoint that a test listens on. */
  readonly endpoint: Effect.Effect<Endpoint, never, Scope.Scope>
  /** Whether the peer sees a reset. Unix sockets have no reset. */
  readonly knowsReset: boolean
  /** Whether the endpoints are paths, not addresses. */
  readonly usesPaths: boolean
  /** Whether a write takes bytes within the call while there is room. Otherwise a later turn takes them. */
  readonly takesAtOnce: boolean
  /**
   * A number of bytes above the capacity of the buffers below a wire whose peer does not read. The suites spend most of
   * their time on large buffers, so each fixture has the smallest sufficient number.
   */
  readonly heldAtMost: number
  /** Whether `near` is the dialling end or the accepted end. Default: the dialling end. */
  readonly near?: "accepted"
}

/** A new folder. The end of the scope removes it. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "tcpfx-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
)

const anyPort = Effect.succeed(tcpEndpoint("127.0.0.1", 0))

const mebibyte = 1024 * 1024

/** Linux buffers up to 4 MiB of unsent bytes for a socket (tcp(7), tcp_wmem), and a few unread reads. */
export const heldByTcp = 12 * mebibyte

export const memoryFixture: TransportFixture = {
  name: "memory",
  heldAtMost: mebibyte,
  layer: MemoryTransport.layer(),
  endpoint: anyPort,
  knowsReset: true,
  usesPaths: false,
  takesAtOnce: true,
}

export const tcpFixture: TransportFixture = {
  name: "tcp",
  heldAtMost: heldByTcp,
  layer: NodeTransport.layer,
  endpoint: anyPort,
  knowsReset: true,
  usesPaths: false,
  takesAtOnce: true,
}

export const unixFixture: TransportFixture = {
  name: "unix",
  heldAtMost: 2 * mebibyte,
  layer: NodeTransport.layer,
  endpoint: Effect.map(temporaryFolder, (folder) => unixEndpoint(join(folder, "socket"))),
  knowsReset: false,
  usesPaths: true,
  takesAtOnce: true,
}

/** A listening endpoint. A test takes the accepted wires one by one. The end of the scope destroys them. */
export const listenForWires = Effect.fnUntraced(function* (
  endpoint: ListenEndpoint,
  options: Partial<TransportListenOptions> = {},
) {
  const transport = yield* Transport
  const accepted = yield* Queue.unbounded<Wire>()
  const wires: Array<Wire> = []
  yield* Effect.addFinalizer(() => Effect.sync(() => wires.forEach((wire) => void wire.destroy())))
  const bound = yield* transport.listen(
    endpoint,
    { backlog: 511, ...options },
    {
      onListening: () => {},
      onWire: (wire) => {
        wires.push(wire)
        Queue.unsafeOffer(accepted, wire)
      },
      onFailure: () => {},
    },
  )
  return { endpoint: bound, accepted: Queue.take(accepted) }
})

/** The same fixture with the ends exchanged. */
export const turned = (fixture: TransportFixture): TransportFixture => ({
  ...fixture,
  name: `${fixture.name}, near accepted`,
  near: "accepted",
})

/** Two ends of one connection, neither started. */
export const connectedWires = Effect.fnUntraced(function* (fixture: TransportFixture) {
  const transport = yield* Transport
  const listener = yield* listenForWires(yield* fixture.endpoint)
  const dialled = new WireProbe(yield* transport.dial(listener.endpoint))
  const accepted = new WireProbe(yield* listener.accepted)
  const { endpoint } = listener
  return fixture.near === "accepted"
    ? { near: accepted, far: dialled, endpoint }
    : { near: dialled, far: accepted, endpoint }
})

/** Both ends, started. */
export const startedWires = (fixture: TransportFixture) =>
  Effect.map(connectedWires(fixture), ({ near, far }) => ({ near: near.start(), far: far.start() }))

/** Both ends, started. `far` does not read. */
export const unreadWires = (fixture: TransportFixture) =>
  Effect.map(connectedWires(fixture), ({ near, far }) => {
    far.wire.pause()
    return { near: near.start(), far: far.start() }
  })

/** An echo. After its answer, bytes sent earlier on other connections of this process have arrived too. */
export const settle = Effect.fnUntraced(function* (fixture: TransportFixture) {
  const { near, far } = yield* startedWires(fixture)
  far.onEachData = (bytes) => void far.wire.write(bytes)
  for (let round = 1; round <= 20; round++) {
    near.wire.write(Uint8Array.of(round))
    yield* near.until((probe) => probe.received === round)
  }
  near.wire.destroy()
  far.wire.destroy()
}, Effect.scoped)
