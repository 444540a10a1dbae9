import { readdirSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { describe, expect, it } from "@effect/vitest"

const page = readFileSync("docs/architecture.md", "utf8")

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)

const sources = filesIn("src").filter((path) => /\.tsx?$/.test(path))

/** The names in backquotes. */
const named = [...new Set(Array.from(page.matchAll(/`([^`\n]+)`/g), ([, name = ""]) => name))]

describe("docs/architecture.md", () => {
  it("names only source files that exist", () => {
    const files = [...sources, ...filesIn("test")]
    for (const name of named.filter((one) => one.endsWith(".ts"))) {
      const found = files.some((path) =>
        name.includes("/") ? path.endsWith(`/${name}`) || path === name : basename(path) === name,
      )
      expect(found, name).toBe(true)
    }
  })

  it("names only classes and types that the sources have", () => {
    const text = sources.map((path) => readFileSync(path, "utf8")).join("\n")
    const words = new Set(text.match(/\w+/g))
    for (const name of named.filter((one) => /^[A-Z][a-z]\w*(\.[a-z]\w*)?$/.test(one))) {
      for (const word of name.split(".")) expect(words.has(word), name).toBe(true)
    }
  })
})
