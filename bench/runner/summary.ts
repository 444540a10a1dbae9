import { presentations } from "./metrics.ts"
import {
  addFaults,
  type ContenderInfo,
  type Fault,
  type Faults,
  type Floor,
  faultNames,
  faultWords,
  type Measurement,
  type Metric,
  type Row,
  yardstick,
} from "./model.ts"
import { type Spread, spread } from "./statistics.ts"

/** All measurements of one contender in one row; the place in the list is the run. */
export interface Series {
  readonly contender: ContenderInfo
  readonly runs: ReadonlyArray<Measurement>
}

export type Spreads = Readonly<Partial<Record<Metric, Spread>>>

export interface JudgedFloor extends Floor {
  readonly met: boolean
}

/** What the runs of one contender in one row come to. */
export interface ContenderSummary {
  readonly contender: ContenderInfo
  readonly values: Spreads
  /** To the raw loop of the same run. */
  readonly ratios: Spreads
  /** Added up over the runs. Only those that occurred. */
  readonly faults: Faults
  /** The highest share of one core that the generator took. */
  readonly generatorCpu: number
  /** The share of the window in which the generator ran, in the middle one of the runs. */
  readonly generatorRan?: number
  /** Whether the cores had no cache in common in one of the runs at least. */
  readonly apart?: boolean
  /** Why runs gave nothing, each reason once. */
  readonly failures: ReadonlyArray<string>
  /** Why runs were left out, each reason once. */
  readonly skipped: ReadonlyArray<string>
  /** Of those that they are asked of. */
  readonly floors: ReadonlyArray<JudgedFloor>
}

export interface RowSummary {
  readonly row: Row
  readonly contenders: ReadonlyArray<ContenderSummary>
  /** What it was measured at; none where the project is not in git. */
  readonly commit?: string
}

/** A generator that took this share of a core or more may have been what held the figure down. */
export const busyGenerator = 0.9

/** A generator that never sleeps and ran for less than this share of its windows had to share its core with others. */
export const disturbedBelow = 0.95

const isMetric = (name: string): name is Metric => name in presentations
const allMetrics: ReadonlyArray<Metric> = Object.keys(presentations).filter(isMetric)

const spreadsOf = (valuesOf: (metric: Metric) => ReadonlyArray<number>): Spreads => {
  const spreads: Partial<Record<Metric, Spread>> = {}
  for (const metric of allMetrics) {
    const found = spread(valuesOf(metric))
    if (found !== undefined) spreads[metric] = found
  }
  return spreads
}

const figureOf = (measurement: Measurement | undefined, metric: Metric): number | undefined =>
  measurement?._tag === "Measured" ? measurement.metrics[metric] : undefined

const faultsOf = (runs: ReadonlyArray<Measurement>): Faults =>
  addFaults(runs.flatMap((run) => (run._tag === "Measured" ? [run.faults] : [])))

const reasons = (runs: ReadonlyArray<Measurement>, tag: "Failed" | "Skipped"): ReadonlyArray<string> => [
  ...new Set(runs.flatMap((run) => (run._tag === tag ? [run.reason] : []))),
]

const judge = (floor: Floor, values: Spreads, ratios: Spreads): JudgedFloor => {
  const reached = (floor.of === "ratio" ? ratios : values)[floor.metric]?.median
  const met = reached !== undefined && (floor.direction === "atLeast" ? reached >= floor.value : reached <= floor.value)
  return { ...floor, met }
}

/** Whether the floors are asked of it. */
export const isAsked = ({ ours, isWithoutFloors = false }: ContenderInfo): boolean => ours && !isWithoutFloors

/** Medians, ratios within the same run, faults and floors of all who did a row. A quick run's figures are not judged. */
export const summarize = (row: Row, series: ReadonlyArray<Series>, isJudged = true): RowSummary => {
  const reference = series.find(({ contender }) => contender.id === yardstick)?.runs ?? []
  return {
    row,
    contenders: series.map(({ contender, runs }) => {
      const values = spreadsOf((metric) => runs.flatMap((run) => figureOf(run, metric) ?? []))
      const ratios = spreadsOf((metric) =>
        runs.flatMap((run, at) => {
          const own = figureOf(run, metric)
          const other = figureOf(reference[at], metric)
          return own === undefined || other === undefined || other === 0 ? [] : [own / other]
        }),
      )
      const ran = spread(
        runs.flatMap((run) => (run._tag === "Measured" && run.generatorRan !== undefined ? [run.generatorRan] : [])),
      )?.median
      return {
        contender,
        values,
        ratios,
        faults: faultsOf(runs),
        generatorCpu: Math.max(0, ...runs.map((run) => (run._tag === "Measured" ? run.generatorCpu : 0))),
        ...(ran === undefined ? {} : { generatorRan: ran }),
        ...(runs.some((run) => run._tag === "Measured" && run.apart === true) ? { apart: true } : {}),
        failures: reasons(runs, "Failed"),
        skipped: reasons(runs, "Skipped"),
        floors: isJudged && isAsked(contender) ? row.floors.map((floor) => judge(floor, values, ratios)) : [],
      }
    }),
  }
}

/** What happened to ours that may not happen, in words. */
export interface Verdict {
  readonly wrong: ReadonlyArray<string>
  readonly forgiven: ReadonlyArray<string>
}

/**
 * Judges what ours did with messages and connections; whether figures reach their floors is not asked here.
 * `forgivesSlow`: nor whether a reader was slow: on a machine that is busy with other things any reader may be, and be
 * disconnected. What those that stayed did not get is never forgiven.
 */
export const judgeFaults = (
  rows: ReadonlyArray<RowSummary>,
  { forgivesSlow }: { readonly forgivesSlow: boolean },
): Verdict => {
  const ours = rows.flatMap(({ row, contenders }) =>
    contenders
      .filter(({ contender }) => contender.ours)
      .map((summary) => ({ ...summary, where: `${row.id}: ${summary.contender.name}` })),
  )
  const found = (isMeant: (name: Fault) => boolean) =>
    ours.flatMap(({ where, faults }) => {
      const text = formatFaults(faults, isMeant)
      return text === "" ? [] : [`${where}: ${text}`]
    })
  const isForgiven = (name: Fault): boolean => forgivesSlow && ofSlowReaders.has(name)
  return {
    wrong: [
      ...ours.flatMap(({ where, failures }) => failures.map((reason) => `${where} failed: ${reason}`)),
      ...found((name) => !isForgiven(name)),
    ],
    forgiven: found(isForgiven),
  }
}

const ofSlowReaders: ReadonlySet<Fault> = new Set(["disconnected", "missedByDisconnected"])

/** What went wrong with messages and connections; empty where nothing did. */
export const formatFaults = (faults: Faults, isMeant: (name: Fault) => boolean = () => true): string =>
  faultNames
    .filter((name) => (faults[name] ?? 0) !== 0 && isMeant(name))
    .map((name) => `${faultWords[name]} ${faults[name]}`)
    .join(", ")
