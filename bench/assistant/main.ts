// Measures the cost of an assistant: the same work without one, with one attached, and with one that records for a watcher.
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { bundleServers, temporaryFolder } from "../runner/bundle.ts"
import { explainNoCompiler, noCompilerCode } from "../runner/compile.ts"
import { anyCores, probeBy, watchCores } from "../runner/cores.ts"
import { makeGenerator } from "../runner/load.ts"
import { measure } from "../runner/measure.ts"
import type { Row } from "../runner/model.ts"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rows as allRows } from "../runner/rows.ts"
import type { Launch } from "../runner/server.ts"
import { rotate, spread } from "../runner/statistics.ts"

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    runs: { type: "string", default: "9" },
    seconds: { type: "string", default: "0.6" },
    /** The folder of another built checkout, whose library is measured as `before`. */
    before: { type: "string" },
  },
})

/** The floors of the ratios to the server without an assistant, in the same run. */
const floors = { attached: 0.95, recorded: 0.9 } as const
type Contender = "none" | "before" | keyof typeof floors

const rowIds = values.quick ? ["echo-50-32"] : ["fanout-10", "fanout-100", "echo-50-1", "echo-50-32", "churn"]
const runs = values.quick ? 1 : Number(values.runs)
const seconds = values.quick ? 0.2 : Number(values.seconds)

// A watcher works ten times a second at most, so its code takes seconds until V8 has compiled it.
const watchedWarmup = 4

const say = (line: string) => process.stderr.write(`${line}\n`)

const launchOf = (folder: string, script: string, mode: string): Launch => ({
  _tag: "Says",
  on: "stdout",
  command: process.execPath,
  args: [join(folder, `${script}.mjs`), mode],
})

interface Result {
  readonly row: string
  readonly title: string
  readonly perSecond: Figures
  /** The CPU time of the server for each unit, nanoseconds. */
  readonly cpuNanos: Figures
}

type Figures = Partial<Record<Contender, ReadonlyArray<number>>>

const program = Effect.gen(function* () {
  const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
  const temporary = yield* temporaryFolder(project)
  yield* bundleServers({ project, temporary })
  const before = values.before
  const other = before === undefined ? undefined : yield* temporaryFolder(before)
  if (before !== undefined && other !== undefined) yield* bundleServers({ project: before, temporary: other })
  const generator = yield* makeGenerator({ project, temporary })
  const cores = values.quick ? anyCores : yield* watchCores(probeBy(generator), say)
  const launches = (mode: "broker" | "echo"): ReadonlyArray<readonly [Contender, Launch]> => [
    ["none", launchOf(temporary, "library", mode)],
    ...(other === undefined ? [] : [["before", launchOf(other, "library", mode)] as const]),
    ["attached", launchOf(temporary, "assistant", mode)],
    ["recorded", launchOf(temporary, "assistant", `${mode}-recorded`)],
  ]
  const measureOnce = (row: Row, launch: Launch) =>
    measure({
      row,
      launch,
      protocol: "raw",
      generator,
      cores,
      load: {},
      seconds: seconds * (row.windows ?? 1),
      warmup: values.quick ? 0.1 : watchedWarmup,
      settle: Duration.millis(500),
    })
  const results: Array<Result> = []
  for (const row of allRows.filter(({ id }) => rowIds.includes(id))) {
    const perSecond: Partial<Record<Contender, Array<number>>> = {}
    const cpuNanos: Partial<Record<Contender, Array<number>>> = {}
    const contenders = launches(row.mode === "echo" ? "echo" : "broker")
    for (let run = 0; run < runs; run++) {
      for (const [name, launch] of rotate(contenders, run)) {
        const measured = yield* measureOnce(row, launch)
        if (measured._tag !== "Measured") return yield* Effect.dieMessage(`${row.id}, ${name}: ${measured.reason}`)
        const figure = measured.metrics.perSecond ?? Number.NaN
        const cost = measured.metrics.cpuNanosPerUnit ?? Number.NaN
        perSecond[name] ??= []
        perSecond[name].push(figure)
        cpuNanos[name] ??= []
        cpuNanos[name].push(cost)
        say(`${row.id} ${run + 1}/${runs} ${name}: ${Math.round(figure)} ${row.unit}/s, ${cost.toFixed(1)} ns each`)
      }
    }
    results.push({ row: row.id, title: row.title, perSecond, cpuNanos })
  }
  const commit = commitOf(project)
  const machine = describeMachine()
  const table = render(results)
  process.stdout.write(table)
  if (!values.quick) {
    const folder = join(project, "bench", "results")
    const report = { version: 1, machine, ...(commit === undefined ? {} : { commit }), runs, seconds, results }
    writeFileSync(join(folder, "assistant.json"), `${JSON.stringify(report, undefined, 1)}\n`)
    writeFileSync(
      join(folder, "assistant.md"),
      `# The cost of an assistant\n\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. ${runs} interleaved runs; a ratio compares figures of the same run. Commit ${commit ?? "unknown"}.\n\n${table}`,
    )
  }
}).pipe(Effect.scoped)

const ratiosOf = (figures: Figures, name: Contender, isCost: boolean): ReadonlyArray<number> =>
  (figures[name] ?? []).map((figure, run) => {
    const without = figures.none?.[run] ?? Number.NaN
    return isCost ? without / figure : figure / without
  })

const number = (value: number): string => Math.round(value).toLocaleString("en").replaceAll(",", " ")

const cellOf = (ratios: ReadonlyArray<number>, floor: number | undefined): string => {
  const found = spread(ratios.filter(Number.isFinite))
  if (found === undefined) return ""
  const verdict = floor === undefined ? "" : found.median >= floor ? `, floor ${floor}` : `, **below ${floor}**`
  return `${found.median.toFixed(2)} (${found.min.toFixed(2)}–${found.max.toFixed(2)}${verdict})`
}

const floorOf = (name: Contender): number | undefined =>
  name === "attached" || name === "recorded" ? floors[name] : undefined

/** Work for each second of CPU time of the server, and throughput, both as ratios to the server without an assistant. */
const render = (results: ReadonlyArray<Result>): string => {
  const names: ReadonlyArray<Contender> = ["before", "attached", "recorded"]
  const shown = names.filter((name) => results.some(({ perSecond }) => perSecond[name] !== undefined))
  const columns = [...shown.map((name) => `${name}, work per CPU time`), ...shown.map((name) => `${name}, throughput`)]
  const head = `| row | without, per second | ${columns.join(" | ")} |\n|---|---|${columns.map(() => "---|").join("")}\n`
  const body = results.map(({ cpuNanos, perSecond, title }) => {
    const cells = [
      ...shown.map((name) => cellOf(ratiosOf(cpuNanos, name, true), floorOf(name))),
      ...shown.map((name) => cellOf(ratiosOf(perSecond, name, false), undefined)),
    ]
    return `| ${title} | ${number(spread(perSecond.none ?? [])?.median ?? Number.NaN)} | ${cells.join(" | ")} |\n`
  })
  return head + body.join("")
}

const exitCode = program.pipe(
  Effect.as(0),
  Effect.catchTag("NoCompiler", (problem) => {
    say(`bench:assistant: ${explainNoCompiler(problem, rowIds)}`)
    return Effect.succeed(noCompilerCode)
  }),
)

Effect.runPromise(exitCode).then(
  (code) => process.exit(code),
  (error) => {
    say(`bench: ${error}`)
    process.exit(1)
  },
)
