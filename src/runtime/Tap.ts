import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

/** The callbacks of an observer. */
interface Observer {
  readonly onEvent?: ((...args: never) => void) | undefined
  readonly onOwnEvent?: ((...args: never) => void) | undefined
  readonly onRun?: ((...args: never) => void) | undefined
  readonly onSent?: ((...args: never) => void) | undefined
  readonly onFlush?: ((...args: never) => void) | undefined
  readonly onNotice?: ((...args: never) => void) | undefined
}

/**
 * Observers whose callbacks run synchronously, in the turn of the event loop in which the observed event occurs. An
 * observer that throws is removed and its failure is logged, because it must not break the observed connection and
 * would probably throw again.
 */
export class Tap<O extends Observer> {
  /**
   * Whether an observer has the callback `onEvent`. The next four fields are the same for the other callbacks. The
   * caller of `tell` checks the field first, so a tap without observers costs one boolean test.
   */
  wantsEvents = false
  wantsOwnEvents = false
  wantsRuns = false
  wantsSent = false
  wantsFlushes = false
  /** Each observer has its own wrapper, so that one object can observe twice. */
  private observers: ReadonlyArray<{ readonly observer: O }> = []
  private readonly log: (failure: unknown) => void
  private readonly onChanged: (() => void) | undefined

  private constructor(log: (failure: unknown) => void, onChanged: (() => void) | undefined) {
    this.log = log
    this.onChanged = onChanged
  }

  /**
   * Makes a tap that logs failures with the logger of the current fiber. `onChanged` is called when an observer was added
   * or removed.
   */
  static readonly make = <O extends Observer>(
    options: { readonly onChanged?: () => void } = {},
  ): Effect.Effect<Tap<O>> =>
    Effect.map(
      Effect.runtime<never>(),
      (runtime) =>
        new Tap<O>((failure) => {
          Runtime.runFork(runtime)(Effect.logError("an observer failed and is removed", Cause.die(failure)))
        }, options.onChanged),
    )

  /** Adds an observer. The end of the scope removes it. */
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

  /** Calls `call` with each observer. Removes an observer for which `call` throws. */
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
    this.change(this.observers.filter((other) => other !== own))
  }

  private change(observers: ReadonlyArray<{ readonly observer: O }>): void {
    this.observers = observers
    this.wantsEvents = observers.some(({ observer }) => observer.onEvent !== undefined)
    this.wantsOwnEvents = observers.some(({ observer }) => observer.onOwnEvent !== undefined)
    this.wantsRuns = observers.some(({ observer }) => observer.onRun !== undefined)
    this.wantsSent = observers.some(({ observer }) => observer.onSent !== undefined)
    this.wantsFlushes = observers.some(({ observer }) => observer.onFlush !== undefined)
    this.onChanged?.()
  }
}
