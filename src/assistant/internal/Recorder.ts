import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/**
 * Runs a scoped effect while at least one scope needs it. The first scope starts the effect, and the end of the last
 * scope ends it.
 */
export class Recorder {
  private readonly begin: Effect.Effect<void, never, Scope.Scope>
  private users = 0
  private scope: Scope.CloseableScope | undefined

  constructor(begin: Effect.Effect<void, never, Scope.Scope>) {
    this.begin = begin
  }

  get isOn(): boolean {
    return this.users > 0
  }

  get record(): Effect.Effect<void, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.suspend(() => {
        if (this.users++ > 0) return Effect.void
        return Effect.flatMap(Scope.make(), (scope) => {
          this.scope = scope
          return Scope.extend(this.begin, scope)
        })
      }),
      () =>
        Effect.suspend(() => {
          if (--this.users > 0 || this.scope === undefined) return Effect.void
          const { scope } = this
          this.scope = undefined
          return Scope.close(scope, Exit.void)
        }),
    )
  }
}
