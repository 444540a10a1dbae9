import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Contender, whetherAsked } from "./contenders.ts"
import type { Cores } from "./cores.ts"
import type { Generator } from "./load.ts"
import { measure } from "./measure.ts"
import { presentations } from "./metrics.ts"
import type { LoadArguments, Measurement, Row } from "./model.ts"
import { yardstick } from "./model.ts"
import { rotate } from "./statistics.ts"
import { formatFaults, isAsked, type RowSummary, summarize } from "./summary.ts"

export interface Plan {
  readonly rows: ReadonlyArray<Row>
  readonly contenders: ReadonlyArray<Contender>
  readonly generator: Generator
  readonly cores: Cores
  readonly runs: number
  readonly seconds: number
  readonly quick: boolean
  /** Called with a line for each measurement. */
  readonly onProgress: (line: string) => void
  /** Called with all rows so far after each row, so that an interrupted bench has results. */
  readonly onRow: (rows: ReadonlyArray<RowSummary>) => void
}

/** After this time a quick run measures only tcpfx, so that it ends within a minute. */
const quickMillis = 35_000
/** A quick run measures all contenders in this row, and in other rows only the yardstick and contenders with floors. */
const quickForAll = "fanout-10"
/** After this many failures in one row of the bench, a contender is not measured in that row again. */
const mostFailures = 2

/** Measures every row. A run measures all contenders one after another, and each run starts with another contender. */
export const runPlan = (plan: Plan): Effect.Effect<ReadonlyArray<RowSummary>> => {
  const begun = performance.now()
  const done: Array<RowSummary> = []
  return Effect.forEach(plan.rows, (row) =>
    Effect.map(runRow(plan, row, begun), (summary) => {
      done.push(summary)
      plan.onRow(done)
      return summary
    }),
  )
}

const runRow = Effect.fnUntraced(function* (plan: Plan, row: Row, begun: number) {
  const { quick } = plan
  const doing = plan.contenders.filter(
    (contender) =>
      whetherAsked(contender, row)._tag !== "NotAsked" &&
      (!quick || isAsked(contender) || contender.id === yardstick || row.id === quickForAll),
  )
  const series = new Map<string, Array<Measurement>>(doing.map(({ id }) => [id, []]))
  for (let run = 0; run < plan.runs; run++) {
    for (const contender of rotate(doing, run)) {
      const runs = series.get(contender.id) ?? []
      const isLate = quick && !contender.ours && performance.now() - begun > quickMillis
      const known =
        leftOut(contender, row) ?? (isLate ? noTime : quick ? undefined : tooManyFiles(row)) ?? givenUp(runs)
      const measurement = known ?? (yield* measureOnce(plan, row, contender))
      runs.push(measurement)
      plan.onProgress(`${row.id} ${run + 1}/${plan.runs} ${contender.name}: ${describe(row, measurement)}`)
    }
  }
  return summarize(
    row,
    doing.map((contender) => ({ contender, runs: series.get(contender.id) ?? [] })),
    !quick,
  )
})

const measureOnce = (plan: Plan, row: Row, contender: Contender): Effect.Effect<Measurement> => {
  const launch = contender.modes[row.mode]
  if (launch === undefined) return Effect.succeed({ _tag: "Failed", reason: `no mode ${row.mode}` })
  const { quick, generator, cores, seconds } = plan
  const load: LoadArguments = quick ? (row.quick ?? {}) : {}
  return measure({
    row,
    launch,
    protocol: contender.protocol,
    generator,
    cores,
    load,
    seconds: quick ? seconds : seconds * (row.windows ?? 1),
    warmup: quick ? 0.1 : (row.warmup ?? 0.5 * (row.windows ?? 1)),
    settle: Duration.millis(quick ? 100 : 1000),
  })
}

const leftOut = (contender: Contender, row: Row): Measurement | undefined => {
  const asked = whetherAsked(contender, row)
  return asked._tag === "LeftOut" ? { _tag: "Skipped", reason: asked.reason } : undefined
}

const noTime: Measurement = { _tag: "Skipped", reason: "left out: a quick run has no time for it" }

const givenUp = (runs: ReadonlyArray<Measurement>): Measurement | undefined => {
  const failures = runs.filter(({ _tag }) => _tag === "Failed")
  return failures.length >= mostFailures ? failures[0] : undefined
}

const tooManyFiles = (row: Row): Measurement | undefined => {
  const most = openFilesLimit()
  // A process has up to 50 files open beside its connections.
  return row.files + 50 <= most
    ? undefined
    : { _tag: "Skipped", reason: `left out: the row needs ${row.files + 50} open files, and the limit is ${most}` }
}

const openFilesLimit = (): number => {
  const report: unknown = process.report?.getReport()
  if (typeof report !== "object" || report === null || !("userLimits" in report)) return Number.POSITIVE_INFINITY
  const { userLimits } = report
  if (typeof userLimits !== "object" || userLimits === null || !("open_files" in userLimits))
    return Number.POSITIVE_INFINITY
  const files = userLimits.open_files
  if (typeof files !== "object" || files === null || !("hard" in files)) return Number.POSITIVE_INFINITY
  return typeof files.hard === "number" ? files.hard : Number.POSITIVE_INFINITY
}

const describe = (row: Row, measurement: Measurement): string => {
  if (measurement._tag !== "Measured") return measurement.reason
  const figures = row.shown.flatMap((metric) => {
    const value = measurement.metrics[metric]
    return value === undefined
      ? []
      : [`${presentations[metric].label(row.unit)} ${presentations[metric].format(value)}`]
  })
  const faults = formatFaults(measurement.faults)
  const apart = measurement.apart === true ? "; the cores were apart" : ""
  return `${figures.join(", ")}${faults === "" ? "" : `; ${faults}`}${apart}`
}
