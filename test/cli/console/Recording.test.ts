import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { Assistant } from "../../../src/assistant/index.ts"
import { ServerAssistant } from "../../../src/assistant/index.ts"
import { Recording } from "../../../src/cli/console/Recording.ts"
import { MemoryTransport } from "../../../src/transport/index.ts"

/** A window whose traffic the test sets, and whether it is recorded. */
const makeWindow = Effect.gen(function* () {
  const { log, state } = yield* ServerAssistant.make({})
  let bytesIn = 0
  let recorders = 0
  const record = Effect.acquireRelease(
    Effect.sync(() => void recorders++),
    () => Effect.sync(() => void recorders--),
  )
  const window: Pick<Assistant, "log" | "state"> = {
    log: { ...log, record },
    state: Effect.map(state, (now) => ({ ...now, traffic: { ...now.traffic, bytesIn } })),
  }
  /** Lets half a second pass in which the peers send some bytes. */
  const send = (bytes: number) =>
    Effect.zipRight(
      Effect.sync(() => {
        bytesIn += bytes
      }),
      TestClock.adjust("500 millis"),
    )
  const limit = (yield* state).log.limit
  return { window, send, limit, isRecorded: () => recorders > 0 }
}).pipe(Effect.provide(MemoryTransport.layer()))

describe("the recording of a console", () => {
  it.scoped(
    "pauses while the terminal shows no rows and new rows replace the whole log within 5 s, and continues afterwards",
    () =>
      Effect.gen(function* () {
        const { isRecorded, limit, send, window } = yield* makeWindow
        const recording = yield* Recording.make(window)
        const seen = yield* Deferred.make<void>()
        const waiting = yield* Effect.fork(recording.untilSeen(Deferred.await(seen)))
        yield* send(limit)
        expect(isRecorded()).toBe(true)
        yield* send(limit / 9)
        expect(isRecorded()).toBe(false)
        yield* send(limit / 11)
        expect(isRecorded()).toBe(true)
        yield* send(limit)
        expect(isRecorded()).toBe(false)
        yield* Deferred.succeed(seen, undefined)
        yield* Fiber.join(waiting)
        expect(isRecorded()).toBe(true)
      }),
  )

  it.scoped("does not pause while the terminal takes the rows, and ends with its scope", () =>
    Effect.gen(function* () {
      const { isRecorded, limit, send, window } = yield* makeWindow
      yield* Effect.scoped(
        Effect.gen(function* () {
          const recording = yield* Recording.make(window)
          for (let frame = 0; frame < 4; frame++) {
            yield* recording.untilSeen(Effect.void)
            yield* send(limit)
            expect(isRecorded()).toBe(true)
          }
        }),
      )
      expect(isRecorded()).toBe(false)
    }),
  )
})
