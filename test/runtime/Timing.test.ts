import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { makeTiming } from "../../src/runtime/Timing.ts"

it.scoped("now is the time of the Effect clock", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    yield* TestClock.setTime(1234)
    expect([timing.now(), yield* Clock.currentTimeMillis]).toEqual([1234, 1234])
  }),
)

it.scoped("a timer fires once, after its delay and not before", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    const firedAt: Array<number> = []
    timing.after(Duration.seconds(1), () => firedAt.push(timing.now()))
    yield* TestClock.adjust(Duration.millis(999))
    expect(firedAt).toEqual([])
    yield* TestClock.adjust(Duration.millis(1))
    expect(firedAt).toEqual([1000])
    yield* TestClock.adjust(Duration.hours(1))
    expect(firedAt).toEqual([1000])
  }),
)

it.scoped("timers fire in the order of their delays, whatever the order in which they were set", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    const fired: Array<number> = []
    for (const millis of [30, 10, 20]) timing.after(Duration.millis(millis), () => fired.push(millis))
    yield* TestClock.adjust(Duration.seconds(1))
    expect(fired).toEqual([10, 20, 30])
  }),
)

it.scoped("a cancelled timer never fires, and the others do", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    const fired: Array<string> = []
    const cancel = timing.after(Duration.seconds(1), () => fired.push("cancelled"))
    timing.after(Duration.seconds(1), () => fired.push("kept"))
    cancel()
    cancel()
    yield* TestClock.adjust(Duration.seconds(2))
    expect(fired).toEqual(["kept"])
  }),
)

it.scoped("a timer that is cancelled by a timer of the same time does not fire", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    const fired: Array<string> = []
    const cancels: Array<() => void> = []
    const set = (name: string, other: number) =>
      cancels.push(
        timing.after(Duration.seconds(1), () => {
          fired.push(name)
          cancels[other]?.()
        }),
      )
    set("one", 1)
    set("other", 0)
    yield* TestClock.adjust(Duration.seconds(1))
    expect(fired).toHaveLength(1)
  }),
)

it.scoped("cancelling a timer that has fired does nothing", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    let fired = 0
    const cancel = timing.after(Duration.seconds(1), () => fired++)
    yield* TestClock.adjust(Duration.seconds(1))
    cancel()
    yield* TestClock.adjust(Duration.seconds(1))
    expect(fired).toBe(1)
  }),
)

it.scoped("a callback may set the next timer", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    const firedAt: Array<number> = []
    const tick = () => {
      firedAt.push(timing.now())
      timing.after(Duration.seconds(1), tick)
    }
    tick()
    for (let count = 0; count < 3; count++) yield* TestClock.adjust(Duration.seconds(1))
    expect(firedAt).toEqual([0, 1000, 2000, 3000])
  }),
)

it.scoped("the end of the scope cancels pending timers, and timers that are set afterwards", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const timing = yield* Scope.extend(makeTiming, scope)
    let fired = 0
    timing.after(Duration.seconds(1), () => fired++)
    yield* Scope.close(scope, Exit.void)
    const cancel = timing.after(Duration.seconds(1), () => fired++)
    timing.after(Duration.zero, () => fired++)
    cancel()
    yield* TestClock.adjust(Duration.hours(1))
    expect(fired).toBe(0)
  }),
)

it.scoped("the timers of one scope outlive the end of another", () =>
  Effect.gen(function* () {
    const timing = yield* makeTiming
    const scope = yield* Scope.make()
    const other = yield* Scope.extend(makeTiming, scope)
    const fired: Array<string> = []
    timing.after(Duration.seconds(1), () => fired.push("this"))
    other.after(Duration.seconds(1), () => fired.push("other"))
    yield* Scope.close(scope, Exit.void)
    yield* TestClock.adjust(Duration.seconds(1))
    expect(fired).toEqual(["this"])
  }),
)
