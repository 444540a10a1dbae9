import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { RunFailed } from "../../bench/runner/child.ts"
import { watchCores } from "../../bench/runner/cores.ts"

/** Cores with a distance of `state.nanos`, and a run of ten seconds that counts itself in `state.runs`. */
const world = Effect.gen(function* () {
  const state = { nanos: 50 as number | undefined, runs: 0, whenRun: () => {}, said: [] as string[] }
  const started = yield* Effect.fork(
    watchCores(
      Effect.sync(() => state.nanos),
      (line) => state.said.push(line),
    ),
  )
  yield* TestClock.adjust("1 minute")
  const cores = yield* Fiber.join(started)
  const run = Effect.gen(function* () {
    yield* Effect.sleep("10 seconds")
    state.runs++
    state.whenRun()
    return state.runs
  })
  return { state, cores, together: cores.together(run) }
})

describe("the cores of the machine", () => {
  it.effect("are not watched if their distance cannot be measured", () =>
    Effect.gen(function* () {
      const cores = yield* watchCores(Effect.succeed(undefined), () => {})
      expect(yield* cores.together(Effect.succeed("done"))).toEqual({ value: "done", apart: false, dropped: [] })
      expect(cores.report()).toBeUndefined()
    }),
  )

  it.effect("delay a run while they are apart", () =>
    Effect.gen(function* () {
      const { state, cores, together } = yield* world
      state.nanos = 101
      const kept = yield* Effect.fork(together)
      yield* TestClock.adjust("1 minute")
      expect(state.runs).toBe(0)
      expect(state.said).toEqual([expect.stringMatching(/^waits: .* 101 ns, at best 50$/)])
      state.nanos = 99
      yield* TestClock.adjust("11 seconds")
      expect(yield* Fiber.join(kept)).toEqual({ value: 1, apart: false, dropped: [] })
      expect(cores.report()).toEqual({ nanos: 50, repeated: 0 })
    }),
  )

  it.effect("cause the repetition of a run in which they came apart", () =>
    Effect.gen(function* () {
      const { state, cores, together } = yield* world
      state.whenRun = () => {
        state.nanos = state.runs < 3 ? 300 : 50
      }
      const kept = yield* Effect.fork(together)
      yield* TestClock.adjust("10 seconds")
      for (const runs of [1, 2]) {
        expect(state.runs).toBe(runs)
        state.nanos = 50
        yield* TestClock.adjust("11 seconds")
      }
      expect(yield* Fiber.join(kept)).toEqual({ value: 3, apart: false, dropped: [1, 2] })
      expect(cores.report()).toEqual({ nanos: 50, repeated: 2 })
      const repeats = state.said.filter((line) => !line.startsWith("waits"))
      expect(repeats).toEqual(Array(2).fill(expect.stringMatching(/^repeats a run: .* 300 ns, at best 50$/)))
    }),
  )

  it.effect("delay and repeat no more runs after 20 minutes, which a line reports", () =>
    Effect.gen(function* () {
      const { state, together } = yield* world
      state.nanos = 300
      const kept = yield* Effect.fork(together)
      yield* TestClock.adjust(Duration.minutes(21))
      expect(yield* Fiber.join(kept)).toMatchObject({ value: 1, apart: true })
      expect(state.said.slice(1)).toEqual([expect.stringMatching(/^spent 20 min on the cores/)])
      // From now on no run waits, and each run reports whether the cores were apart.
      const next = yield* Effect.fork(together)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(next)).toMatchObject({ value: 2, apart: true })
      state.nanos = 50
      const last = yield* Effect.fork(together)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(last)).toMatchObject({ value: 3, apart: false })
    }),
  )

  it.effect("are compared to their shortest distance, even if the probe after the run measures it", () =>
    Effect.gen(function* () {
      const distances = [...Array.from({ length: 21 }, () => 300), 50]
      const started = yield* Effect.fork(
        watchCores(
          Effect.sync(() => distances.shift() ?? 50),
          () => {},
        ),
      )
      yield* TestClock.adjust("1 minute")
      const cores = yield* Fiber.join(started)
      expect(yield* cores.together(Effect.succeed("run"))).toEqual({ value: "run", apart: false, dropped: ["run"] })
      expect(cores.report()).toEqual({ nanos: 50, repeated: 1 })
    }),
  )

  it.effect("cause no more repetitions after their repetitions took 20 minutes", () =>
    Effect.gen(function* () {
      const { state, together } = yield* world
      // The cores are near when a run begins and apart when it ends.
      let asked = 0
      const cores = yield* Effect.fork(
        watchCores(
          Effect.sync(() => (++asked <= 20 || asked % 2 === 1 ? 50 : 300)),
          () => {},
        ),
      )
      yield* TestClock.adjust("1 minute")
      const kept = yield* Effect.fork((yield* Fiber.join(cores)).together(together))
      yield* TestClock.adjust(Duration.hours(1))
      expect(yield* Fiber.join(kept)).toMatchObject({ apart: true })
      expect(state.runs).toBeGreaterThan(100)
      expect(state.runs).toBeLessThanOrEqual(121)
    }),
  )

  it.effect("pass on the failure of a run", () =>
    Effect.gen(function* () {
      const { cores } = yield* world
      const failed = yield* Effect.flip(cores.together(new RunFailed({ message: "it ended" })))
      expect(failed.message).toBe("it ended")
    }),
  )
})
