import * as PlatformSocketServer from "@effect/platform/SocketServer"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import type * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ClientSettings } from "../../src/client/index.ts"
import { layerSocket, layerSocketServer, type PlatformSocketOptions } from "../../src/platform/index.ts"
import type { ServerSettings } from "../../src/server/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import type { Transport } from "../../src/transport/index.ts"
import type { TransportFixture } from "./transportFixture.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { value: Schema.Number }) {}

const Value = { value: Schema.Number }

class Calls extends RpcGroup.make(
  Rpc.make("Double", { payload: Value, success: Schema.Number }),
  Rpc.make("Reverse", { payload: { text: Schema.String }, success: Schema.String }),
  Rpc.make("Refuse", { payload: Value, error: Refused }),
  Rpc.make("Break", { payload: Value }),
  Rpc.make("Hang", { payload: Value }),
  Rpc.make("Count", { payload: Value, success: Schema.Number, stream: true }),
  Rpc.make("CountAndRefuse", { payload: Value, success: Schema.Number, error: Refused, stream: true }),
  Rpc.make("Produced", { success: Schema.Number }),
) {}

/** What the handlers of a server report to a test. */
interface Reports {
  readonly hanging: Queue.Queue<number>
  readonly interrupted: Queue.Queue<number>
  readonly streamEnded: Deferred.Deferred<void>
}

const handlersOf = ({ hanging, interrupted, streamEnded }: Reports) =>
  Layer.suspend(() => {
    let produced = 0
    return Calls.toLayer({
      Double: ({ value }) => Effect.succeed(value * 2),
      Reverse: ({ text }) => Effect.succeed([...text].reverse().join("")),
      Refuse: ({ value }) => Effect.fail(new Refused({ value })),
      Break: ({ value }) => Effect.dieMessage(`broken by ${value}`),
      Hang: ({ value }) =>
        Queue.offer(hanging, value).pipe(
          Effect.zipRight(Effect.never),
          Effect.onInterrupt(() => Queue.offer(interrupted, value)),
        ),
      // Chunks of one element, so that the client acknowledges each element.
      Count: ({ value }) =>
        Stream.range(1, value).pipe(
          Stream.rechunk(1),
          Stream.tap(() =>
            Effect.sync(() => {
              produced++
            }),
          ),
          Stream.ensuring(Deferred.succeed(streamEnded, undefined)),
        ),
      CountAndRefuse: ({ value }) => Stream.concat(Stream.range(1, value), Stream.fail(new Refused({ value }))),
      Produced: () => Effect.sync(() => produced),
    })
  })

const reports: Effect.Effect<Reports> = Effect.all({
  hanging: Queue.unbounded<number>(),
  interrupted: Queue.unbounded<number>(),
  streamEnded: Deferred.make<void>(),
})

export interface RpcFixture {
  /** Options of the sockets of both sides. */
  readonly options?: PlatformSocketOptions
  /** Settings of the server and the client. */
  readonly settings?: Partial<Pick<ServerSettings & ClientSettings, "frame" | "maxFrame">>
  readonly transport: TransportFixture
  readonly serialization: Layer.Layer<RpcSerialization.RpcSerialization>
  readonly format: string
}

