import { it } from "@effect/vitest"

const slot = Symbol.for("tcpfx/test/support/restoreMethods")

type Methods = Pick<typeof it, "effect" | "flakyTest" | "layer" | "prop" | "scoped">

const methods = (): Methods => {
  const { effect, flakyTest, layer, prop, scoped } = it
  return { effect, flakyTest, layer, prop, scoped }
}

const original: Methods = Reflect.get(globalThis, slot) ?? methods()
Reflect.set(globalThis, slot, original)

/**
 * Restores the methods of `it`. `layer` of @effect/vitest 0.30 replaces `effect` and `scoped` of the one `it` of the
 * process (see its `makeIt`). Files of the quick suite share a process, so every later file would run without
 * TestClock.
 */
export const restoreMethods = (): void => {
  Object.assign(it, original)
}

// Vitest runs this file before each file of tests.
restoreMethods()
