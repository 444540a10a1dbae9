import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as TestClock from "effect/TestClock"
import { Testing, VirtualNetwork } from "tcpfx/testing"
import { MemoryTransport, NodeTransport } from "tcpfx/transport"
import { makeProxy } from "../../../examples/programs/proxy.ts"

const anyPort = "127.0.0.1:0"
const patient = { within: "1 minute" } as const
const quiet = Logger.withMinimumLogLevel(LogLevel.None)

/** A proxy between a client and a target, both of which the test plays. */
const proxied = Effect.gen(function* () {
  const target = yield* Testing.listenForPeers(anyPort, patient)
  const proxy = yield* makeProxy(target.endpoint)
  const events = yield* Testing.probe(proxy.subscribeEvents(), patient)
  const { endpoint } = yield* proxy.listen(anyPort)
  const client = yield* Testing.dialPeer(endpoint, patient)
  return { client, target: yield* target.accept, proxy, events }
})

const exchange = Effect.gen(function* () {
  const { client, events, target } = yield* proxied
  const bulk = new Uint8Array(3_000_000).map((_, i) => i % 251)
  yield* client.send(bulk)
  yield* client.halfClose
  expect(Buffer.compare(yield* target.take(bulk.length), bulk)).toBe(0)
  yield* target.expectEnd
  yield* target.send("got 3000000")
  yield* target.halfClose
  yield* client.expect("got 3000000")
  yield* client.expectEnd
  const end = yield* events.one("ConnectionClosed")
  expect([end.bytesIn, end.bytesOut]).toEqual([3_000_000, 11])
})

it.scopedLive("3 MB, a reply and both FINs pass through the proxy, over sockets", () =>
  exchange.pipe(quiet, Effect.provide(NodeTransport.layer)),
)

it.scoped("3 MB, a reply and both FINs pass through the proxy, in memory", () =>
  exchange.pipe(quiet, Effect.provide(MemoryTransport.layer())),
)

it.scoped("a target that replies 7 minutes after the FIN of the client is heard", () =>
  Effect.gen(function* () {
    const { client, target } = yield* proxied
    yield* client.send("question")
    yield* client.halfClose
    yield* target.expect("question")
    yield* target.expectEnd
    yield* TestClock.adjust("7 minutes")
    yield* target.send("answer")
    yield* target.halfClose
    yield* client.expect("answer")
    yield* client.expectEnd
  }).pipe(quiet, Effect.provide(MemoryTransport.layer())),
)

it.scoped("a target that ends first still gets what the client sends", () =>
  Effect.gen(function* () {
    const { client, target } = yield* proxied
    yield* target.send("welcome")
    yield* target.halfClose
    yield* client.expect("welcome")
    yield* client.expectEnd
    yield* TestClock.adjust("7 minutes")
    yield* client.send("thanks")
    yield* client.halfClose
    yield* target.expect("thanks")
    yield* target.expectEnd
  }).pipe(quiet, Effect.provide(MemoryTransport.layer())),
)

it.scoped("while the target does not read, the client is not read, and nothing is lost", () =>
  Effect.gen(function* () {
    const { client, proxy, target } = yield* proxied
    yield* target.stopReading
    const bulk = new Uint8Array(10_000_000).map((_, i) => i % 251)
    yield* client.send(bulk)
    yield* client.halfClose
    yield* Testing.turns(100)
    expect((yield* proxy.traffic).bytesIn).toBeLessThan(1_000_000)
    yield* target.startReading
    expect(Buffer.compare(yield* target.take(bulk.length), bulk)).toBe(0)
    yield* target.expectEnd
  }).pipe(quiet, Effect.provide(MemoryTransport.layer())),
)

it.scopedLive("a reset of either side resets the other side, over sockets", () =>
  Effect.gen(function* () {
    const one = yield* proxied
    yield* one.client.send("x")
    yield* one.target.expect("x")
    yield* one.target.reset
    yield* one.client.expectReset
    const other = yield* proxied
    yield* other.client.send("x")
    yield* other.target.expect("x")
    yield* other.client.reset
    yield* other.target.expectReset
  }).pipe(quiet, Effect.provide(NodeTransport.layer)),
)

it.scoped("a client of a proxy whose target refuses is ended with the error, and the next client is served", () =>
  Effect.gen(function* () {
    const proxy = yield* makeProxy("127.0.0.1:9000")
    const events = yield* Testing.probe(proxy.subscribeEvents(), patient)
    const { endpoint } = yield* proxy.listen(anyPort)
    const refused = yield* Testing.dialPeer(endpoint, patient)
    yield* refused.expectEnd
    yield* refused.halfClose
    expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({ _tag: "HandlerFailed", tag: "ConnectError" })
    const target = yield* Testing.listenForPeers("127.0.0.1:9000", patient)
    const client = yield* Testing.dialPeer(endpoint, patient)
    yield* client.send("hello")
    yield* (yield* target.accept).expect("hello")
  }).pipe(quiet, Effect.provide(MemoryTransport.layer())),
)

it.scoped("a client that has sent everything before the target accepts is served", () =>
  Effect.gen(function* () {
    const network = yield* VirtualNetwork
    const target = yield* Effect.provide(Testing.listenForPeers("far:7", patient), VirtualNetwork.host("far"))
    const proxy = yield* Effect.provide(makeProxy("far:7"), VirtualNetwork.host("near"))
    const { endpoint } = yield* proxy.listen("near:8")
    yield* network.partition("near", "far")
    const client = yield* Effect.provide(Testing.dialPeer(endpoint, patient), VirtualNetwork.host("near"))
    yield* client.send("early")
    yield* client.halfClose
    yield* TestClock.adjust("9 seconds")
    yield* network.heal("near", "far")
    const accepted = yield* target.accept
    yield* accepted.expect("early")
    yield* accepted.expectEnd
    yield* accepted.send("served")
    yield* accepted.halfClose
    yield* client.expect("served")
    yield* client.expectEnd
  }).pipe(quiet, Effect.provide(VirtualNetwork.layer())),
)

it.scoped("the end of a connection is logged with its bytes, also after a reset", () => {
  const lines: Array<string> = []
  const recording = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void lines.push(String(message))),
  )
  return Effect.gen(function* () {
    const { client, target } = yield* proxied
    yield* client.send("four")
    yield* target.expect("four")
    yield* target.send("seven b")
    yield* client.expect("seven b")
    yield* client.reset
    yield* target.expectReset
    yield* Effect.repeat(Testing.nextTurn, { until: () => lines.includes("4 B to the target, 7 B back") })
  }).pipe(Effect.provide(Layer.merge(recording, MemoryTransport.layer())))
})
