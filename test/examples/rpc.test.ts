import { SocketServer } from "@effect/platform/SocketServer"
import { expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { NodeTransport } from "tcpfx/transport"
import { OutOfStock, StoreClient, storeServer } from "../../examples/rpc.ts"

it.scopedLive("the store of the RPC example answers calls, refuses with a type, and streams its changes", () =>
  Effect.gen(function* () {
    const server = yield* Layer.build(storeServer("127.0.0.1:0"))
    const { address } = yield* Effect.provide(SocketServer, server)
    if (address._tag !== "TcpAddress") return yield* Effect.dieMessage("a TCP address was expected")
    const client = yield* Layer.build(StoreClient.layer(`127.0.0.1:${address.port}`))
    const store = yield* Effect.provide(StoreClient, client)
    const seen = yield* Queue.unbounded<number>()
    const watching = store.Left().pipe(
      Stream.tap((left) => Queue.offer(seen, left)),
      Stream.take(2),
      Stream.runCollect,
    )
    const watched = yield* Effect.fork(watching)
    expect(yield* Queue.take(seen)).toBe(10)
    expect(yield* store.Take({ count: 4 })).toBe(6)
    expect(yield* Effect.flip(store.Take({ count: 7 }))).toEqual(new OutOfStock({ left: 6 }))
    expect(Chunk.toReadonlyArray(yield* Fiber.join(watched))).toEqual([10, 6])
  }).pipe(Effect.provide(NodeTransport.layer)),
)
