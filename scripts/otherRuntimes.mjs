// Checks the packed library with other runtimes. Each runtime is an npm package in a new folder; dist/ must be built.
// Usage: node scripts/otherRuntimes.mjs [bun|deno|node]…   (default: all). docs/reliability.md has the results.
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import selfsigned from "selfsigned"
import { pack } from "./pack.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const runtimes = { node: [], bun: ["bun"], deno: ["deno", "run", "--allow-all"] }

const asked = process.argv.slice(2)
const names = asked.length === 0 ? Object.keys(runtimes) : asked
if (names.some((name) => runtimes[name] === undefined)) {
  process.stderr.write("usage: node scripts/otherRuntimes.mjs [bun|deno|node]…\n")
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), "tcpfx-runtimes-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const run = (command, args) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 300_000,
  })
  return {
    status: error === undefined ? status : 1,
    said: `${stdout}${error?.message ?? (status === 0 ? "" : stderr)}`,
  }
}

const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const packages = [
  pack(folder),
  ...["effect", "@effect/platform"].map((name) => `${name}@${devDependencies[name]}`),
  ...names.filter((name) => name !== "node"),
]
writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
const installed = run("npm", ["install", "--no-audit", "--no-fund", ...packages])
if (installed.status !== 0) {
  process.stderr.write(`${installed.said}\n`)
  process.exit(1)
}
const { cert, private: key } = await selfsigned.generate([{ name: "commonName", value: "localhost" }], {
  keyType: "ec",
  algorithm: "sha256",
  extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
})
writeFileSync(join(folder, "cert.pem"), cert)
writeFileSync(join(folder, "key.pem"), key)
cpSync(join(root, "scripts", "runtimeCheck.mjs"), join(folder, "check.mjs"))

let failed = 0
for (const name of names) {
  const [binary, ...args] = runtimes[name]
  const command = binary === undefined ? process.execPath : join(folder, "node_modules", ".bin", binary)
  const version = run(command, ["--version"]).said.split("\n", 1)[0].trim()
  process.stdout.write(`# ${name} ${version}\n`)
  const { said, status } = run(command, [...args, "check.mjs"])
  process.stdout.write(said)
  if (status !== 0) failed++
}
process.exitCode = failed
