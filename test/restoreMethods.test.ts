import { describe, expect, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { restoreMethods } from "./support/restoreMethods.ts"

describe("the methods of `it`", () => {
  const { effect, scoped } = it
  layer(Layer.empty, { excludeTestServices: true })(() => {})
  const changed = it.scoped
  restoreMethods()

  it("are changed by a layer for everybody, and given back", () => {
    expect(changed).not.toBe(scoped)
    expect([it.effect, it.scoped]).toEqual([effect, scoped])
  })

  it.scoped("have the clock of the test", () => Effect.asVoid(TestClock.adjust("1 hour")))
})
