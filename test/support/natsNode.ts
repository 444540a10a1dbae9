import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Framing } from "../../src/domain/index.ts"
import { NatsHub, type NatsHubOptions, type NatsHubService, type NatsState } from "../../src/hub/nats/index.ts"
import { Handler, Server, ServerConfig } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { textOf, utf8 } from "./wireProbe.ts"

/** Makes a hub on a real server, and records its events and what a subscriber of it gets. */
export const natsNode = (servers: string | ReadonlyArray<string>, node: string, more: Partial<NatsHubOptions> = {}) =>
  Effect.gen(function* () {
    const hub = yield* NatsHub.make({ servers, node, framing: Framing.line, ...more })
    const events = yield* Testing.probe(hub.subscribeEvents())
    const got: Array<string> = []
    const waiting: Array<() => void> = []
    const stream = yield* hub.subscribe({ budgetBytes: 64 * 1024 * 1024 })
    yield* Effect.forkScoped(
      Stream.runForEachChunk(stream, (frames) =>
        Effect.sync(() => {
          got.push(...Chunk.toReadonlyArray(frames).map(({ bytes }) => textOf(bytes)))
          for (const wake of waiting.splice(0)) wake()
        }),
      ),
    )
    /** Waits until the texts so far pass a test. */
    const until = (test: (got: ReadonlyArray<string>) => boolean): Effect.Effect<void> =>
      Effect.suspend(() =>
        test(got)
          ? Effect.void
          : Effect.zipRight(
              Effect.async<void>((resume) => void waiting.push(() => resume(Effect.void))),
              until(test),
            ),
      )
    const has = (count: number) => until((all) => all.length >= count)
    const state = (): NatsState => Effect.runSync(hub.natsState)
    /** The frames of another node that this one was told to have missed. */
    const missed = (from: string): number => {
      const told = events.all("HubMissed").filter((event) => event.node === from)
      const gaps = events.all("HubAttached").flatMap((event) => event.missed.filter((one) => one.node === from))
      return [...told.map((event) => event.missed), ...gaps.map(({ frames }) => frames)].reduce(
        (sum, one) => sum + one,
        0,
      )
    }
    return { hub, events, got, has, until, state, missed }
  })

/** Publishes `prefix` with `count` numbers, one after the other. */
export const publishNumbers = (hub: NatsHubService, prefix: string, from: number, count: number) =>
  Effect.forEach(numbers(prefix, count, from), (text) => hub.publish(utf8(text)), { discard: true })

/** The texts that {@link publishNumbers} publishes. */
export const numbers = (prefix: string, count: number, from = 0): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, at) => `${prefix}${from + at}`)

/** The texts with a prefix. */
export const framesOf = (got: ReadonlyArray<string>, prefix: string): ReadonlyArray<string> =>
  got.filter((text) => text.startsWith(prefix))

/** Serves a broker on a free port, whose hub is on a real NATS server. Records the events of its server. */
export const natsBroker = (url: string, node: string) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      Server.layerHub({ handler: Handler.broker() }).pipe(
        Layer.provideMerge(NatsHub.layer({ servers: url, node, framing: Framing.line })),
        Layer.provide([ServerConfig.layer({ listen: "127.0.0.1:0" }), NodeTransport.layer]),
      ),
    )
    const server = yield* Effect.provide(Server, context)
    const events = yield* Testing.probe(server.subscribeEvents({ bufferBytes: 1024 ** 3 }))
    const [endpoint] = yield* server.listening
    if (endpoint === undefined) return yield* Effect.dieMessage("it does not listen")
    return { endpoint, events, hub: yield* Effect.provide(NatsHub, context) }
  })
