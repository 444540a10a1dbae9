import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { Registry } from "../../src/runtime/Registry.ts"
import { runs } from "../support/properties.ts"

const Step = Schema.Struct({
  key: Schema.Int.pipe(Schema.between(0, 5)),
  action: Schema.Literal("set", "delete", "look"),
})

describe("a registry", () => {
  it.prop(
    "has the keys, values and order of a Map",
    [Arbitrary.make(Schema.Array(Step))],
    ([steps]) => {
      const registry = new Registry<number, { readonly at: number }>()
      const model = new Map<number, { readonly at: number }>()
      steps.forEach(({ action, key }, at) => {
        if (action === "set") {
          registry.set(key, { at })
          model.set(key, { at })
        } else if (action === "delete") {
          expect(registry.delete(key)).toBe(model.delete(key))
        }
        expect([registry.has(key), registry.get(key), registry.size]).toEqual([
          model.has(key),
          model.get(key),
          model.size,
        ])
        expect([...registry]).toEqual([...model.values()])
      })
    },
    runs(200),
  )

  it("iterates over values that are added meanwhile, and skips values deleted meanwhile", () => {
    const registry = new Registry<number, { readonly name: string }>()
    for (const [key, name] of ["a", "b", "c"].entries()) registry.set(key, { name })
    const seen: Array<string> = []
    for (const { name } of registry) {
      seen.push(name)
      if (name === "a") {
        registry.delete(0)
        registry.delete(1)
        registry.set(3, { name: "d" })
      }
    }
    expect(seen).toEqual(["a", "c", "d"])
  })
})
