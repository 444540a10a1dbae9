import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

/** What an observer may be told of. */
interface Observer {
  readonly onEvent?: ((...told: never) => void) | undefined
  readonly onOwnEvent?: ((...told: never) => void) | undefined
  readonly onRun?: ((...told: never) => void) | undefined
  readonly onSent?: ((...told: never) => void) | undefined
}

/**
 * Observers that are told in the turn in which something happens. An observer that throws is told nothing more, and the
 * failure is logged: what it observes must not break, and a broken observer would break again at once.
 */
export class Tap<O extends Observer> {
  /** Asked before anything is told: a tap without observers costs one look at a boolean. */
  wantsEvents = false
  wantsOwnEvents = false
  wantsRuns = false
  wantsSent = false
  /** Each in a box of its own, so that one object can observe twice. */
  private observers: ReadonlyArray<{ readonly observer: O }> = []
  private readonly log: (failure: unknown) => void

  private constructor(log: (failure: unknown) => void) {
    this.log = log
  }

  /** A tap whose failures go to the logger of the current fiber. */
  static readonly make = <O extends Observer>(): Effect.Effect<Tap<O>> =>
    Effect.map(
      Effect.runtime<never>(),
      (runtime) =>
        new Tap<O>((failure) => {
          Runtime.runFork(runtime)(Effect.logError("an observer failed and is told nothing more", Cause.die(failure)))
        }),
    )

  /** Tells an observer until the scope closes. */
  observe(observer: O): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => {
          const own = { observer }
          this.change([...this.observers, own])
          return own
        }),
        (own) => Effect.sync(() => this.remove(own)),
      ),
    )
  }

  /** Calls each observer. */
  tell(call: (observer: O) => void): void {
    for (const own of this.observers) {
      try {
        call(own.observer)
      } catch (failure) {
        this.remove(own)
        this.log(failure)
      }
    }
  }

  private remove(own: { readonly observer: O }): void {
    this.change(this.observers.filter((one) => one !== own))
  }

  private change(observers: ReadonlyArray<{ readonly observer: O }>): void {
    this.observers = observers
    this.wantsEvents = observers.some(({ observer }) => observer.onEvent !== undefined)
    this.wantsOwnEvents = observers.some(({ observer }) => observer.onOwnEvent !== undefined)
    this.wantsRuns = observers.some(({ observer }) => observer.onRun !== undefined)
    this.wantsSent = observers.some(({ observer }) => observer.onSent !== undefined)
  }
}
