// Measures the speed of the command in a pipe, and compares it with ncat and socat. See bench/README.md.
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { compile, explainNoCompiler, noCompilerCode } from "../runner/compile.ts"
import { findProgram } from "../runner/contenders.ts"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate } from "../runner/statistics.ts"
import { type Figure, type Files, measure } from "./measure.ts"
import { type RowResult, render } from "./report.ts"
import { type Row, rows } from "./rows.ts"

const usage = `Usage: npm run bench:pipe -- [OPTIONS]

  --rows ID[,ID...]  measures only these rows (${rows.map(({ id }) => id).join(", ")})
  --runs N           the runs of each contender (default: 5)
  --quick            measures once with few bytes; prints the table and writes no results
  --help             prints this help

Exit codes: 0; 1 when a run of tcpfx failed; 2 for bad options; 3 without a C compiler.
`

const say = (line: string): void => void process.stderr.write(`${line}\n`)

const project = projectFolder(dirname(fileURLToPath(import.meta.url)))

const runRow = (row: Row, runs: number, bytes: number, files: Files): Effect.Effect<RowResult> =>
  Effect.gen(function* () {
    const contenders = row.contenders.filter(({ needs }) => needs === undefined || findProgram(needs) !== undefined)
    const series = new Map<string, Array<Figure | string>>(contenders.map(({ name }) => [name, []]))
    for (let run = 0; run < runs; run++) {
      for (const contender of rotate(contenders, run)) {
        const outcome = yield* Effect.merge(
          Effect.mapError(measure(row, contender, bytes, files), ({ message }) => message),
        )
        series.get(contender.name)?.push(outcome)
        const shown =
          typeof outcome === "string"
            ? outcome
            : `${outcome.perSecond.toFixed(0)} ${row.unit}/s, ${outcome.rssMiB.toFixed(0)} MiB`
        say(`${row.id} ${run + 1}/${runs} ${contender.name}: ${shown}`)
      }
    }
    return { row, series: contenders.map(({ name }) => ({ name, runs: series.get(name) ?? [] })) }
  })

const bench = (chosen: ReadonlyArray<Row>, runs: number, quick: boolean): Effect.Effect<number> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-pipe-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
    )
    const pump = join(folder, "pump")
    yield* compile("the other end of the pipe", [join(project, "bench", "pipe", "pump.c")], pump)
    const input = join(folder, "input")
    const most = Math.max(...chosen.map((row) => (quick ? row.quickBytes : row.bytes)))
    writeFileSync(input, "")
    spawnSync("/bin/sh", ["-c", `head -c ${most} /dev/zero >${input}`])
    const files: Files = { tcpfx: `${process.execPath} ${join(project, "bin", "tcpfx.cjs")}`, pump, input }
    const commit = commitOf(project)
    const results = yield* Effect.forEach(chosen, (row) => runRow(row, runs, quick ? row.quickBytes : row.bytes, files))
    const machine = describeMachine()
    const about = [
      `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}. ${runs} interleaved runs; a ratio compares figures of the same run.`,
      ...(commit === undefined ? [] : [`Commit ${commit}.`]),
    ]
    process.stdout.write(render(results, about))
    if (!quick && chosen.length === rows.length) {
      const path = join(project, "bench", "results", "pipe.json")
      writeFileSync(path, `${JSON.stringify({ version: 1, machine, runs, commit, results }, null, 2)}\n`)
      writeFileSync(path.replace(/json$/, "md"), render(results, about))
    }
    const ours = results.flatMap(({ row, series: [own] }) => (own?.runs ?? []).map((run) => [row.id, run] as const))
    const failed = ours.filter(([, run]) => typeof run === "string")
    for (const [id, run] of failed) say(`wrong: ${id}: ${String(run)}`)
    return failed.length === 0 ? 0 : 1
  }).pipe(
    Effect.scoped,
    Effect.catchTag("NoCompiler", (problem) => {
      const ids = chosen.map(({ id }) => id)
      say(`bench:pipe: ${explainNoCompiler(problem, ids)}`)
      return Effect.succeed(noCompilerCode)
    }),
  )

const main = (): Effect.Effect<number> => {
  const { values } = parseArgs({
    options: {
      rows: { type: "string" },
      runs: { type: "string", default: "5" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  const ids = values.rows?.split(",")
  const unknown = ids?.find((id) => !rows.some((row) => row.id === id))
  const runs = values.quick ? 1 : Number(values.runs)
  const refuse = (problem: string) =>
    Effect.sync(() => {
      say(`bench:pipe: ${problem} (--help lists the options)`)
      return 2
    })
  if (values.help) {
    return Effect.sync(() => {
      process.stdout.write(usage)
      return 0
    })
  }
  if (unknown !== undefined) return refuse(`--rows: there is no row ${unknown}`)
  if (!Number.isInteger(runs) || runs < 1) return refuse("--runs: expected a whole number from 1")
  return bench(
    rows.filter(({ id }) => ids?.includes(id) ?? true),
    runs,
    values.quick,
  )
}

Effect.runFork(Effect.suspend(main)).addObserver((exit) => {
  if (Exit.isFailure(exit)) say(`bench:pipe: ${exit.cause}`)
  process.exitCode = Exit.isSuccess(exit) ? exit.value : 1
})
