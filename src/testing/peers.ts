import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import {
  ConnectError,
  type Endpoint,
  type EndpointInput,
  type ListenEndpointInput,
  type ListenError,
  readEndpoint,
  readListenEndpoint,
} from "../domain/index.ts"
import type { Server } from "../server/index.ts"
import { Transport } from "../transport/index.ts"
import { VirtualNetwork } from "../transport/VirtualNetwork.ts"
import { PeerWire } from "./internal/PeerWire.ts"
import { deadlineOf } from "./internal/waitFor.ts"
import { makePeer, type PeerOptions, type ScriptedPeer } from "./ScriptedPeer.ts"
import { endpoint } from "./testLayer.ts"
import { nextTurn } from "./turns.ts"

/** A listener whose accepted connections are scripted peers. */
export interface PeerListener {
  /** The endpoint with the real address and port. */
  readonly endpoint: Endpoint
  /** Waits for the next connection. */
  readonly accept: Effect.Effect<ScriptedPeer>
}

/**
 * Connects a scripted peer to a server with the `Transport` service. The end of the scope destroys the connection.
 *
 * @example
 * import { Effect } from "effect"
 * import { tcpEndpoint } from "tcpfx/domain"
 * import { Handler, Server } from "tcpfx/server"
 * import { Testing } from "tcpfx/testing"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({ handler: Handler.echo() })
 *   const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
 *   const peer = yield* Testing.dialPeer(endpoint)
 *   yield* peer.send("hello\n")
 *   yield* peer.expect("help!\n")
 * })
 * const error = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer()), Effect.flip))
 * assert.match(error.message, /expected "help!\\n" at offset 0 .*: the byte at offset 3 is 0x6c and not 0x70/)
 */
export const dialPeer = (
  endpoint: EndpointInput,
  options: PeerOptions = {},
): Effect.Effect<ScriptedPeer, ConnectError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const within = yield* deadlineOf(options)
    const target = yield* readEndpoint(endpoint)
    const addresses = target._tag === "Unix" ? [] : yield* resolved(transport.resolve(target.host), target)
    const [host] = addresses
    const wire = yield* transport.dial(target._tag === "Unix" || host === undefined ? target : { ...target, host })
    return makePeer(new PeerWire(wire, options.reads ?? true), within)
  })

const resolved = <A>(lookup: Effect.Effect<A, { readonly code: string }>, endpoint: Endpoint) =>
  Effect.mapError(lookup, ({ code }) => new ConnectError({ endpoint, reason: "NameNotFound", code }))

/**
 * Connects a scripted peer on the host "client" to the server of `Testing.layer`.
 *
 * @example
 * import { Effect } from "effect"
 * import { Framing } from "tcpfx/domain"
 * import { Handler } from "tcpfx/server"
 * import { Testing } from "tcpfx/testing"
 *
 * const script = Effect.gen(function* () {
 *   const peer = yield* Testing.connectPeer()
 *   yield* peer.send("two li")
 *   yield* peer.send("nes\r\nin pieces")
 *   yield* peer.expect("two lines\n")
 *   yield* peer.halfClose
 *   yield* peer.expect("in pieces\n")
 *   yield* peer.expectEnd
 * })
 * const layer = Testing.layer({
 *   settings: { frame: Framing.line },
 *   handler: (connection) => connection.runForEach((line) => connection.send(line)),
 * })
 * await Effect.runPromise(script.pipe(Effect.scoped, Effect.provide(layer)))
 */
export const connectPeer = (
  options: PeerOptions = {},
): Effect.Effect<ScriptedPeer, ConnectError, Server | VirtualNetwork | Scope.Scope> =>
  Effect.gen(function* () {
    const network = yield* VirtualNetwork
    const peer = Effect.provideService(dialPeer(yield* endpoint, options), Transport, network.host("client"))
    return yield* Effect.zipLeft(peer, nextTurn)
  })

// The maximum number of connections that wait for `accept`. A further connection is reset.
const backlog = 64

/**
 * Listens with the `Transport` service. Each accepted connection is a scripted peer, so a test can play the server for
 * a client. The end of the scope closes the listener and destroys the connections. Default endpoint: 127.0.0.1 with a
 * free port.
 *
 * @example
 * import { Effect, Fiber, Option } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Testing } from "tcpfx/testing"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const program = Effect.gen(function* () {
 *   const listener = yield* Testing.listenForPeers()
 *   const client = yield* Client.make()
 *   const connection = yield* client.connect(listener.endpoint)
 *   const server = yield* listener.accept
 *   yield* connection.send(new TextEncoder().encode("ping"))
 *   yield* server.expect("ping")
 *   yield* server.reset
 *   return (yield* connection.closed).reason._tag
 * })
 * const reason = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.equal(reason, "PeerReset")
 */
export const listenForPeers = (
  endpoint: ListenEndpointInput = "127.0.0.1:0",
  options: PeerOptions = {},
): Effect.Effect<PeerListener, ListenError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const within = yield* deadlineOf(options)
    const accepted = yield* Queue.dropping<ScriptedPeer>(backlog)
    const wires = new Set<PeerWire>()
    yield* Effect.addFinalizer(() => Effect.sync(() => wires.forEach((wire) => void wire.destroy())))
    const target = yield* readListenEndpoint(endpoint)
    const bound = yield* transport.listen(
      target,
      { backlog },
      {
        onListening: () => {},
        onWire: (wire) => {
          const peer = new PeerWire(wire, options.reads ?? true)
          wires.add(peer)
          if (!Queue.unsafeOffer(accepted, makePeer(peer, within))) peer.reset()
        },
        onFailure: () => {},
      },
    )
    return { endpoint: bound, accept: Queue.take(accepted) }
  })
