import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Client } from "tcpfx/client"
import { Server } from "tcpfx/server"
import { Testing } from "tcpfx/testing"
import { MemoryTransport, NodeTransport } from "tcpfx/transport"
import { Calculator, calculator, connect } from "../../../examples/programs/binary.ts"

/** The failures of handlers that the tests cause on purpose are not logged. */
const options = { handler: calculator, onHandlerFailure: () => Effect.void }

/** A server, and the programs of its clients. */
const serving = Effect.gen(function* () {
  const server = yield* Server.make(options)
  const events = yield* Testing.probe(server.subscribeEvents())
  const { endpoint } = yield* server.listen("127.0.0.1:0")
  const client = yield* Client.make()
  const connection = client.connect(endpoint, Calculator)
  return { server, events, endpoint, connection, connected: Effect.provideService(connect(endpoint), Client, client) }
})

const everything = Effect.gen(function* () {
  const { connected } = yield* serving
  const { add, echo } = yield* connected
  const long = "x".repeat(60_000)
  const requests = [add(1, 2), echo(long), echo(""), echo("äöü"), add(0.1, -5)]
  expect(yield* Effect.all(requests, { concurrency: "unbounded" })).toEqual([3, long, "", "äöü", -4.9])
})

it.scoped("the calculator adds and echoes, several requests at once, in memory", () =>
  Effect.provide(everything, MemoryTransport.layer()),
)

it.scopedLive("the calculator adds and echoes over sockets", () => Effect.provide(everything, NodeTransport.layer))

it.scoped("a request is MessagePack after its length in two bytes, in any number of reads", () =>
  Effect.gen(function* () {
    const peer = yield* Testing.connectPeer()
    const request = yield* Calculator.toServer.encode({ _tag: "Add", id: 7, a: 1, b: 2 })
    for (const byte of [0, request.length, ...request]) yield* peer.send(Uint8Array.of(byte))
    yield* peer.expectFrame(Calculator.framing, yield* Calculator.toClient.encode({ _tag: "Reply", id: 7, value: 3 }))
  }).pipe(Effect.provide(Testing.layer(options))),
)

it.scoped("a request above 65535 bytes fails and sends nothing, and the next request is answered", () =>
  Effect.gen(function* () {
    const { connected, server } = yield* serving
    const { add, echo } = yield* connected
    expect((yield* Effect.flip(echo("x".repeat(70_000))))._tag).toBe("InvalidPayloadError")
    expect(yield* add(1, 1)).toBe(2)
    expect((yield* Effect.flip(server.broadcast(new Uint8Array(70_000))))._tag).toBe("InvalidPayloadError")
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a reply above 65535 bytes ends the connection of its client and no other", () =>
  Effect.gen(function* () {
    const { connected, events } = yield* serving
    const [greedy, other] = [yield* connected, yield* connected]
    // The request has 65535 bytes. The names in the reply are longer.
    expect((yield* Effect.flip(greedy.echo("x".repeat(65_512))))._tag).toBe("ConnectionClosedError")
    expect((yield* events.one("ConnectionClosed")).reason._tag).toBe("HandlerFailed")
    expect(yield* other.add(2, 3)).toBe(5)
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped(
  "a frame that is no request ends the connection of its client and no other, with the place of the frame",
  () =>
    Effect.gen(function* () {
      const { connected, endpoint, events } = yield* serving
      const other = yield* connected
      const peer = yield* Testing.dialPeer(endpoint)
      yield* peer.sendFrame(Calculator.framing, yield* Calculator.toServer.encode({ _tag: "Echo", id: 1, text: "" }))
      yield* peer.expectFrame(
        Calculator.framing,
        yield* Calculator.toClient.encode({ _tag: "Reply", id: 1, value: "" }),
      )
      yield* peer.sendFrame(Calculator.framing, Uint8Array.of(1, 2, 3))
      yield* peer.expectEnd
      yield* peer.halfClose
      const { reason } = yield* events.one("ConnectionClosed")
      expect(reason).toMatchObject({ _tag: "MessageInvalid", codec: "msgPack", frame: 2 })
      expect(yield* other.add(2, 3)).toBe(5)
    }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a client that sends FIN in the middle of a frame ends with FrameTruncated", () =>
  Effect.gen(function* () {
    const { endpoint, events } = yield* serving
    const peer = yield* Testing.dialPeer(endpoint)
    yield* peer.send(Uint8Array.of(0, 9, 1))
    yield* peer.halfClose
    yield* peer.expectEnd
    expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "FrameTruncated", bytes: 3 })
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

/** A client whose server is a scripted peer. */
const withScriptedServer = Effect.gen(function* () {
  const { accept, endpoint } = yield* Testing.listenForPeers()
  const requests = yield* Effect.provideService(connect(endpoint), Client, yield* Client.make())
  return { requests, peer: yield* accept }
})

it.scoped("a request without a reply fails after 5 seconds, and its late reply goes to no other request", () =>
  Effect.gen(function* () {
    const { peer, requests } = yield* withScriptedServer
    const lost = yield* Effect.fork(Effect.flip(requests.add(1, 1)))
    yield* peer.take(1)
    yield* TestClock.adjust("5 seconds")
    expect((yield* Fiber.join(lost))._tag).toBe("RequestTimeout")
    const answered = yield* Effect.fork(requests.add(2, 2))
    for (const [id, value] of [
      [1, 2],
      [2, 4],
    ] as const) {
      yield* peer.sendFrame(Calculator.framing, yield* Calculator.toClient.encode({ _tag: "Reply", id, value }))
    }
    expect(yield* Fiber.join(answered)).toBe(4)
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("all waiting requests fail when the server resets the connection or sends garbage", () =>
  Effect.gen(function* () {
    const failures = (breakIt: (peer: Testing.ScriptedPeer) => Effect.Effect<void>) =>
      Effect.gen(function* () {
        const { peer, requests } = yield* withScriptedServer
        const both = [requests.add(1, 1), requests.echo("x")]
        const waiting = yield* Effect.fork(Effect.forEach(both, Effect.flip, { concurrency: "unbounded" }))
        yield* peer.take(40)
        yield* breakIt(peer)
        return (yield* Fiber.join(waiting)).map(({ _tag }) => _tag)
      })
    expect(yield* failures((peer) => peer.reset)).toEqual(["ConnectionClosedError", "ConnectionClosedError"])
    expect(yield* failures((peer) => peer.send(Uint8Array.of(0, 1, 0xc1)))).toEqual(["CodecError", "CodecError"])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)
