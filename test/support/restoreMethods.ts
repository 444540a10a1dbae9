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
 * Gives `it` its own methods back. `layer` of @effect/vitest 0.30 writes `effect` and `scoped` of its own on the one `it` of
 * the process (its `makeIt`). Files of the quick suite share a process, so every later file would run without the clock
 * of the test.
 */
export const restoreMethods = (): void => {
  Object.assign(it, original)
}

// Vitest runs this file before each test file.
restoreMethods()
