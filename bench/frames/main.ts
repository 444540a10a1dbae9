// Measures how fast each framing decodes frames of 64 bytes from reads of 64 KiB, and compares it with the framing `line`
// in the same run.
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { isMainThread, Worker } from "node:worker_threads"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate, type Spread, spread } from "../runner/statistics.ts"
import { frameBytes, readBytes, type Work, works } from "./measure.ts"
import { runTask, type Task } from "./worker.ts"

/** The floor of the ratio to `line` in the same run, for payloads that a handler receives. */
const floor = 0.8
const framings = [
  "line",
  "delim:0d0a",
  "len:u8",
  "len:u16be",
  "len:u16le",
  "len:u32be",
  "len:u32le",
  "len:varint",
  "len:u8+2,adjust:2",
  `fixed:${frameBytes}`,
  "netstring",
  "slip",
  "cobs",
  "json",
  "gap:20ms",
] as const

interface Result {
  readonly framing: string
  readonly work: Work
  readonly perSecond: ReadonlyArray<number>
}

const measureOnce = async (task: Task): Promise<number> => {
  const worker = new Worker(new URL(import.meta.url), { workerData: task })
  const [perSecond] = (await once(worker, "message")) as [number]
  await worker.terminate()
  return perSecond
}

const figure = (figures: Spread | undefined, digits: number): string =>
  figures === undefined
    ? "–"
    : `${figures.median.toFixed(digits)} (${figures.min.toFixed(digits)}–${figures.max.toFixed(digits)})`

/** The median time of a frame, and the ratio of the rates to the rates of `line` in the same runs. */
const cells = (results: ReadonlyArray<Result>, framing: string, work: Work): ReadonlyArray<string> => {
  const of = (name: string) => results.find((one) => one.framing === name && one.work === work)?.perSecond ?? []
  const rates = of(framing)
  const lines = of("line")
  const ratio = spread(rates.map((rate, run) => rate / (lines[run] ?? Number.NaN)))
  const nanos = spread(rates.map((rate) => 1e9 / rate))
  const isBelow = work === "handler" && ratio !== undefined && ratio.median < floor
  return [figure(nanos, 1), `${figure(ratio, 2)}${isBelow ? `, **below ${floor}**` : ""}`]
}

const reportOf = (results: ReadonlyArray<Result>, runs: number, project: string): string => {
  const machine = describeMachine()
  const rows = framings.map((framing) =>
    [`\`${framing}\``, ...cells(results, framing, "handler"), ...cells(results, framing, "relay")].join(" | "),
  )
  return `# The framings

${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. ${runs} interleaved runs; a ratio compares figures of the same run. Commit ${commitOf(project)}.

Decoding of frames of ${frameBytes} bytes on the wire from reads of ${readBytes / 1024} KiB, in one thread. A handler gets each payload; the
floor of its ratio is ${floor}. A relay gets runs of whole frames, of which it looks at none. There \`line\` searches only the
last line end of a read. Each frame of \`gap\` is a read of its own, and the pause behind it takes no time here. The rates are for
each second of CPU time.

| framing | handler: ns for each frame | rate beside \`line\` | relay: ns for each frame | rate beside \`line\` |
|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join("\n")}
`
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string", default: "5" },
      millis: { type: "string", default: "400" },
    },
  })
  const runs = values.quick ? 1 : Number(values.runs)
  const millis = values.quick ? 50 : Number(values.millis)
  const all = framings.flatMap((framing) => works.map((work) => ({ framing, work, perSecond: [] as number[] })))
  for (let run = 0; run < runs; run++) {
    for (const one of rotate(all, run * 2)) {
      one.perSecond.push(await measureOnce({ framing: one.framing, work: one.work, millis }))
    }
  }
  const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
  const report = reportOf(all, runs, project)
  process.stdout.write(report)
  if (values.quick) return
  writeFileSync(join(project, "bench", "results", "frames.md"), report)
}

if (isMainThread) await main()
else runTask()
