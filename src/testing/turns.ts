import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"

/**
 * Waits for the next turn of the event loop. All callbacks and fibers that were due before it have run then. The network
 * in memory delivers bytes in the turn after they were sent.
 */
export const nextTurn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/**
 * Waits for a number of turns of the event loop. Use it to show that something does not happen; wait for events or for
 * answers to show that something happens.
 *
 * @example
 * import { Effect, Fiber, TestClock, TestContext } from "effect"
 * import { Handler } from "tcpfx/server"
 * import { Testing } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const connection = yield* Testing.connect()
 *   yield* TestClock.adjust("59 seconds")
 *   yield* Testing.turns(5)
 *   const ending = yield* Effect.fork(connection.peerEnded)
 *   assert.equal(ending.unsafePoll(), null)
 *   yield* TestClock.adjust("1 second")
 *   yield* Fiber.join(ending)
 * })
 * const layer = Testing.layer({ handler: () => Effect.sleep("1 minute") })
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer), Effect.provide(TestContext.TestContext)))
 */
export const turns = (count: number): Effect.Effect<void> => Effect.asVoid(Effect.replicateEffect(nextTurn, count))

// A server checks a deadline about ten times before it is over.
const steps = 20

/**
 * Moves `TestClock` in 20 steps. The event loop turns between them, so bytes arrive, and callbacks set their next timer. A
 * server and a client need steps: they check the deadlines of their peers periodically, and end a peer between the time of
 * a deadline and 1.1 times this time.
 *
 * @example
 * import { Duration, Effect, TestContext } from "effect"
 * import { Handler } from "tcpfx/server"
 * import { Testing } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const connection = yield* Testing.connect()
 *   yield* Testing.adjust("11 seconds")
 *   yield* connection.peerEnded
 * })
 * const layer = Testing.layer({ handler: Handler.discard(), settings: { idleTimeout: Duration.seconds(10) } })
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer), Effect.provide(TestContext.TestContext)))
 */
export const adjust = (duration: Duration.DurationInput): Effect.Effect<void> => {
  const step = Duration.unsafeDivide(duration, steps)
  return Effect.asVoid(Effect.replicateEffect(Effect.zipRight(turns(2), TestClock.adjust(step)), steps))
}
