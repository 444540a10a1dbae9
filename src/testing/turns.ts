import * as Effect from "effect/Effect"

/**
 * Waits for the next turn of the event loop. All callbacks and fibers that were due earlier have run by then. The
 * network in memory delivers bytes in the turn after their send.
 */
export const nextTurn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/**
 * Waits for a number of turns of the event loop. Use it to show that something does not happen. To show that something
 * happens, wait for events or answers.
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
