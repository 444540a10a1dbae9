import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Waiters } from "../../runtime/Waiters.ts"

// Faces are told of changes ten times a second.
const period = "100 millis"
/** Ticks in a second. */
export const ticksPerSecond = 10

/** Looks for changes ten times a second while a face watches. No timer runs without a watcher. */
export class Pulse {
  /** How many watch. */
  watchers = 0
  private readonly tick: Effect.Effect<void>
  private readonly scope: Scope.Scope
  private readonly waiters = new Waiters()
  private fiber: Fiber.RuntimeFiber<never> | undefined

  /** `tick` runs before the watchers look; the scope is that of the pulse. */
  constructor(tick: Effect.Effect<void>, scope: Scope.Scope) {
    this.tick = tick
    this.scope = scope
  }

  /** Keeps the pulse going until the scope closes. */
  get watch(): Effect.Effect<void, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.suspend(() => (this.watchers++ === 0 ? this.start : Effect.void)),
      () => Effect.suspend(() => (--this.watchers === 0 ? this.stop : Effect.void)),
    )
  }

  /** A value now, and then whenever its key has changed at a tick. */
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
          // The first value is given at once, each other one at a tick.
          const later = Effect.suspend(() => this.waiters.waitThen(next))
          return Stream.concat(Stream.fromEffect(next), Stream.repeatEffect(later))
        }),
      ),
    )
  }

  private get start(): Effect.Effect<void> {
    const beat = Effect.zipRight(
      Effect.sleep(period),
      Effect.zipRight(
        this.tick,
        Effect.sync(() => this.waiters.wake()),
      ),
    )
    // It begins within an acquisition, which cannot be interrupted, and a fiber inherits that.
    return Effect.flatMap(this.tick, () =>
      Effect.map(Effect.forkIn(Effect.interruptible(Effect.forever(beat)), this.scope), (fiber) => {
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
