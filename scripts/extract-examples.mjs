// Makes a test under .generated/ from each @example in the sources and each block of TypeScript in the guide. The tests
// show that the examples compile and that their assertions hold.
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

/** One file of tests. Its examples share their imports: `named` has the names by module. */
const fileOfTests = () => ({ named: new Map(), tests: [] })

/** Adds an example to a file as a test, and its imports to the imports of the file. */
const add = ({ named, tests }, place, lines) => {
  const body = []
  for (const line of lines) {
    const imported = /^import \{ (.+) \} from "(.+)"$/.exec(line)
    if (imported !== null) {
      const names = named.get(imported[2]) ?? new Set()
      for (const name of imported[1].split(", ")) names.add(name)
      named.set(imported[2], names)
    } else if (line.startsWith("import ")) {
      if (line !== assertImport) throw new Error(`${place}: import by name, as in import { a } from "b"`)
    } else {
      body.push(line === "" ? "" : `  ${line}`)
    }
  }
  if (body.length > 0) tests.push([`test("the example at ${place} holds", async () => {`, ...body, "})", ""].join("\n"))
}

const assertImport = 'import assert from "node:assert/strict"'

const write = ({ named, tests }, name) => {
  const imports = [...named].map(([from, names]) => `import { ${[...names].sort().join(", ")} } from "${from}"`)
  writeFileSync(join(out, name), [assertImport, 'import { test } from "vitest"', ...imports, "", ...tests].join("\n"))
  return tests.length
}

const ofSources = fileOfTests()
for (const source of sources) {
  const lines = readFileSync(source, "utf8").split("\n")
  lines.forEach((text, index) => {
    if (!/^\s*\* @example\s*$/.test(text)) return
    const place = `${relative(root, source)}:${index + 1}`
    // An example is code of a user, so it imports from the sub-paths of the package.
    if (source.startsWith(join(root, "src", "cli", "/"))) throw new Error(`${place}: no user can import from src/cli`)
    const body = []
    for (let at = index + 1; !/\*\/\s*$/.test(lines[at]) && !/^\s*\* @/.test(lines[at]); at++) {
      body.push(lines[at].replace(/^\s*\* ?/, ""))
    }
    add(ofSources, place, body)
  })
}

// A block whose fence names a file shows that file of examples/; test/docs/guide.test.ts compares the two.
const guide = fileOfTests()
const chapters = readdirSync(join(root, "docs", "guide"))
  .sort()
  .map((name) => {
    const chapter = { name, named: new Map(), tests: [] }
    const text = readFileSync(join(root, "docs", "guide", name), "utf8")
    for (const block of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
      const line = text.slice(0, block.index).split("\n").length
      add(chapter, `docs/guide/${name}:${line}`, block[1].trimEnd().split("\n"))
    }
    return chapter
  })
for (const { named, tests } of chapters) {
  for (const [from, names] of named) guide.named.set(from, new Set([...(guide.named.get(from) ?? []), ...names]))
  guide.tests.push(...tests)
}

// All chapters share one file of tests, because each file costs the start of a process. A reader has only one chapter, so
// each chapter imports what it uses.
const nameOf = (name) => name.replace(/^type /, "")
const imported = new Set([...guide.named.values()].flatMap((names) => [...names].map(nameOf)))
for (const { name, named, tests } of chapters) {
  const own = new Set([...named.values()].flatMap((names) => [...names].map(nameOf)))
  const code = tests.join("\n").replace(/\/\/.*|"[^"]*"/g, "")
  const missing = [...imported].filter((word) => !own.has(word) && new RegExp(`(?<![.\\w])${word}\\b(?!:)`).test(code))
  if (missing.length > 0) throw new Error(`docs/guide/${name}: import ${missing.join(", ")} in a block of the chapter`)
}

const count = write(ofSources, "examples.test.ts") + write(guide, "guide.test.ts")
process.stdout.write(`${count} examples\n`)
