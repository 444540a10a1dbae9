// Measures what the files of `tcpfx serve --broker` cost the relay. See bench/README.md.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { loadavg, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"

const isQuick = process.argv.includes("--quick")
const runs = isQuick ? 1 : 5
const warmMillis = isQuick ? 200 : 1000
const loadMillis = isQuick ? 500 : 3000
const rates = [10_000, 50_000] as const
const frame = Buffer.from(`${"x".repeat(63)}\n`)

const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), "tcpfx-bench-"))

const variants: ReadonlyArray<readonly [name: string, args: ReadonlyArray<string>]> = [
  ["no file", []],
  ["`-o FILE`", ["-o", "raw"]],
  ["`-x FILE`", ["-x", "dump"]],
  ["`--log FILE`", ["--log", "log"]],
]

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

interface Relayed {
  /** Bytes per second that the receiver gets. */
  readonly rate: number
  /** The server's messages about missing bytes or events. */
  readonly missing: string
}

/** Relays lines from one client to another, as fast as possible or with a number of frames per second. */
const relay = async (args: ReadonlyArray<string>, paced?: number): Promise<Relayed> => {
  const bin = join(project, "bin", "tcpfx.cjs")
  const flags = ["--broker", "--frame", "line", "--slow-consumer", "block", "--no-traffic", "--output", "json"]
  // `--no-traffic` keeps frames out of a log, so a run with a log shows them to /dev/null, as text that leaves rows out.
  const shown = args.includes("--log") ? flags.slice(0, 5) : flags
  const server = spawn(process.execPath, [bin, "serve", "127.0.0.1:0", ...shown, ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  })
  let said = ""
  server.stderr.setEncoding("utf8")
  const port = await new Promise<number>((resolve) => {
    server.stderr.on("data", (text: string) => {
      said += text
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
  })
  const [from, to] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")]
  await Promise.all([once(from, "connect"), once(to, "connect")])
  from.resume()
  let received = 0
  to.on("data", (bytes: Buffer) => {
    received += bytes.length
  })
  let isOver = false
  const send = async () => {
    const batch = Buffer.concat(Array.from({ length: paced === undefined ? 1000 : paced / 100 }, () => frame))
    const begin = performance.now()
    for (let sent = 1; !isOver; sent++) {
      if (!from.write(batch)) await once(from, "drain")
      if (paced !== undefined) await sleep(Math.max(0, begin + 10 * sent - performance.now()))
    }
  }
  const sending = send()
  await sleep(warmMillis)
  const [before, since] = [received, performance.now()]
  await sleep(loadMillis)
  const rate = (1000 * (received - before)) / (performance.now() - since)
  isOver = true
  await sending
  from.destroy()
  to.destroy()
  server.kill("SIGTERM")
  await once(server, "close")
  return { rate, missing: /: (\d+ (?:bytes|events) are missing)/.exec(said)?.[1] ?? "nothing" }
}

const loads = [loadavg()[0] ?? 0]
const results = new Map<string, Array<Relayed>>()
for (let run = 0; run < runs; run++) {
  for (const [name, args] of variants) {
    for (const rate of [undefined, ...rates]) {
      const key = `${name} ${rate}`
      const known = results.get(key) ?? []
      known.push(await relay(args, rate))
      results.set(key, known)
    }
  }
}
loads.push(loadavg()[0] ?? 0)
rmSync(folder, { recursive: true, force: true })

const of = (name: string, rate: number | undefined) => results.get(`${name} ${rate}`) ?? []
const ratio = (name: string, rate: number | undefined): string =>
  median(of(name, rate).map((one, run) => one.rate / (of("no file", rate)[run]?.rate ?? Number.NaN))).toFixed(2)
const table = [
  `| files | flat out | missing in a run | ${rates.map((rate) => `${rate} frames/s`).join(" | ")} |`,
  `|---|---|---|${rates.map(() => "---").join("|")}|`,
  ...variants.map(([name]) => {
    const flat = of(name, undefined)
    return `| ${name} | ${ratio(name, undefined)} (${Math.round(median(flat.map(({ rate }) => rate)) / 1e6)} MB/s) | ${flat.at(-1)?.missing} | ${rates.map((rate) => ratio(name, rate)).join(" | ")} |`
  }),
].join("\n")
process.stdout.write(`${table}\n`)
if (!isQuick) {
  const { cores, cpu, memoryGiB, node, system } = describeMachine()
  writeFileSync(
    join(project, "bench", "results", "logs.md"),
    `# The files of a relay

${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; commit ${commitOf(project) ?? "unknown"}. The command and
the load generator share these cores. The load average of the machine was ${loads.map((load) => load.toFixed(1)).join(" before and ")} after.
\`npm run bench:logs\` measures again.

\`tcpfx serve --broker --frame line\` relays frames of 64 bytes from one client to another. The figures are the bytes that
arrive in a second, against a server without a file in the same round: the median of ${runs} rounds of ${loadMillis / 1000} s.

${table}
`,
  )
}
