import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** A console that records the logged values. A test can wait for a value. */
export const recordingConsole = Effect.gen(function* () {
  const console = yield* Effect.console
  const lines: Array<string> = []
  const waiting = new Map<string, Deferred.Deferred<void>>()
  const note = (line: string) =>
    Effect.suspend(() => {
      lines.push(line)
      const waiter = waiting.get(line)
      return waiter === undefined ? Effect.void : Deferred.succeed(waiter, undefined)
    })
  return {
    console: { ...console, log: (...parts: ReadonlyArray<unknown>) => Effect.asVoid(note(parts.join(" "))) },
    seen: (line: string) =>
      Effect.gen(function* () {
        if (lines.includes(line)) return
        const waiter = yield* Deferred.make<void>()
        waiting.set(line, waiter)
        yield* Deferred.await(waiter)
      }),
  }
})
