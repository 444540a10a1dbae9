import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const root = fileURLToPath(new URL("..", import.meta.url))
const read = (path: string) => readFileSync(join(root, path), "utf8")

const Manifest = Schema.parseJson(
  Schema.Struct({
    version: Schema.String,
    license: Schema.String,
    files: Schema.Array(Schema.String),
    scripts: Schema.Record({ key: Schema.String, value: Schema.String }),
    exports: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    devDependencies: Schema.Record({ key: Schema.String, value: Schema.String }),
    peerDependencies: Schema.Record({ key: Schema.String, value: Schema.String }),
  }),
)
const Lock = Schema.parseJson(
  Schema.Struct({
    packages: Schema.Record({ key: Schema.String, value: Schema.Struct({ version: Schema.optional(Schema.String) }) }),
  }),
)

const manifest = Schema.decodeSync(Manifest)(read("package.json"))
const lock = Schema.decodeSync(Lock)(read("package-lock.json"))

it("there is one single copy of effect, and of each of its packages", () => {
  const copies = Object.keys(lock.packages).filter((path) => /node_modules\/(effect|@effect\/[^/]+)$/.test(path))
  const names = copies.map((path) => path.replace(/^.*node_modules\//, ""))
  expect(names).toEqual([...new Set(names)])
  expect(names).toContain("effect")
})

it("every version is exact, and installed as it is named", () => {
  for (const [name, version] of Object.entries(manifest.devDependencies)) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
    expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version)
  }
})

it("the lock file names no registry", () => {
  expect(read("package-lock.json")).not.toMatch(/"resolved"|https?:\/\/registry/)
})

it("each dependency earns its place with a line in docs/dependencies.md", () => {
  const documented = read("docs/dependencies.md")
  const names = [...Object.keys(manifest.devDependencies), ...Object.keys(manifest.peerDependencies)]
  for (const name of names) expect(documented, name).toContain(`\`${name}\``)
})

it("the program in the README is the one that the tests run, in fewer than 30 lines", () => {
  const example = read("examples/chat-server.ts")
  expect(read("README.md")).toContain(`\`\`\`ts\n${example}\`\`\``)
  expect(example.trimEnd().split("\n").length).toBeLessThan(30)
})

it("the README is a front page of fewer than 200 lines", () => {
  expect(read("README.md").split("\n").length).toBeLessThan(200)
})

it("each layer with an index that the package ships is a sub-path of the package", () => {
  const layers = readdirSync(join(root, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(root, "src", entry.name)).includes("index.ts"))
    .filter(({ name }) => !manifest.files.includes(`!src/${name}`))
    .map(({ name }) => name)
  for (const layer of layers) expect(Object.keys(manifest.exports), layer).toContain(`./${layer}`)
})

it("the root of the package has each sub-path of a layer as a namespace", async () => {
  const subPaths = Object.keys(manifest.exports).filter((path) => /^\.\/[a-z]+$/.test(path))
  expect(Object.keys(await import("tcpfx"))).toEqual(subPaths.map((path) => path.slice("./".length)).sort())
})

it("docs/command.md names every variable that the settings are read from", () => {
  const source = read("src/server/internal/serverVariables.ts")
  const variables = [...source.matchAll(/\bread\("([A-Z_]+)"/g)].map((match) => match[1])
  expect(variables.length).toBeGreaterThan(5)
  for (const name of variables) expect(read("docs/command.md")).toContain(`\`TCPFX_${name}\``)
})

it("the license is MIT, by name and by text, and the package carries it", () => {
  expect(manifest.license).toBe("MIT")
  expect(manifest.files).toContain("LICENSE")
  expect(read("LICENSE")).toMatch(/^MIT License\n\nCopyright \(c\) \d{4} The tcpfx authors\n/)
})

it("the README names the versions of Node that the tests run on", () => {
  const versions = manifest.scripts["test:versions"]?.match(/\b\d+\b/g) ?? []
  expect(versions).toEqual(["20", "22", "24", "26"])
  expect(read("README.md")).toContain(`tested on ${versions.slice(0, -1).join(", ")} and ${versions.at(-1)}`)
})
