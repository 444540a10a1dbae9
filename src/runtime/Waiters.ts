import * as Effect from "effect/Effect"

/** Fibers that wait for something that callbacks bring about. */
export class Waiters {
  // Made when somebody waits: most never have anybody.
  private waiting: Array<() => void> | undefined

  /** Waits until `isReady`, which is asked at once and after each {@link wake}. Can be interrupted. */
  until(isReady: () => boolean): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      if (isReady()) return resume(Effect.void)
      const waiter = () => resume(Effect.suspend(() => (isReady() ? Effect.void : this.until(isReady))))
      this.waiting ??= []
      this.waiting.push(waiter)
      return Effect.sync(() => {
        this.waiting = this.waiting?.filter((other) => other !== waiter)
      })
    })
  }

  /** Lets all who wait look again. */
  wake(): void {
    const { waiting } = this
    if (waiting === undefined) return
    this.waiting = undefined
    for (const waiter of waiting) waiter()
  }

  isEmpty(): boolean {
    return this.waiting === undefined || this.waiting.length === 0
  }
}
