// The values of the bench: rows, contenders, measurements.

/** The kind of server that a row needs. */
export type Mode = "broker" | "echo" | "stream" | "all" | "mapped" | "each" | "fiber"

/** The metrics. Each row has some of them. */
export type Metric =
  | "perSecond"
  | "cpuNanosPerUnit"
  | "serverCpu"
  | "rssPeakMiB"
  | "rssGrowthMiB"
  | "p50Micros"
  | "p99Micros"
  | "p999Micros"
  | "longestStallMillis"
  | "stallWithoutMillis"
  | "slowestShare"
  | "healthyShare"
  | "bytesPerConnection"
  | "stopMillis"

export type Metrics = Readonly<Partial<Record<Metric, number>>>

/** The faults, and their words in the report. */
export const faultWords = {
  /**
   * Messages that are certainly lost: a subscriber that stayed connected received later messages of the publisher, but
   * not these.
   */
  lost: "lost",
  /** Messages that were missing when the generator stopped waiting. They may only be late. */
  undelivered: "not delivered in time",
  doubled: "doubled",
  reordered: "reordered",
  corrupt: "corrupt",
  torn: "torn",
  own: "own",
  disconnected: "disconnected",
  missedByDisconnected: "missed by those disconnected",
  failed: "failed",
} as const
export type Fault = keyof typeof faultWords
const isFault = (name: string): name is Fault => name in faultWords
export const faultNames: ReadonlyArray<Fault> = Object.keys(faultWords).filter(isFault)
export type Faults = Readonly<Partial<Record<Fault, number>>>

/** The sum of each fault that occurred. */
export const addFaults = (all: ReadonlyArray<Faults>): Faults => {
  const sums: Partial<Record<Fault, number>> = {}
  for (const faults of all) {
    for (const name of faultNames) {
      const count = faults[name] ?? 0
      if (count !== 0) sums[name] = (sums[name] ?? 0) + count
    }
  }
  return sums
}

/** The result of one contender in one run of one row. */
export type Measurement =
  | {
      readonly _tag: "Measured"
      readonly metrics: Metrics
      readonly faults: Faults
      readonly generatorCpu: number
      /** The share of the window in which the generator had a core. `undefined` for workloads without a window. */
      readonly generatorRan?: number
      /** Whether the cores shared no cache before or after the run. */
      readonly apart?: boolean
    }
  | { readonly _tag: "Failed"; readonly reason: string }
  /** The run was left out. This is no fault of the contender. */
  | { readonly _tag: "Skipped"; readonly reason: string }

/** The floor of a figure of tcpfx in a row. A `ratio` is to the raw loop of the same run. */
export interface Floor {
  readonly metric: Metric
  readonly of: "ratio" | "value"
  readonly direction: "atLeast" | "atMost"
  readonly value: number
}

/** The workload of a row: how the generator and the server are used. */
export type Work = "fanout" | "echo" | "churn" | "idle" | "stop" | "stalled"

export type LoadArguments = Readonly<Record<string, string | number>>

/** One row of the report: a workload for the contenders. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly work: Work
  readonly mode: Mode
  readonly load: LoadArguments
  /** The unit counted: deliveries, round trips, connections. */
  readonly unit: string
  /** The columns of the table. The ratio in the summary is that of the first column. */
  readonly shown: readonly [Metric, ...Metric[]]
  readonly floors: ReadonlyArray<Floor>
  /** The number of open files that the server needs. The generator needs the same number. */
  readonly files: number
  /** The length of the window as a multiple of `--seconds`. Default 1. */
  readonly windows?: number
  /** The warm-up, seconds. Default 0.5 times `windows`. */
  readonly warmup?: number
  /** The load arguments that differ in a quick run. A quick run leaves out rows without this field. */
  readonly quick?: LoadArguments
}

/** The fields of a contender in the report. */
export interface ContenderInfo {
  readonly id: string
  readonly name: string
  readonly version: string
  /** A description of a few words. */
  readonly about: string
  /** The command lines, without paths of this machine. Default: a script of the bench starts the contender. */
  readonly commands?: ReadonlyArray<string>
  /** Whether the contender is tcpfx. A fault of tcpfx makes the bench fail. */
  readonly ours: boolean
  /** Whether the floors do not apply to a contender that is ours. Default: they apply. */
  readonly isWithoutFloors?: boolean
}

/** The contender that every ratio refers to. */
export const yardstick = "raw"
