import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { readInput } from "../../../src/cli/console/readInput.ts"
import { consoleWords } from "../../../src/cli/console/words.ts"

const page = readFileSync("docs/console.md", "utf8")
const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``

describe("the page about the console", () => {
  it("has every command with its form, its help and its example", () => {
    const heading = "| command | what it does | example | for |\n|---|---|---|---|\n"
    const [table = ""] = page.slice(page.indexOf(heading) + heading.length).split("\n\n", 1)
    expect(table.split("\n")).toEqual(
      consoleWords.map(
        ({ example, form, kind, what }) =>
          `| ${code(form)} | ${what.replaceAll("|", "\\|")} | ${code(example)} | ${kind} |`,
      ),
    )
  })

  it("has only examples that the console understands", () => {
    for (const { example, kind } of consoleWords) {
      for (const window of kind === "both" ? (["server", "client"] as const) : [kind]) {
        const read = readInput(example, window, { to: "@all", ending: undefined, checksum: undefined, isHex: false })
        expect([window, example, Either.getLeft(read)._tag]).toEqual([window, example, "None"])
      }
    }
  })
})
