// Measures the start-up of the command and of bare Node in turns, and writes bench/results/startup.md.
// Usage: npm run bench:startup [-- --before FOLDER] [--quick]. The folder has another built checkout, for a
// comparison. The name of a folder without a repository is its version.
import { spawnSync } from "node:child_process"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { basename, dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({ options: { before: { type: "string" }, quick: { type: "boolean", default: false } } })
const project = join(dirname(fileURLToPath(import.meta.url)), "..")
const runs = values.quick ? 5 : 31

/** The command lines. `connect` and `serve` fail at once: nothing listens on port 1, and the folder is missing. */
const lines = {
  "tcpfx --help": ["--help"],
  "tcpfx serve --help": ["serve", "--help"],
  "tcpfx interfaces": ["interfaces"],
  "tcpfx connect": ["connect", "127.0.0.1", "1"],
  "tcpfx serve": ["serve", "unix:/nowhere/x"],
}
const folders = { now: project, ...(values.before === undefined ? {} : { before: resolve(values.before) }) }

const env = { ...process.env, TCPFX_CONFIG: "none" }
const elapsed = (args) => {
  const start = process.hrtime.bigint()
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore", env })
  if (status > 2) throw new Error(`${args.join(" ")} ended with ${status}`)
  return Number(process.hrtime.bigint() - start) / 1e6
}

const bare = []
const times = new Map()
for (let run = -1; run < runs; run++) {
  const note = (key, millis) => {
    // The first round warms the caches.
    if (run >= 0) times.set(key, [...(times.get(key) ?? []), millis])
  }
  const millis = elapsed(["-e", "0"])
  if (run >= 0) bare.push(millis)
  for (const [name, words] of Object.entries(lines)) {
    for (const [way, folder] of Object.entries(folders)) {
      note(`${way} ${name}`, elapsed([join(folder, "bin", "tcpfx.cjs"), ...words]))
    }
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
const commitOf = (folder) => {
  const git = (...words) => spawnSync("git", ["-C", folder, ...words], { encoding: "utf8" }).stdout.trim()
  return git("rev-parse", "--show-toplevel") === folder ? git("rev-parse", "--short", "HEAD") : basename(folder)
}
const kilobytes = (folder, name) => {
  try {
    return `${Math.round(statSync(join(folder, "dist", "cli", name)).size / 1000)} kB`
  } catch {
    return "–"
  }
}

const node = median(bare)
const ways = Object.keys(folders).reverse()
const cell = (millis) => `${millis.toFixed(0)} ms (${(millis / node).toFixed(2)} x)`
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
const rows = Object.keys(lines).map((name) => [
  `\`${name}\``,
  ...ways.map((way) => cell(median(times.get(`${way} ${name}`)))),
])
const { version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"))
const report = `# The start-up of the command

${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, tcpfx ${version}, ${ways.map((way) => `${way}: ${commitOf(folders[way])}`).join(", ")}. \`npm run bench:startup\` measures again.

The median of ${runs} interleaved runs, from the start of the process to its end, beside \`node -e 0\` (${node.toFixed(0)} ms). \`connect\` and \`serve\` fail
at once: nothing listens on the port, and the folder of the socket is missing. The code cache is warm.

${table(["command line", ...ways], rows)}

${table(
  ["bundle", ...ways],
  ["tcpfx.cjs", "serve.cjs", "ui.cjs", "ctl.cjs", "worker.cjs", "otlp.cjs"].map((name) => [
    `\`${name}\``,
    ...ways.map((way) => kilobytes(folders[way], name)),
  ]),
)}
`
process.stdout.write(report)
if (!values.quick) writeFileSync(join(project, "bench", "results", "startup.md"), report)
