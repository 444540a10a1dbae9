import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { SettingsError } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"

/** The deadline of the waits of the test kit in our tests. It only ends a test that hangs, because the machine may be busy. */
export const patient: Testing.WaitOptions = { within: "50 seconds" }

/** A probe of events with the deadline {@link patient}. */
export const record = <E extends Testing.TaggedEvent>(
  subscribe: Effect.Effect<Stream.Stream<E>, SettingsError, Scope.Scope>,
): Effect.Effect<Testing.EventProbe<E>, never, Scope.Scope> => Testing.probe(Effect.orDie(subscribe), patient)
