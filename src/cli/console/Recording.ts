import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Assistant } from "../../assistant/index.ts"

// The time between two measurements of the traffic while the terminal shows no rows.
const interval = Duration.millis(500)
// In seconds. If the traffic fills the whole log within this time, the rows are dropped before a user can read them.
const shortestUse = 5

/**
 * The recording of a window's frames for a console. A terminal that takes no output shows no rows. If the traffic then
 * replaces all rows of the log within 5 s, nobody can read them, but recording them takes a third of a relay's
 * throughput. So recording pauses until the traffic becomes slower or the terminal takes output again. Afterwards a row
 * of the log shows the number of bytes that were not recorded.
 */
export class Recording {
  private readonly assistant: Pick<Assistant, "log" | "state">
  private scope: Scope.CloseableScope | undefined

  private constructor(assistant: Pick<Assistant, "log" | "state">) {
    this.assistant = assistant
  }

  /** Records until the scope closes. */
  static readonly make = (assistant: Pick<Assistant, "log" | "state">): Effect.Effect<Recording, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.suspend(() => {
        const recording = new Recording(assistant)
        return Effect.as(recording.resume, recording)
      }),
      (recording) => recording.pause,
    )

  /** Waits for the terminal. Recording pauses while the terminal shows no rows and the log would soon drop them. */
  untilSeen<E, R>(wait: Effect.Effect<void, E, R>): Effect.Effect<void, E, R> {
    return Effect.ensuring(Effect.raceFirst(wait, this.watch), this.resume)
  }

  private get watch(): Effect.Effect<never> {
    const { state } = this.assistant
    return Effect.gen(this, function* () {
      yield* Effect.sleep(interval)
      let before = (yield* state).traffic
      while (true) {
        yield* Effect.sleep(interval)
        const { log, traffic } = yield* state
        const bytes = traffic.bytesIn - before.bytesIn + traffic.bytesOut - before.bytesOut
        const perSecond = bytes / Duration.toSeconds(interval)
        yield* perSecond * shortestUse > log.limit ? this.pause : this.resume
        before = traffic
      }
    })
  }

  private get resume(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.scope !== undefined) return Effect.void
      return Effect.flatMap(Scope.make(), (scope) => {
        this.scope = scope
        return Scope.extend(this.assistant.log.record, scope)
      })
    }).pipe(Effect.uninterruptible)
  }

  private get pause(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { scope } = this
      this.scope = undefined
      return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
    }).pipe(Effect.uninterruptible)
  }
}
