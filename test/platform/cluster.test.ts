import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import { Counter, runner } from "../../examples/cluster.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { makeSharedRunnerStorage } from "../support/sharedRunnerStorage.ts"
import { memoryFixture, tcpFixture } from "../support/transportFixture.ts"

/** Short intervals, so that a runner soon notices another. The cluster itself waits a second between two acquisitions. */
const config = {
  refreshAssignmentsInterval: "20 millis",
  entityMessagePollInterval: "50 millis",
  sendRetryInterval: "10 millis",
  entityTerminationTimeout: "1 second",
} as const

const names = Array.from({ length: 20 }, (_, index) => `counter-${index}`)

const sharedStorage = Effect.gen(function* () {
  const messages = yield* Layer.build(Layer.provide(MessageStorage.layerMemory, ShardingConfig.layer()))
  const runners = yield* makeSharedRunnerStorage
  return Layer.merge(Layer.succeedContext(messages), Layer.succeed(RunnerStorage.RunnerStorage, runners))
})

/** Starts a runner. The answer reaches the counters through this runner. */
const start = (storage: Effect.Effect.Success<typeof sharedStorage>) =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const context = yield* Scope.extend(Layer.build(runner("127.0.0.1:0", storage, config)), scope)
    return { counter: yield* Effect.provide(Counter.client, context), end: Scope.close(scope, Exit.void) }
  })

for (const { layer, name } of [memoryFixture, tcpFixture]) {
  describe(`Effect Cluster over ${name}`, () => {
    it.scopedLive("two runners share the counters, and one takes the counters of the other when it ends", () =>
      Effect.gen(function* () {
        const storage = yield* sharedStorage
        const first = yield* start(storage)
        const second = yield* start(storage)
        const add = ({ counter }: typeof first, amount: number) =>
          Effect.forEach(names, (name) => counter(name).Add({ amount }), { concurrency: "unbounded" })
        const runnersOf = (answers: ReadonlyArray<{ readonly runner: string }>) => answers.map(({ runner }) => runner)

        // Until the second runner has its counters, the first runner has them all.
        const [shared, seen] = yield* Effect.repeat(
          Effect.zipLeft(Effect.all([add(first, 1), add(second, 1)]), nextTurn),
          {
            until: ([one, other]) =>
              new Set(runnersOf(one)).size === 2 && runnersOf(one).join() === runnersOf(other).join(),
          },
        )
        expect(seen.map(({ total }) => total)).toEqual(shared.map(({ total }) => total + 1))

        yield* second.end
        const left = yield* add(first, 1)
        expect(new Set(runnersOf(left)).size).toBe(1)
      }).pipe(Effect.timeout("30 seconds"), Logger.withMinimumLogLevel(LogLevel.Warning), Effect.provide(layer)),
    )

    it.scopedLive("a stored message is handled once, whichever runner gets it", () =>
      Effect.gen(function* () {
        const storage = yield* sharedStorage
        const first = yield* start(storage)
        const second = yield* start(storage)
        const order = (index: number) => ({ order: `order-${index}`, amount: 1 })
        const once = yield* Effect.forEach(names, (name, index) => first.counter(name).AddOnce(order(index)), {
          concurrency: "unbounded",
        })
        const again = yield* Effect.forEach(names, (name, index) => second.counter(name).AddOnce(order(index)), {
          concurrency: "unbounded",
        })
        expect([once, again]).toEqual([names.map(() => 1), names.map(() => 1)])
      }).pipe(Effect.timeout("30 seconds"), Logger.withMinimumLogLevel(LogLevel.Warning), Effect.provide(layer)),
    )
  })
}
