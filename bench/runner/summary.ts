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

/** All measurements of one contender in one row. The index in the list is the run. */
export interface Series {
  readonly contender: ContenderInfo
  readonly runs: ReadonlyArray<Measurement>
}

export type Spreads = Readonly<Partial<Record<Metric, Spread>>>

export interface JudgedFloor extends Floor {
  readonly met: boolean
}

/** The summary of the runs of one contender in one row. */
export interface ContenderSummary {
  readonly contender: ContenderInfo
  readonly values: Spreads
  /** The ratios to the raw loop of the same run. */
  readonly ratios: Spreads
  /** The faults of all runs. */
  readonly faults: Faults
  /** The highest share of one core that the generator took in a run. */
  readonly generatorCpu: number
  /** The share of the window in which the generator had a core: the median of the runs. */
  readonly generatorRan?: number
  /** Whether the cores shared no cache in at least one run. */
  readonly apart?: boolean
  /** Why runs of the contender failed. Equal reasons appear once. */
  readonly failures: ReadonlyArray<string>
  /** Why the bench left out runs of the contender. Equal reasons appear once. */
  readonly skipped: ReadonlyArray<string>
  /** Empty if the floors do not apply to the contender. */
  readonly floors: ReadonlyArray<JudgedFloor>
}

export interface RowSummary {
  readonly row: Row
  readonly contenders: ReadonlyArray<ContenderSummary>
  /** The commit of the measurement. Undefined outside git. */
  readonly commit?: string
}

/** From this share of a core on, the generator may have limited the figure. */
export const busyGenerator = 0.9

/** Below this share of the window, other processes took the core of the generator, which never sleeps. */
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

/** Whether the floors apply to a contender. */
export const isAsked = ({ ours, isWithoutFloors = false }: ContenderInfo): boolean => ours && !isWithoutFloors

/** Medians, ratios within a run, faults and floors of all contenders of a row. In a quick run no floor is checked. */
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

/** The faults of tcpfx, in words. */
export interface Verdict {
  readonly wrong: ReadonlyArray<string>
  readonly forgiven: ReadonlyArray<string>
}

/**
 * Judges the faults of tcpfx, not its figures. With `forgivesSlow` a disconnected slow reader is no fault, because every
 * reader may be slow on a busy machine. A message missing at a reader that stayed connected is always a fault.
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

/** The faults in words. Empty if nothing went wrong. */
export const formatFaults = (faults: Faults, isMeant: (name: Fault) => boolean = () => true): string =>
  faultNames
    .filter((name) => (faults[name] ?? 0) !== 0 && isMeant(name))
    .map((name) => `${faultWords[name]} ${faults[name]}`)
    .join(", ")
