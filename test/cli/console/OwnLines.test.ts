import { expect, it } from "vitest"
import { OwnLines } from "../../../src/cli/console/OwnLines.ts"

it("lines that no frame shows are bounded, and the oldest are counted", () => {
  const own = new OwnLines()
  own.add(["a", "b"])
  expect(own.take()).toEqual({ dropped: 0, lines: ["a", "b"] })
  for (let at = 0; at < 1500; at++) own.add([`line ${at}`])
  const { dropped, lines } = own.take()
  expect([dropped, lines.length, lines[0], lines.at(-1)]).toEqual([500, 1000, "line 500", "line 1499"])
  expect(own.take()).toEqual({ dropped: 0, lines: [] })
})
