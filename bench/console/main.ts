// Measures the console of `tcpfx serve` in a terminal. See bench/README.md.
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import type { Socket } from "node:net"
import { loadavg } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { serveInTerminal } from "./terminal.ts"

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    runs: { type: "string", default: "5" },
    millis: { type: "string", default: "5000" },
    starts: { type: "string", default: "21" },
  },
})
const isQuick = values.quick
const runs = isQuick ? 1 : Number(values.runs)
const loadMillis = isQuick ? 1000 : Number(values.millis)
const starts = isQuick ? 2 : Number(values.starts)
const frame = Buffer.from(`${"x".repeat(63)}\n`)
const silent = ["--plain", "--no-traffic"]

/** Whether this process and its children run before all other processes of the machine (sched(7), proc(5)). */
const isRealTime = (): boolean => {
  const policy = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ")[38]
  return policy === "1" || policy === "2"
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Sends 100 000 frames a second. */
const pacedLoad = async (socket: Socket): Promise<void> => {
  const batch = Buffer.concat(Array.from({ length: 1000 }, () => frame))
  const begin = performance.now()
  for (let sent = 1; performance.now() - begin < loadMillis; sent++) {
    if (!socket.write(batch)) await once(socket, "drain")
    await sleep(Math.max(0, begin + 10 * sent - performance.now()))
  }
}

/** The share of a core that the server uses under the load, and the longest gap of its event loop. */
const busy = async (args: ReadonlyArray<string>) => {
  const server = await serveInTerminal(args)
  const socket = await server.dial()
  await pacedLoad(socket)
  const { cpu, gap, millis } = await server.measure(() => pacedLoad(socket))
  socket.destroy()
  await server.end()
  return { share: cpu / millis, gap }
}

/** Bytes per second that a relay delivers from one client to another. */
const relayed = async (args: ReadonlyArray<string>, output: "read" | "stalled" | "none"): Promise<number> => {
  const redirection = output === "none" ? "</dev/null >/dev/null" : ""
  const server = await serveInTerminal(["--mode", "broker", "--slow-consumer", "block", ...args], redirection)
  if (output === "stalled") server.stall()
  const [from, to] = [await server.dial(), await server.dial()]
  let received = 0
  to.on("data", (bytes: Buffer) => {
    received += bytes.length
  })
  const batch = Buffer.concat(Array.from({ length: 4000 }, () => frame))
  const fill = () => {
    while (from.write(batch));
  }
  from.on("drain", fill)
  fill()
  // A busy console fills the buffers of a stalled terminal within four seconds. It then pauses its recording.
  await sleep(output === "stalled" ? 6000 : loadMillis / 4)
  const [before, begin] = [received, performance.now()]
  await sleep(loadMillis / 2)
  const rate = (received - before) / (performance.now() - begin)
  from.destroy()
  to.destroy()
  await server.end()
  return rate
}

const started = async (args: ReadonlyArray<string>): Promise<number> => {
  const server = await serveInTerminal(args)
  await server.end()
  return server.startMillis
}

const loads = [loadavg()[0] ?? 0]
const shares: Array<number> = []
const gaps: Array<number> = []
const bareGaps: Array<number> = []
const plainRatios: Array<number> = []
const readRatios: Array<number> = []
const silentRatios: Array<number> = []
for (let run = 0; run < runs; run++) {
  const [shown, bare] = [await busy([]), await busy(silent)]
  shares.push(shown.share - bare.share)
  gaps.push(shown.gap)
  bareGaps.push(bare.gap)
  const stalled = await relayed([], "stalled")
  plainRatios.push(stalled / (await relayed(["--plain"], "none")))
  readRatios.push(stalled / (await relayed(["--plain"], "read")))
  silentRatios.push(stalled / (await relayed(silent, "read")))
}
const consoleStarts: Array<number> = []
const plainStarts: Array<number> = []
for (let run = 0; run < starts; run++) {
  consoleStarts.push(await started([]))
  plainStarts.push(await started(["--plain"]))
}
loads.push(loadavg()[0] ?? 0)

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const millis = (value: number): string => `${value.toFixed(1)} ms`
const more = median(consoleStarts) - median(plainStarts)
const rows: ReadonlyArray<readonly [string, string, string, boolean, string]> = [
  [
    "100 000 frames/s of 64 bytes, console in 80×24: share of one core for recording and showing",
    "25 %",
    percent(median(shares)),
    median(shares) <= 0.25,
    `beyond \`--plain --no-traffic\` under the same load; median of ${runs} runs of ${loadMillis / 1000} s`,
  ],
  [
    "the same: longest gap of the event loop",
    "30 ms",
    millis(median(gaps)),
    median(gaps) <= 30,
    `median of the longest gaps; ${millis(median(bareGaps))} with \`--plain --no-traffic\``,
  ],
  [
    "flat out, terminal stalled: throughput of a relay, against `--plain </dev/null >/dev/null`",
    "≥ 0.95",
    median(plainRatios).toFixed(2),
    median(plainRatios) >= 0.95,
    `${median(readRatios).toFixed(2)} against \`--plain\` in a terminal with a reader`,
  ],
  [
    "the same, against `--plain --no-traffic`, which neither records nor shows frames",
    "≥ 0.95",
    median(silentRatios).toFixed(2),
    median(silentRatios) >= 0.95,
    "recording pauses while nobody sees the rows and the log turns over within 5 s",
  ],
  [
    "`tcpfx serve` to its first row in a terminal, beyond `--plain`",
    "+ 30 ms",
    `+ ${millis(more)}`,
    more <= 30,
    `${millis(median(consoleStarts))}; median of ${starts} starts`,
  ],
]
const table = ["| figure | floor | measured | met | notes |", "|---|---|---|---|---|"]
  .concat(
    rows.map(
      ([what, floor, value, holds, note]) =>
        `| ${what} | ${floor} | ${value} | ${holds ? "yes" : "**no**"} | ${note} |`,
    ),
  )
  .join("\n")
process.stdout.write(`${table}\n`)
if (!isQuick) {
  const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
  const { cores, cpu, memoryGiB, node, system } = describeMachine()
  writeFileSync(
    join(project, "bench", "results", "console.md"),
    `# The console

${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; commit ${commitOf(project) ?? "unknown"}. The command and
the load generator share these cores${isRealTime() ? ", and ran with real-time priority" : ""}. The load average of the machine was ${loads.map((load) => load.toFixed(1)).join(" before and ")} after.
\`npm run bench:console\` measures again.

${table}
`,
  )
}
