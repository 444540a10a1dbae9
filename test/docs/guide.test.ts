import { readdirSync, readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"

const chapters = readdirSync("docs/guide").filter((name) => name.endsWith(".md") && name !== "README.md")
const read = (chapter: string) => readFileSync(`docs/guide/${chapter}`, "utf8")

/** The blocks whose fence names a file: the name and the text. */
const shownFiles = (text: string) =>
  [...text.matchAll(/^```ts (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", shown = ""]) => ({ name, shown }))

it.each(["README.md", ...chapters])("%s shows the files of examples/ as they are", (chapter) => {
  for (const { name, shown } of shownFiles(read(chapter))) {
    expect(shown, name).toBe(readFileSync(name, "utf8"))
  }
})

it.each(chapters)("%s has a program, says what can go wrong, and where to go on", (chapter) => {
  const text = read(chapter)
  expect(shownFiles(text)).not.toEqual([])
  expect(text.split("\n").filter((line) => line === "## What can go wrong" || line === "## Where to go on")).toEqual([
    "## What can go wrong",
    "## Where to go on",
  ])
  expect(read("README.md")).toContain(`](${chapter})`)
})

it("the guide leads to every file of examples/", () => {
  const text = ["README.md", ...chapters].map(read).join("\n")
  const files = readdirSync("examples").filter((name) => name.endsWith(".ts"))
  for (const name of files) expect(text).toContain(`(../../examples/${name})`)
})
