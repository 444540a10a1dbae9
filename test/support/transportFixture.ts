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

/** One way to carry bytes, for the suites that run over all of them. */
export interface TransportFixture {
  readonly name: string
  readonly layer: Layer.Layer<Transport>
  /** Where a test listens. */
  readonly endpoint: Effect.Effect<Endpoint, never, Scope.Scope>
  /** Whether a reset reaches the peer as such (unix sockets know none). */
  readonly knowsReset: boolean
  /** Whether its endpoints are paths rather than addresses. */
  readonly usesPaths: boolean
  /** Whether what is written is taken within the call, as far as there is room; else in a later turn. */
  readonly takesAtOnce: boolean
  /**
   * More bytes than are held below a wire for a peer that does not read. The pages of large volumes are what most of the
   * time of these suites goes to, so each fixture asks for no more than it needs.
   */
  readonly heldAtMost: number
  /** Which end `near` is. Default: the one that has dialled. */
  readonly near?: "accepted"
}

/** A fresh folder that goes with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "tcpfx-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
)

const anyPort = Effect.succeed(tcpEndpoint("127.0.0.1", 0))

const mebibyte = 1024 * 1024

/** Linux lets a socket hold 4 MiB that are not sent (tcp(7), tcp_wmem), and a few reads that are not read. */
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

/** A listening endpoint whose accepted wires can be taken one by one. They are destroyed with the scope. */
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

/** The same with the ends changed. */
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

/** Both ends, started, of which `far` does not read. */
export const unreadWires = (fixture: TransportFixture) =>
  Effect.map(connectedWires(fixture), ({ near, far }) => {
    far.wire.pause()
    return { near: near.start(), far: far.start() }
  })

/** Something that answers: once it has, whatever was under way on other connections of this process is there too. */
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
