// Runs every check of the project, `npm test` first. Each stage runs even if an earlier stage has failed. At the end
// the script prints a line for each stage and a line "failed: …" for each failed test. The last line counts the tests
// of all stages: "N passed, N failed". A stage without tests counts as one test.
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { countTests, failedMark, reportTo } from "./vitestReport.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const folder = mkdtempSync(join(tmpdir(), "tcpfx-test-all-"))
const stopping = new AbortController()
process.on("exit", () => {
  stopping.abort()
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1))

/** Runs a command and shows its output. Resolves with the output, the exit code and whether the command failed. */
const run = (command, args) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      signal: stopping.signal,
    })
    let output = ""
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (text) => {
      output += text
      process.stdout.write(text)
    })
    child.on("error", (error) => {
      process.stdout.write(`${command}: ${error.message}\n`)
      resolve({ output, code: 1, hasFailed: true })
    })
    child.on("close", (code) => resolve({ output, code, hasFailed: code !== 0 }))
  })

const report = (name) => join(folder, `${name}.json`)

/** A stage whose last command is vitest. */
const tests = (name, command, args) => async () => {
  const { hasFailed } = await run(command, [...args, ...reportTo(report(name))])
  return countTests(report(name), hasFailed)
}

/** The exit code of a bench without a C compiler (bench/runner/compile.ts). */
const noCompilerCode = 3

/** A stage that passes or fails as a whole. `skipCode`: the exit code that skips the stage. */
const check = (command, args, skipCode) => async () => {
  const { code, hasFailed } = await run(command, args)
  if (hasFailed && code === skipCode) return { passed: 0, failed: 0, skipped: 1, failures: [] }
  return { passed: hasFailed ? 0 : 1, failed: hasFailed ? 1 : 0, skipped: 0, failures: hasFailed ? ["as a whole"] : [] }
}

/** A stage that runs a bench once, or is skipped without a C compiler. */
const bench = (script) => check("npm", ["run", script, "--", "--quick"], noCompilerCode)

/** A stage that prints its failed tests and counts its tests in the last line. */
const versions = async () => {
  const { output, hasFailed } = await run("npm", ["run", "--silent", "test:versions"])
  const lines = output.trimEnd().split("\n")
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(lines.at(-1)) ?? []
  const failures = lines.filter((line) => line.startsWith(failedMark)).map((line) => line.slice(failedMark.length))
  const counted = { passed: Number(passed ?? 0), failed: Number(failed ?? 0), skipped: 0, failures }
  return hasFailed && counted.failed === 0 ? { ...counted, failed: 1, failures: ["as a whole"] } : counted
}

const stages = [
  ["npm test", tests("quick", "npm", ["test", "--"])],
  ["the wide suite", tests("wide", "npx", ["vitest", "run", "--project", "wide"])],
  ["the suites on plain streams", tests("streams", "npx", ["vitest", "run", "--config", "vitest.streams.config.ts"])],
  ["other versions of Node", versions],
  ["the installed package", check("node", ["scripts/check-package.mjs"])],
  ["the API reference", check("node", ["scripts/api-reference.mjs"])],
  // Checks that all rows work and that no message is lost. The measured figures are not used.
  ["the bench, once", bench("bench")],
  ["the bench of the assistant, once", bench("bench:assistant")],
  ["the bench of the pipe, once", bench("bench:pipe")],
]

const total = { passed: 0, failed: 0 }
const lines = []
const failedTests = []
for (const [name, stage] of stages) {
  process.stdout.write(`\n== ${name}\n`)
  const begun = performance.now()
  const { failed, failures, passed, skipped } = await stage()
  failedTests.push(...failures.map((failure) => `${failedMark}${name} > ${failure}`))
  total.passed += passed
  total.failed += failed
  const seconds = Math.round((performance.now() - begun) / 1000)
  lines.push(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`)
  process.stdout.write(`== ${lines.at(-1)}\n`)
}
// The summary stays short, because some tools show only the end of a long output.
const mostNamed = 50
if (failedTests.length > mostNamed)
  failedTests.splice(mostNamed, Infinity, `and ${failedTests.length - mostNamed} more`)
const summary = [...lines, ...failedTests, `${total.passed} passed, ${total.failed} failed`]
process.stdout.write(`\n${summary.join("\n")}\n`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
