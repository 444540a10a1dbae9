import { existsSync, readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"

/** The rows of the tables of promises. */
const rows = readFileSync("docs/reliability.md", "utf8")
  .split("\n\n")
  .filter((block) => block.startsWith("| promise"))
  .flatMap((table) => table.trim().split("\n").slice(1))
  .filter((row) => row.startsWith("| "))

/** Whether a test has this name, alone or after the name of its `describe`. The end of the name may be left out. */
const hasTest = (source: string, name: string): boolean =>
  source.includes(name) ||
  [...source.matchAll(/describe[\w.()!]*\("([^"]+)"/g)].some(
    ([, group = ""]) => name.startsWith(`${group} `) && source.includes(name.slice(group.length + 1)),
  )

it("each row of docs/reliability.md names tests that exist", () => {
  for (const row of rows) {
    const held = row.split("|").at(-2) ?? ""
    let source = ""
    let names = 0
    for (const [, file, name] of held.matchAll(/`([\w./]+)`|"([^"]+)"/g)) {
      if (file !== undefined) {
        const path = [`test/${file}.test.ts`, `test/${file}.ts`].find(existsSync)
        expect([row, path]).not.toEqual([row, undefined])
        source = readFileSync(path ?? "", "utf8")
      } else if (name !== undefined) {
        expect([name, hasTest(source, name)]).toEqual([name, true])
        names++
      }
    }
    expect([row, names > 0 || held.trim() === "the same"]).toEqual([row, true])
  }
  expect(rows.length).toBeGreaterThan(40)
})
