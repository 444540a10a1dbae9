// The bench: measures every row with every installed server. See bench/README.md.
import { dirname, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { bundleServers, temporaryFolder } from "./runner/bundle.ts"
import { explainNoCompiler, noCompilerCode } from "./runner/compile.ts"
import { findContenders } from "./runner/contenders.ts"
import { anyCores, probeBy, watchCores } from "./runner/cores.ts"
import { makeGenerator } from "./runner/load.ts"
import type { ContenderInfo } from "./runner/model.ts"
import { BadOptions, chooseContenders, chooseRows, type Options, parseOptions, usage } from "./runner/options.ts"
import { commitOf, projectFolder } from "./runner/project.ts"
import { describeMachine, type Report, updateReport } from "./runner/report.ts"
import { readResults, refusalOf, replaceResults, writePartial } from "./runner/results.ts"
import { rows as allRows } from "./runner/rows.ts"
import { runPlan } from "./runner/run.ts"
import { judgeFaults, type RowSummary } from "./runner/summary.ts"
import { renderMarkdown } from "./runner/table.ts"

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** The fields of a contender that the report shows: no path and no other property of this machine. */
const infoOf = ({ id, name, version, about, commands, ours, isWithoutFloors }: ContenderInfo): ContenderInfo => ({
  id,
  name,
  version,
  about,
  ...(commands === undefined ? {} : { commands }),
  ours,
  ...(isWithoutFloors === undefined ? {} : { isWithoutFloors }),
})

const coresPart = (cores: Report["cores"]) => (cores === undefined ? {} : { cores })

/** If `isWanted`, adds the stored figures of the rows that are not measured now. */
const updating = (folder: string, isWanted: boolean) => {
  const before = isWanted ? readResults(folder) : undefined
  return (report: Report): Report | undefined => {
    if (!isWanted) return report
    const ids = allRows.map(({ id }) => id)
    return before === undefined ? undefined : updateReport(before, report, ids)
  }
}

const bench = (options: Options): Effect.Effect<number, BadOptions> =>
  Effect.gen(function* () {
    const rows = yield* chooseRows(allRows, options)
    const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
    const temporary = yield* temporaryFolder(project)
    const folders = { project, temporary }
    const contenders = yield* chooseContenders(findContenders(folders), options)
    const built = yield* Effect.either(makeGenerator(folders))
    if (Either.isLeft(built)) {
      const ids = rows.map(({ id }) => id)
      say(`bench: ${explainNoCompiler(built.left, ids)}`)
      return noCompilerCode
    }
    const generator = built.right
    say(`load generator: ${generator.description}`)
    yield* bundleServers(folders)
    const { runs, seconds, quick } = options
    // The commit is read now, when the package is copied and the servers are bundled.
    const commit = commitOf(project)
    let cores = anyCores
    const reportOf = (summaries: ReadonlyArray<RowSummary>): Report => ({
      ...coresPart(cores.report()),
      version: 1,
      machine: describeMachine(),
      generator: generator.description,
      runs,
      seconds,
      quick,
      contenders: contenders.map(infoOf),
      rows: summaries.map(({ row, contenders: all }) => ({
        row,
        ...(commit === undefined ? {} : { commit }),
        contenders: all.map((summary) => ({ ...summary, contender: infoOf(summary.contender) })),
      })),
    })
    const folder = options.out === undefined ? undefined : resolve(project, options.out)
    const refusal = folder === undefined ? undefined : refusalOf(folder)
    if (refusal !== undefined) {
      return yield* new BadOptions({ message: `--out: results cannot be written to ${options.out} (${refusal})` })
    }
    const updated = updating(folder ?? project, options.update)
    if (updated(reportOf([])) === undefined) {
      return yield* new BadOptions({
        message: "--update: the folder holds no results of this machine with these settings",
      })
    }
    if (!quick) cores = yield* watchCores(probeBy(generator), say)
    let partial: string | undefined
    const keep = (summaries: ReadonlyArray<RowSummary>): void => {
      const report = updated(reportOf(summaries))
      if (folder !== undefined && report !== undefined) partial = writePartial(folder, report)
    }
    const tellPartial = Effect.sync(() => {
      if (partial !== undefined) say(`bench: incomplete; the rows so far are in ${relative(project, partial)}`)
    })
    const summaries = yield* runPlan({
      rows,
      contenders,
      generator,
      cores,
      runs,
      seconds,
      quick,
      onProgress: say,
      onRow: keep,
    }).pipe(Effect.onInterrupt(() => tellPartial))
    const complete = updated(reportOf(summaries))
    if (folder !== undefined && complete !== undefined) replaceResults(folder, complete)
    process.stdout.write(renderMarkdown(reportOf(summaries)))
    const { wrong, forgiven } = judgeFaults(summaries, { forgivesSlow: quick })
    for (const text of forgiven) say(`forgiven in a quick run: ${text}`)
    for (const text of wrong) say(`wrong: ${text}`)
    return wrong.length === 0 ? 0 : 1
  }).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  const options = yield* parseOptions(process.argv.slice(2))
  if (!options.help) return yield* bench(options)
  process.stdout.write(usage)
  return 0
}).pipe(
  Effect.catchTag("BadOptions", ({ message }) =>
    Effect.sync(() => {
      say(`bench: ${message} (--help lists the options)`)
      return 2
    }),
  ),
)

const fiber = Effect.runFork(program)
// The first signal ends the servers and the generator, then the bench. The second signal ends the bench at once.
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
let signalled: number | undefined
// After a hang-up, writing fails. That error must not end the bench before it has ended the servers.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (signalled !== undefined) process.exit(signalled)
    signalled = codes[signal]
    Effect.runFork(Fiber.interrupt(fiber))
  })
}
fiber.addObserver((exit) => {
  if (Exit.isFailure(exit) && signalled === undefined) say(`bench: ${exit.cause}`)
  process.exitCode = signalled ?? (Exit.isSuccess(exit) ? exit.value : 1)
  process.exit()
})
