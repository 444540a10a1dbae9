// Runs the tests that depend on Node with other versions of Node. Each version is an npm package in a new folder.
// Usage: node scripts/test-on-node.mjs MAJOR [MAJOR…]; dist/ must be built. At the end the script prints a line
// "failed: …" for each failed test. The last line counts the tests of all versions. A version that cannot be installed
// counts as one failure.
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { countTests, failedMark, reportTo } from "./vitestReport.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
// The other folders test code that does not use Node, or check the project itself.
const suites = [
  "transport",
  "connection",
  "server",
  "client",
  "protocol",
  "rooms",
  "testing",
  "platform",
  "cli",
  "faults",
  "interop",
  "examples",
]
const runLimitMillis = 15 * 60_000

const versions = process.argv.slice(2)
if (versions.length === 0 || versions.some((version) => !/^[0-9]+$/.test(version))) {
  process.stderr.write("usage: node scripts/test-on-node.mjs MAJOR [MAJOR…]\n")
  process.exit(2)
}

// Removes the 200 MB of a version and ends its processes, even when this script is interrupted.
const stopping = new AbortController()
const folders = []
process.on("exit", () => {
  stopping.abort()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1))

/** Runs a command. Shows its output only if a test failed. */
const output = (command, args, options) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: runLimitMillis,
      signal: stopping.signal,
    })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8")
      stream.on("data", (text) => {
        said += text
      })
    }
    child.on("error", (error) => resolve({ ended: error.message, said }))
    child.on("close", (code, signal) => resolve({ ended: code === 0 ? undefined : (signal ?? `code ${code}`), said }))
  })

const install = async (version, folder) => {
  const name = `node-${process.platform}-${process.arch}`
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }))
  const options = { cwd: folder }
  const { ended, said } = await output(
    "npm",
    ["install", "--no-save", "--no-audit", "--no-fund", `${name}@${version}`],
    options,
  )
  if (ended !== undefined) throw new Error(`${name}@${version} cannot be installed: ${said.trim()}`)
  const node = join(folder, "node_modules", name, "bin", "node")
  const { ended: refusal, said: found } = await output(node, ["--version"], options)
  if (refusal !== undefined || !found.startsWith(`v${version}.`)) {
    throw new Error(`${name}@${version} does not run (${refusal ?? found.trim()})`)
  }
  return { node, found: found.trim() }
}

const test = async (version) => {
  const folder = mkdtempSync(join(tmpdir(), `tcpfx-node-${version}-`))
  folders.push(folder)
  try {
    const { node, found } = await install(version, folder)
    const report = join(folder, "report.json")
    const { ended, said } = await output(
      node,
      [
        join(root, "node_modules/vitest/vitest.mjs"),
        "run",
        ...reportTo(report),
        ...suites.map((suite) => `test/${suite}/`),
      ],
      // A test that starts `node` by name gets the same version.
      { cwd: root, env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env["PATH"]}` } },
    )
    const { passed, failed, failures, skipped } = countTests(report, ended !== undefined)
    if (failed > 0) process.stdout.write(said)
    const end = failed > 0 && ended !== undefined ? `; it ended with ${ended}` : ""
    process.stdout.write(`Node ${found}: ${passed} passed, ${failed} failed, ${skipped} skipped${end}\n`)
    return { passed, failed, failures: failures.map((failure) => `Node ${found} > ${failure}`) }
  } catch (error) {
    process.stdout.write(`Node ${version}: ${error.message}\n`)
    return { passed: 0, failed: 1, failures: [`Node ${version}: ${error.message.split("\n", 1)[0]}`] }
  }
}

// Runs one version at a time: each run has a worker for each core, and two runs at once would exceed deadlines of
// tests.
const own = process.versions.node.split(".")[0]
if (versions.includes(own)) process.stdout.write(`Node ${process.version}: runs this script, and npm test tests it\n`)
const results = []
for (const version of versions) if (version !== own) results.push(await test(version))
const sum = (key) => results.reduce((total, result) => total + result[key], 0)
for (const { failures } of results) for (const failure of failures) process.stdout.write(`${failedMark}${failure}\n`)
process.stdout.write(`${sum("passed")} passed, ${sum("failed")} failed\n`)
process.exitCode = sum("failed") === 0 ? 0 : 1
