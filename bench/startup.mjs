// Measures the start-up of the command and of bare Node in turns, and prints medians. Usage: npm run bench:startup
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const bin = join(dirname(fileURLToPath(import.meta.url)), "..", "bin", "tcpfx.cjs")
const runs = 21
const work = {
  "node -e 0": ["-e", "0"],
  "tcpfx --help": [bin, "--help"],
  "tcpfx interfaces": [bin, "interfaces"],
  "tcpfx connect": [bin, "connect", "127.0.0.1", "1"],
  "tcpfx serve": [bin, "serve", "unix:/nowhere/x"],
}
const times = Object.fromEntries(Object.keys(work).map((name) => [name, []]))
for (let run = -1; run < runs; run++) {
  for (const [name, args] of Object.entries(work)) {
    const start = process.hrtime.bigint()
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" })
    // connect and serve fail at once: nothing listens on port 1, and the folder of the socket file is missing.
    if (status > 2) throw new Error(`${name} ended with ${status}`)
    // The first round warms the caches.
    if (run >= 0) times[name].push(Number(process.hrtime.bigint() - start) / 1e6)
  }
}
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const bare = median(times["node -e 0"])
for (const name of Object.keys(work)) {
  const middle = median(times[name])
  process.stdout.write(`${name.padEnd(18)} ${middle.toFixed(0).padStart(4)} ms  ${(middle / bare).toFixed(2)} x\n`)
}
