import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8")

/** The last cell of each row, which names the tests by file and part of the name. */
const named = read("docs/windows.md")
  .split("\n")
  .filter((row) => row.startsWith("| ") && !row.startsWith("| the original"))
  .map(
    (row) =>
      row
        .split(/(?<!\\)\|/)
        .at(-2)
        ?.trim() ?? "",
  )

describe("the tables of docs/windows.md", () => {
  for (const cell of named) {
    for (const entry of cell.split("; ")) {
      if (entry === "the same") continue
      const [, path = "", words = ""] = /^`([^`]+)`: (.+)$/.exec(entry) ?? []
      it(`name an existing test: ${entry}`, () => {
        expect(path).not.toBe("")
        expect(read(`test/${path}.test.ts`)).toContain(words)
      })
    }
  }

  it("name a test in each row", () => {
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter((cell) => cell === "")).toEqual([])
  })
})
