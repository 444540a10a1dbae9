import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Hub } from "../../src/hub/index.ts"
import { Metrics } from "../../src/metrics/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { metricsOf } from "../support/metrics.ts"

it.scoped("the metrics of a hub show its subscribers, its flushes, and the bytes that it keeps for lagging ones", () =>
  Effect.gen(function* () {
    const test = "hub"
    const hub = yield* Hub.make()
    const scope = yield* Scope.make()
    yield* Scope.extend(Metrics.hub({ tags: { test } })(hub), scope)
    yield* hub.subscribe()
    yield* hub.subscribe()
    const payload = new Uint8Array(64 * 1024)
    // The queue of a subscription takes the first payload, and the log keeps the others.
    for (const flushes of [1, 2, 3]) {
      yield* Effect.fork(hub.publish(payload))
      yield* Testing.turns(2)
      yield* TestClock.adjust("1 second")
      const retained = (flushes - 1) * payload.length
      const { lagging, retainedBytes } = yield* hub.stats
      expect([lagging, retainedBytes]).toEqual([2, retained])
      const seen = yield* metricsOf(test)
      expect(seen).toEqual({
        hub_subscribers: 2,
        hub_lagging_subscribers: 2,
        ...(retained > 0 && { hub_retained_bytes: retained }),
        hub_flush_seconds: flushes,
      })
    }
    yield* Scope.close(scope, Exit.void)
    expect(yield* metricsOf(test)).toEqual({ hub_flush_seconds: 3 })
  }),
)

it.scoped("an observer of a hub is called after each flush until its scope closes, and a hub without one goes on", () =>
  Effect.gen(function* () {
    const hub = yield* Hub.make()
    const seen: Array<number> = []
    const scope = yield* Scope.make()
    yield* Scope.extend(hub.observe({ onFlush: (millis) => seen.push(millis) }), scope)
    yield* hub.observe({
      onFlush: () => {
        throw new Error("broken")
      },
    })
    yield* hub.subscribe()
    const publish = Effect.zipRight(hub.publish(new Uint8Array(1)), Testing.turns(2))
    yield* publish
    yield* publish
    yield* Scope.close(scope, Exit.void)
    yield* publish
    expect(seen).toHaveLength(2)
    for (const millis of seen) expect(millis).toBeGreaterThanOrEqual(0)
  }),
)
