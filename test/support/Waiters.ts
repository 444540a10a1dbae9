import * as Effect from "effect/Effect"

/** Effects that wait until a state of a test holds. Code that changes the state calls `notify`. */
export class Waiters {
  private readonly checks = new Set<() => void>()

  /** Waits until `look` finds something. */
  until<A>(look: () => A | undefined): Effect.Effect<A> {
    return Effect.async<A>((resume) => {
      const check = () => {
        const found = look()
        if (found === undefined) return false
        this.checks.delete(check)
        resume(Effect.succeed(found))
        return true
      }
      if (check()) return
      this.checks.add(check)
      return Effect.sync(() => this.checks.delete(check))
    })
  }

  /** Lets each effect look again. */
  notify(): void {
    for (const check of [...this.checks]) check()
  }
}
