import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { SettingsError } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"

/** A probe whose deadline only ends a test that hangs. It is long, because the machine may be busy. */
export const record = <E extends Testing.TaggedEvent>(
  subscribe: Effect.Effect<Stream.Stream<E>, SettingsError, Scope.Scope>,
): Effect.Effect<Testing.EventProbe<E>, never, Scope.Scope> =>
  Testing.probe(Effect.orDie(subscribe), { within: "50 seconds" })
