// Measures the CPU cost of the metrics of a server. Each measurement starts a server in its own process.
import { fork } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { bundle, temporaryFolder } from "../runner/bundle.ts"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate, spread } from "../runner/statistics.ts"
import { type Load, loads } from "./loads.ts"

/** A variant of the server. The report shows the ratio of its CPU time to the CPU time of the variant `beside`. */
interface Way {
  readonly name: string
  readonly metrics: "off" | "on" | "bytes"
  readonly project: string
  readonly beside: string
}

/** Returns the CPU time of a server for one operation, in microseconds. */
const measure = async (
  script: string,
  { handler, operations, run }: Load,
  metrics: Way["metrics"],
): Promise<number> => {
  const child = fork(script, [handler, metrics], { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const ended = once(child, "exit")
  const answer = async (): Promise<number> => (await once(child, "message"))[0]
  try {
    const port = await answer()
    await run(port, operations / 8)
    const begun = answer()
    child.send("begin")
    await begun
    await run(port, operations)
    const used = answer()
    child.send("end")
    return (await used) / operations
  } finally {
    child.disconnect()
    await ended
  }
}

const figure = (values: ReadonlyArray<number>): string => {
  const figures = spread(values)
  if (figures === undefined) return "–"
  return `${figures.median.toFixed(2)} (${figures.min.toFixed(2)}–${figures.max.toFixed(2)})`
}

const main = Effect.gen(function* () {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string", default: "5" },
      before: { type: "string" },
    },
  })
  const own = projectFolder(dirname(fileURLToPath(import.meta.url)))
  const before = values.before === undefined ? undefined : resolve(values.before)
  const ways: ReadonlyArray<Way> = [
    ...(before === undefined ? [] : [{ name: "before", metrics: "off", project: before, beside: "before" } as const]),
    { name: "off", metrics: "off", project: own, beside: before === undefined ? "off" : "before" },
    { name: "on", metrics: "on", project: own, beside: "off" },
    { name: "on, `frames: false`", metrics: "bytes", project: own, beside: "off" },
  ]
  const scripts = new Map<string, string>()
  for (const project of new Set(ways.map((way) => way.project))) {
    const folder = yield* temporaryFolder(project)
    yield* bundle([join(own, "bench", "observability", "server.ts")], folder)
    scripts.set(project, join(folder, "server.mjs"))
  }
  const runs = values.quick ? 1 : Number(values.runs)
  const times = new Map<string, Array<number>>()
  const timesOf = (load: Load, way: string): Array<number> => {
    const key = `${load.name} ${way}`
    const known = times.get(key) ?? []
    times.set(key, known)
    return known
  }
  for (let run = 0; run < runs; run++) {
    for (const load of loads) {
      const wanted = values.quick ? { ...load, operations: load.operations / 40 } : load
      for (const { metrics, name, project } of rotate(ways, run)) {
        const script = scripts.get(project) ?? ""
        timesOf(load, name).push(yield* Effect.promise(() => measure(script, wanted, metrics)))
      }
    }
  }
  const rows = loads.flatMap((load) =>
    ways.map(({ beside, name }) => {
      const mine = timesOf(load, name)
      const ratios = mine.map((micros, run) => micros / (timesOf(load, beside)[run] ?? Number.NaN))
      return `| ${load.name} | ${name} | ${figure(mine)} | ${name === beside ? "–" : `${figure(ratios)} of ${beside}`} |`
    }),
  )
  const machine = describeMachine()
  const report = `# Metrics

${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. ${runs} interleaved runs; median (range). Commit ${commitOf(own)}.

The CPU time of the process of a server for one operation, with the system calls, over TCP on 127.0.0.1. The peers have a process of
their own. "Off" is a server without metrics, and "on" a server with \`Metrics.server()\`.${before === undefined ? "" : ` "Before" is the commit ${commitOf(before)}, without metrics in the package.`} A ratio compares figures of the same run.

| operation | metrics | CPU time, µs | ratio |
|---|---|---|---|
${rows.join("\n")}
`
  process.stdout.write(report)
  if (!values.quick) writeFileSync(join(own, "bench", "results", "observability.md"), report)
})

await Effect.runPromise(Effect.scoped(main))
