import * as PlatformSocket from "@effect/platform/Socket"
import * as PlatformSocketServer from "@effect/platform/SocketServer"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Client } from "../../src/client/index.ts"
import type { Connection } from "../../src/connection/index.ts"
import { ConnectionClosedError, closeReasons, Framing, tcpEndpoint } from "../../src/domain/index.ts"
import { layerSocket, makeSocket, makeSocketServer } from "../../src/platform/index.ts"
import { Server } from "../../src/server/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

class Calls extends RpcGroup.make(
  Rpc.make("Double", { payload: { value: Schema.Number }, success: Schema.Number }),
  Rpc.make("CountTo", { payload: { last: Schema.Number }, success: Schema.Number, stream: true }),
) {}

const handlers = Calls.toLayer({
  Double: ({ value }) => Effect.succeed(value * 2),
  CountTo: ({ last }) => Stream.range(1, last),
})

const endpointOf = (address: PlatformSocketServer.Address) =>
  address._tag === "TcpAddress" ? tcpEndpoint(address.hostname, address.port) : address

it.scopedLive("the platform's RPC runs on our server and our client", () =>
  Effect.gen(function* () {
    const server = yield* makeSocketServer()
    const endpoint = endpointOf(server.address)
    if (endpoint._tag !== "Tcp") return yield* Effect.die("a TCP address was expected")
    yield* RpcServer.layer(Calls).pipe(
      Layer.provide(handlers),
      Layer.provide(RpcServer.layerProtocolSocketServer),
      Layer.provide(Layer.succeed(PlatformSocketServer.SocketServer, server)),
      Layer.provide(RpcSerialization.layerNdjson),
      Layer.build,
    )
    const protocol = RpcClient.layerProtocolSocket().pipe(
      Layer.provide(layerSocket(endpoint)),
      Layer.provide(RpcSerialization.layerNdjson),
    )
    yield* Effect.gen(function* () {
      const client = yield* RpcClient.make(Calls)
      expect(yield* client.Double({ value: 21 })).toBe(42)
      const counted = yield* Stream.runCollect(client.CountTo({ last: 500 }))
      expect([...counted]).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
    }).pipe(Effect.scoped, Effect.provide(protocol))
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("payloads reach the handler in order, one after the other, and the end of the writer sends FIN", () =>
  Effect.gen(function* () {
    const server = yield* makeSocketServer()
    const endpoint = endpointOf(server.address)
    if (endpoint._tag !== "Tcp") return yield* Effect.die("a TCP address was expected")
    const received: Array<number> = []
    const ended = yield* Deferred.make<void>()
    let working = 0
    let most = 0
    yield* Effect.forkScoped(
      server.run((socket) =>
        socket
          .run((bytes) =>
            Effect.gen(function* () {
              most = Math.max(most, ++working)
              yield* Effect.yieldNow()
              received.push(...bytes)
              working--
            }),
          )
          .pipe(Effect.ensuring(Deferred.succeed(ended, undefined))),
      ),
    )
    const sent = Array.from({ length: 100_000 }, (_, index) => index % 251)
    const socket = yield* makeSocket(endpoint)
    yield* Effect.forkScoped(socket.run(() => {}))
    yield* Effect.gen(function* () {
      const write = yield* socket.writer
      for (let at = 0; at < sent.length; at += 10_000) yield* write(Uint8Array.from(sent.slice(at, at + 10_000)))
    }).pipe(Effect.scoped)
    yield* Deferred.await(ended)
    expect(received).toEqual(sent)
    expect(most).toBe(1)
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("a socket that cannot be opened fails with the platform's error", () =>
  Effect.gen(function* () {
    const socket = yield* makeSocket({ _tag: "Unix", path: "/nowhere/at/all" })
    const error = yield* Effect.flip(socket.run(() => {}))
    expect(PlatformSocket.isSocketError(error) && error.reason).toBe("Open")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the end of a run ends its connections; the next run serves those that come then", () =>
  Effect.gen(function* () {
    const server = yield* makeSocketServer()
    const endpoint = endpointOf(server.address)
    if (endpoint._tag !== "Tcp") return yield* Effect.die("a TCP address was expected")
    const greet = (text: string) => (socket: PlatformSocket.Socket) =>
      Effect.gen(function* () {
        const write = yield* socket.writer
        yield* Effect.all([socket.run(() => {}), write(text)], { concurrency: 2 })
      }).pipe(Effect.scoped)
    const client = yield* Client.make()
    const heard = (connection: Connection) =>
      Effect.map(connection.receive, (got) => new TextDecoder().decode(Option.getOrThrow(got)))

    const first = yield* Effect.fork(server.run(greet("first")))
    const one = yield* client.connect(endpoint)
    expect(yield* heard(one)).toBe("first")
    yield* Fiber.interrupt(first)
    expect(yield* one.receive).toEqual(Option.none())
    const two = yield* client.connect(endpoint)
    yield* Effect.forkScoped(server.run(greet("second")))
    expect(yield* heard(two)).toBe("second")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

describe("the handler of a client's socket", () => {
  /** The first payload, then the second once the handler has the first. */
  const twoPayloads = Effect.gen(function* () {
    const taken = yield* Deferred.make<void>()
    const server = yield* Server.make({
      settings: { frame: Framing.line },
      handler: (connection) =>
        Effect.gen(function* () {
          yield* connection.send(utf8("first"))
          yield* Deferred.await(taken)
          yield* connection.send(utf8("second"))
          yield* Effect.never
        }),
    })
    const { endpoint } = yield* server.listen("127.0.0.1:0")
    return { endpoint, taken: Deferred.succeed(taken, undefined) }
  })

  it.scoped("has the next payload while it waits with a payload", () =>
    Effect.gen(function* () {
      const { endpoint, taken } = yield* twoPayloads
      const second = yield* Deferred.make<void>()
      const socket = yield* makeSocket(endpoint, { frame: Framing.line })
      const failure = yield* Effect.flip(
        socket.run((payload) =>
          textOf(payload) === "second"
            ? Effect.zipRight(Deferred.succeed(second, undefined), Effect.never)
            : Effect.zipRight(Effect.zipRight(taken, Deferred.await(second)), Effect.fail("both were handled")),
        ),
      )
      expect(failure).toBe("both were handled")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("has no next payload before it is done with as many payloads as the concurrency allows", () =>
    Effect.gen(function* () {
      const { endpoint, taken } = yield* twoPayloads
      const handled: Array<string> = []
      const socket = yield* makeSocket(endpoint, { frame: Framing.line }, { concurrency: 1 })
      const failure = yield* Effect.flip(
        socket.run((payload) =>
          Effect.gen(function* () {
            const text = textOf(payload)
            yield* taken
            // The second payload has time to arrive.
            yield* turns(20)
            handled.push(text)
            if (text === "second") yield* Effect.fail("the end")
          }),
        ),
      )
      expect([handled, failure]).toEqual([["first", "second"], "the end"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("keeps its failure, also one that a read may have", () =>
    Effect.gen(function* () {
      const failure = new ConnectionClosedError({ reason: closeReasons.peerClosed })
      for (const concurrency of [1, 2]) {
        const { endpoint } = yield* twoPayloads
        const socket = yield* makeSocket(endpoint, { frame: Framing.line }, { concurrency })
        expect(yield* Effect.flip(socket.run(() => Effect.fail(failure)))).toBe(failure)
      }
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("needs a concurrency of at least 1", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(makeSocket("127.0.0.1:1", {}, { concurrency: 0.5 }))
      expect(error).toMatchObject({ _tag: "SettingsError", field: "concurrency" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("gets whole characters as text, and bytes by default", () =>
    Effect.gen(function* () {
      const bytes = utf8("a\u00fcb")
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) =>
          Effect.zipRight(connection.send(bytes.subarray(0, 2)), connection.send(bytes.subarray(2))),
      })
      const { endpoint } = yield* server.listen("127.0.0.1:0")
      const received = (text: boolean) =>
        Effect.gen(function* () {
          const payloads: Array<string | Uint8Array> = []
          const socket = yield* makeSocket(endpoint, { frame: Framing.line }, { text })
          yield* socket.runRaw((payload) => void payloads.push(payload))
          return payloads
        })
      expect(yield* received(true)).toEqual(["a", "\u00fcb"])
      expect((yield* received(false)).every((payload) => payload instanceof Uint8Array)).toBe(true)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
