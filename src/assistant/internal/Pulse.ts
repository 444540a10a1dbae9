import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Waiters } from "../../runtime/Waiters.ts"

// User interfaces get changes ten times a second.
const periodMillis = 100
// While sockets keep the event loop busy, user interfaces get changes four times a second. After each change a user
// interface requests rows. At ten changes a second, these requests would take a tenth of the time of the sockets.
const busyPeriodMillis = 250

/** Options of a pulse. */
export interface PulseOptions {
  /** Runs at each tick, before the watchers compare their keys. */
  readonly tick: Effect.Effect<void>
  /** An effect that each watcher acquires. */
  readonly meanwhile: Effect.Effect<void, never, Scope.Scope>
  /** Whether the event loop has been busy since the last call. */
  readonly isBusy: () => boolean
  /** The scope of the pulse. */
  readonly scope: Scope.Scope
}

/**
 * Checks for changes ten times a second while a user interface watches, and four times a second while the event loop is
 * busy. No timer runs without a watcher.
 */
export class Pulse {
  /** The number of watchers. */
  watchers = 0
  private readonly options: PulseOptions
  private readonly waiters = new Waiters()
  private fiber: Fiber.RuntimeFiber<never> | undefined

  constructor(options: PulseOptions) {
    this.options = options
  }

  /** Keeps the pulse running until the scope closes. */
  get watch(): Effect.Effect<void, never, Scope.Scope> {
    const beating = Effect.acquireRelease(
      Effect.suspend(() => (this.watchers++ === 0 ? this.start : Effect.void)),
      () => Effect.suspend(() => (--this.watchers === 0 ? this.stop : Effect.void)),
    )
    return Effect.zipRight(this.options.meanwhile, beating)
  }

  /** Streams a value: first the current value, then the value at each tick at which its key has changed. */
  changes<A>(keyOf: () => string, read: Effect.Effect<A>): Stream.Stream<A> {
    return Stream.unwrapScoped(
      Effect.as(
        this.watch,
        Stream.suspend(() => {
          let seen: string | undefined
          const next: Effect.Effect<A> = Effect.suspend(() => {
            const key = keyOf()
            if (key === seen) return this.waiters.waitThen(next)
            seen = key
            return read
          })
          // The first value is emitted at once, each further value at a tick.
          const later = Effect.suspend(() => this.waiters.waitThen(next))
          return Stream.concat(Stream.fromEffect(next), Stream.repeatEffect(later))
        }),
      ),
    )
  }

  private get start(): Effect.Effect<void> {
    const { isBusy, scope, tick } = this.options
    const beat = Effect.zipRight(
      Effect.suspend(() => Effect.sleep(isBusy() ? busyPeriodMillis : periodMillis)),
      Effect.zipRight(
        tick,
        Effect.sync(() => this.waiters.wake()),
      ),
    )
    // The fiber starts inside an acquisition, which is uninterruptible. Without `interruptible`, the fiber would be
    // uninterruptible too.
    return Effect.flatMap(tick, () =>
      Effect.map(Effect.forkIn(Effect.interruptible(Effect.forever(beat)), scope), (fiber) => {
        this.fiber = fiber
      }),
    )
  }

  private get stop(): Effect.Effect<void> {
    const { fiber } = this
    this.fiber = undefined
    return fiber === undefined ? Effect.void : Effect.asVoid(Fiber.interruptFork(fiber))
  }
}
