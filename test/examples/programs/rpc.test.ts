import * as SocketServer from "@effect/platform/SocketServer"
import * as RpcClient from "@effect/rpc/RpcClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { tcpEndpoint } from "tcpfx/domain"
import { Testing } from "tcpfx/testing"
import { MemoryTransport, NodeTransport } from "tcpfx/transport"
import { connect, Meters, serve, UnknownMeter } from "../../../examples/programs/rpc.ts"

const meters = RpcClient.make(Meters)

const everything = Effect.gen(function* () {
  const client = yield* meters
  expect(yield* client.Find({ id: 1 })).toEqual({ id: 1, name: "meter 1" })
  expect(yield* Effect.flip(client.Find({ id: 101 }))).toEqual(new UnknownMeter({ id: 101 }))
  const numbers = yield* Stream.runCollect(client.List({ count: 1000 }))
  expect([...numbers]).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
  const ids = Array.from({ length: 500 }, (_, index) => index % 100)
  const found = yield* Effect.forEach(ids, (id) => client.Find({ id }), { concurrency: "unbounded" })
  expect(found.map(({ id }) => id)).toEqual(ids)
})

/** The endpoint on which the server of the context listens. */
const endpoint = Effect.gen(function* () {
  const { address } = yield* SocketServer.SocketServer
  return address._tag === "TcpAddress"
    ? tcpEndpoint(address.hostname, address.port)
    : yield* Effect.dieMessage("no TCP")
})

const withClient = <A, E, R>(use: Effect.Effect<A, E, R>) =>
  Effect.flatMap(endpoint, (endpoint) => Effect.scoped(Effect.provide(use, connect(endpoint))))

it.scoped("calls answer, fail with their error and stream, many at once, in memory", () =>
  withClient(everything).pipe(Effect.provide(serve("127.0.0.1:0")), Effect.provide(MemoryTransport.layer())),
)

it.scopedLive("calls answer, fail with their error and stream, many at once, over sockets", () =>
  withClient(everything).pipe(Effect.provide(serve("127.0.0.1:0")), Effect.provide(NodeTransport.layer)),
)

it.scoped("a peer that sends garbage is told the problem or closed, and other clients are served", () =>
  Effect.gen(function* () {
    const sent = (text: string) =>
      Effect.gen(function* () {
        const peer = yield* Testing.dialPeer(yield* endpoint)
        yield* peer.send(text)
        yield* peer.halfClose
        return new TextDecoder().decode(yield* peer.takeRest)
      })
    expect(yield* sent("hello\n")).toContain('"_tag":"Defect"')
    expect(yield* sent('{"_tag":"Request","id":"1","tag":"Drop","payload":{},"headers":[]}\n')).toContain(
      "Unknown request tag: Drop",
    )
    expect(yield* sent('{"_tag":"Request","id":"1","tag":"Find","payload":{"id":"x"},"headers":[]}\n')).toContain(
      "Expected number",
    )
    expect(yield* sent("null\n")).toBe("")
    expect(yield* sent("x".repeat(1024 ** 2 + 1))).toBe("")
    yield* withClient(everything)
  }).pipe(Effect.provide(serve("127.0.0.1:0")), Effect.provide(MemoryTransport.layer())),
)

/** Runs a test with a client whose server is scripted peers. */
const withScriptedServer = <A, E, R>(use: (accept: Effect.Effect<Testing.ScriptedPeer>) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { accept, endpoint } = yield* Testing.listenForPeers()
    return yield* Effect.scoped(Effect.provide(use(accept), connect(endpoint)))
  })

/** Receives a line of JSON. */
const receive = Effect.fnUntraced(function* (peer: Testing.ScriptedPeer) {
  let line = ""
  while (!line.endsWith("\n")) line += new TextDecoder().decode(yield* peer.take(1))
  return JSON.parse(line)
})

it.scoped("a lost connection fails its calls, and the client connects again for later calls", () =>
  withScriptedServer((accept) =>
    Effect.gen(function* () {
      const client = yield* meters
      const lost = yield* Effect.fork(Effect.flip(client.Find({ id: 1 })))
      const first = yield* accept
      yield* receive(first)
      yield* first.reset
      expect((yield* Fiber.join(lost))._tag).toBe("RpcClientError")
      expect((yield* Effect.flip(client.Find({ id: 2 })))._tag).toBe("RpcClientError")

      yield* TestClock.adjust("1 second")
      const second = yield* accept
      const call = yield* Effect.fork(client.Find({ id: 3 }))
      const { id } = yield* receive(second)
      yield* second.send(
        `{"_tag":"Exit","requestId":"${id}","exit":{"_tag":"Success","value":{"id":3,"name":"main"}}}\n`,
      )
      expect(yield* Fiber.join(call)).toEqual({ id: 3, name: "main" })
    }),
  ).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a call that exceeds its timeout is interrupted on the server", () =>
  withScriptedServer((accept) =>
    Effect.gen(function* () {
      const client = yield* meters
      const call = yield* Effect.fork(Effect.flip(Effect.timeout(client.Find({ id: 1 }), "1 second")))
      const peer = yield* accept
      const { id } = yield* receive(peer)
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(call))._tag).toBe("TimeoutException")
      expect(yield* receive(peer)).toMatchObject({ _tag: "Interrupt", requestId: id })
    }),
  ).pipe(Effect.provide(MemoryTransport.layer())),
)