/** The behaviour of Effect RPC over the sockets of `tcpfx/platform`. */
export const rpcSuite = ({ format, options, serialization, settings = {}, transport }: RpcFixture): void => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(body, transport.layer))

  /** Starts a server. The address tells a later server of the same test to use the same port. */
  const serve = (reported: Reports, port = 0) =>
    Effect.gen(function* () {
      const context = yield* Layer.build(
        RpcServer.layer(Calls, { disableFatalDefects: true }).pipe(
          Layer.provide(handlersOf(reported)),
          Layer.provide(RpcServer.layerProtocolSocketServer),
          Layer.provide(serialization),
          Layer.provideMerge(layerSocketServer(`127.0.0.1:${port}`, settings, options)),
        ),
      )
      const { address } = yield* Effect.provide(PlatformSocketServer.SocketServer, context)
      return address._tag === "TcpAddress" ? address.port : yield* Effect.dieMessage("a TCP address was expected")
    })

  const connect = (port: number) =>
    Effect.gen(function* () {
      const context = yield* Layer.build(
        RpcClient.layerProtocolSocket({ retrySchedule: Schedule.spaced("1 millis") }).pipe(
          Layer.provide(layerSocket(`127.0.0.1:${port}`, settings, options)),
          Layer.provide(serialization),
        ),
      )
      return yield* Effect.provide(RpcClient.make(Calls), context)
    })

  const served = Effect.gen(function* () {
    const reported = yield* reports
    const port = yield* serve(reported)
    return { ...reported, port, client: yield* connect(port) }
  })

  describe(`Effect RPC with ${format} over ${transport.name}`, () => {
    test(
      "answers 500 calls that are in flight at the same time, each with its own reply",
      Effect.gen(function* () {
        const { client } = yield* served
        const values = Array.from({ length: 500 }, (_, value) => value)
        const doubled = yield* Effect.forEach(values, (value) => client.Double({ value }), { concurrency: "unbounded" })
        expect(doubled).toEqual(values.map((value) => value * 2))
      }),
    )

    test(
      "carries text of 2 MiB in both directions, also where a read ends within a character",
      Effect.gen(function* () {
        const { client } = yield* served
        const text = "zwölf 十二 ".repeat(150_000)
        expect(new TextEncoder().encode(text).length).toBeGreaterThan(2 ** 21)
        expect((yield* client.Reverse({ text })) === [...text].reverse().join("")).toBe(true)
      }),
    )

    test(
      "delivers a stream whole and in order, and ends it",
      Effect.gen(function* () {
        const { client, streamEnded } = yield* served
        const counted = yield* Stream.runCollect(client.Count({ value: 200 }))
        expect([...counted]).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
        yield* Deferred.await(streamEnded)
      }),
    )

    test(
      "a client that takes no elements stops the stream of the server, while other calls are answered",
      Effect.gen(function* () {
        const { client } = yield* served
        const taken = yield* Deferred.make<void>()
        const counting = client
          .Count({ value: 1_000_000 })
          .pipe(Stream.runForEach(() => Effect.zipRight(Deferred.succeed(taken, undefined), Effect.never)))
        yield* Effect.forkScoped(counting)
        yield* Deferred.await(taken)
        // 16 elements wait in the client by default. One more waits for room there, and one is taken.
        const produced = yield* Effect.replicateEffect(client.Produced(), 200)
        expect(produced.at(-1)).toBeGreaterThan(0)
        expect(produced.at(-1)).toBeLessThanOrEqual(20)
      }),
    )

    test(
      "a client may call for each element of a stream",
      Effect.gen(function* () {
        const { client } = yield* served
        const doubled = yield* client.Count({ value: 100 }).pipe(
          Stream.mapEffect((value) => client.Double({ value })),
          Stream.runCollect,
        )
        expect(Chunk.last(doubled)).toMatchObject({ value: 200 })
      }),
    )

    test(
      "a client that leaves a stream ends it in the server",
      Effect.gen(function* () {
        const { client, streamEnded } = yield* served
        const taken = yield* client.Count({ value: 1_000_000 }).pipe(Stream.take(5), Stream.runCollect)
        expect([...taken]).toEqual([1, 2, 3, 4, 5])
        yield* Deferred.await(streamEnded)
        expect(yield* client.Double({ value: 4 })).toBe(8)
      }),
    )

    test(
      "the interruption of a call reaches the handler in the server, and no other call",
      Effect.gen(function* () {
        const { client, hanging, interrupted } = yield* served
        const call = yield* Effect.fork(client.Hang({ value: 1 }))
        const other = yield* Effect.fork(client.Hang({ value: 2 }))
        yield* Queue.takeN(hanging, 2)
        yield* Fiber.interrupt(call)
        expect(yield* Queue.take(interrupted)).toBe(1)
        expect(yield* client.Double({ value: 3 })).toBe(6)
        expect(yield* Queue.size(interrupted)).toBe(0)
        yield* Fiber.interrupt(other)
      }),
    )

    test(
      "a failure has its type, of a call and of a stream after its elements",
      Effect.gen(function* () {
        const { client } = yield* served
        const refused = yield* Effect.flip(client.Refuse({ value: 7 }))
        expect(refused).toBeInstanceOf(Refused)
        expect(refused).toMatchObject({ value: 7 })
        const counted: Array<number> = []
        const failure = yield* client.CountAndRefuse({ value: 3 }).pipe(
          Stream.runForEach((value) => Effect.sync(() => void counted.push(value))),
          Effect.flip,
        )
        expect([counted, failure]).toEqual([[1, 2, 3], new Refused({ value: 3 })])
      }),
    )

    test(
      "a defect of a handler is a defect of its call, and the connection goes on",
      Effect.gen(function* () {
        const { client } = yield* served
        const exit = yield* Effect.exit(client.Break({ value: 9 }))
        expect(Exit.isFailure(exit) && Cause.isDie(exit.cause) && Cause.pretty(exit.cause)).toContain("broken by 9")
        expect(yield* client.Double({ value: 10 })).toBe(20)
      }),
    )

    test(
      "two clients get their own replies, and the end of one interrupts its calls only",
      Effect.gen(function* () {
        const { client, hanging, interrupted, port } = yield* served
        const scope = yield* Scope.make()
        const second = yield* Scope.extend(connect(port), scope)
        const both = yield* Effect.all([client.Double({ value: 1 }), second.Double({ value: 2 })], { concurrency: 2 })
        expect(both).toEqual([2, 4])
        const kept = yield* Effect.fork(client.Hang({ value: 1 }))
        const left = yield* Effect.forkIn(second.Hang({ value: 2 }), scope)
        yield* Queue.takeN(hanging, 2)
        yield* Scope.close(scope, Exit.void)
        expect(yield* Queue.take(interrupted)).toBe(2)
        yield* Fiber.await(left)
        expect(yield* client.Double({ value: 5 })).toBe(10)
        expect(yield* Queue.size(interrupted)).toBe(0)
        yield* Fiber.interrupt(kept)
      }),
    )

    test(
      "a call and a stream that takes no elements end with the server, and the client reaches the next server",
      Effect.gen(function* () {
        const reported = yield* reports
        const first = yield* Scope.make()
        const port = yield* Scope.extend(serve(reported), first)
        const client = yield* connect(port)
        const call = yield* Effect.fork(client.Hang({ value: 1 }))
        const taken = yield* Deferred.make<void>()
        const nested = client
          .Count({ value: 1000 })
          .pipe(Stream.runForEach(() => Effect.zipRight(Deferred.succeed(taken, undefined), client.Hang({ value: 2 }))))
        const stream = yield* Effect.fork(nested)
        yield* Deferred.await(taken)
        yield* Queue.takeN(reported.hanging, 2)
        yield* Scope.close(first, Exit.void)
        expect(Exit.isFailure(yield* Fiber.await(call))).toBe(true)
        expect(Exit.isFailure(yield* Fiber.await(stream))).toBe(true)
        yield* serve(yield* reports, port)
        const again = client.Double({ value: 6 }).pipe(
          Effect.tapError((error) =>
            Effect.zipRight(
              Effect.sync(() => expect(error._tag).toBe("RpcClientError")),
              nextTurn,
            ),
          ),
          Effect.eventually,
        )
        expect(yield* again).toBe(12)
      }),
    )
  })
}
