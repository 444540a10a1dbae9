// Turns each @example of the sources into a test under .generated/, so that examples compile and hold.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const out = join(root, ".generated")
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })

const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort()

/** The names that the examples import, by module: all of them stand in one file, whose imports are theirs together. */
const named = new Map()
const tests = []

for (const source of sources) {
  const lines = readFileSync(source, "utf8").split("\n")
  lines.forEach((text, index) => {
    if (!/^\s*\* @example\s*$/.test(text)) return
    const place = `${relative(root, source)}:${index + 1}`
    // An example is what a user of the package writes, so it imports from the package's own sub-paths.
    if (source.startsWith(join(root, "src", "cli"))) throw new Error(`${place}: no user can import from src/cli`)
    const body = []
    for (let at = index + 1; !/\*\/\s*$/.test(lines[at]) && !/^\s*\* @/.test(lines[at]); at++) {
      const line = lines[at].replace(/^\s*\* ?/, "")
      const imported = /^import \{ (.+) \} from "(.+)"$/.exec(line)
      if (imported === null) {
        if (line.startsWith("import ")) throw new Error(`${place}: import by name, as in import { a } from "b"`)
        body.push(line === "" ? "" : `  ${line}`)
        continue
      }
      const names = named.get(imported[2]) ?? new Set()
      for (const name of imported[1].split(", ")) names.add(name)
      named.set(imported[2], names)
    }
    tests.push([`test("the example at ${place} holds", async () => {`, ...body, "})", ""].join("\n"))
  })
}

const imports = [...named].map(([from, names]) => `import { ${[...names].sort().join(", ")} } from "${from}"`)
writeFileSync(
  join(out, "examples.test.ts"),
  ['import assert from "node:assert/strict"', 'import { test } from "vitest"', ...imports, "", ...tests].join("\n"),
)
process.stdout.write(`${tests.length} examples\n`)
