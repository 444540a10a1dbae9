import { expect, it } from "@effect/vitest"
import { RowSelection } from "../../../src/web/ui/log/RowSelection.ts"

it("a selection reaches from its anchor to the active row, in both directions", () => {
  const selection = new RowSelection()
  expect(selection.range).toBeUndefined()
  selection.set(10)
  expect(selection.range).toEqual({ from: 10, to: 11, active: 10 })
  expect(selection.isOnly(10)).toBe(true)
  selection.extendTo(7)
  expect(selection.range).toEqual({ from: 7, to: 11, active: 7 })
  expect(selection.isOnly(7)).toBe(false)
  selection.extendTo(12)
  expect(selection.range).toEqual({ from: 10, to: 13, active: 12 })
  expect([9, 10, 12, 13].map((place) => selection.has(place))).toEqual([false, true, true, false])
  selection.clear()
  expect(selection.active).toBeUndefined()
  expect(selection.has(10)).toBe(false)
})

it("a selection that is extended without an anchor begins at the new place", () => {
  const selection = new RowSelection()
  selection.extendTo(3)
  expect(selection.range).toEqual({ from: 3, to: 4, active: 3 })
})
