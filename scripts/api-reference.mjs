// Builds the API reference in docs/api/site. The folder docs/api has packages of its own, because TypeDoc needs an older
// TypeScript than this package. Every warning is an error.
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const cwd = join(dirname(fileURLToPath(import.meta.url)), "..", "docs", "api")
const steps = [
  ["npm", ["ci", "--no-audit", "--no-fund"]],
  [process.execPath, ["node_modules/typedoc/bin/typedoc"]],
]
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
}
