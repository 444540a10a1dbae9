// What the bench is made of: rows, contenders, measurements. Values only.

/** What a server is asked to be. */
export type Mode = "broker" | "echo" | "stream" | "all" | "mapped" | "each" | "fiber"

/** What can be measured. Not every row has every one. */
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
  | "slowestShare"
  | "healthyShare"
  | "bytesPerConnection"
  | "stopMillis"

export type Metrics = Readonly<Partial<Record<Metric, number>>>

export const faultNames = ["lost", "doubled", "reordered", "corrupt", "torn", "own", "disconnected", "failed"] as const
export type Fault = (typeof faultNames)[number]
export type Faults = Readonly<Partial<Record<Fault, number>>>

/** What one contender did in one run of one row. */
export type Measurement =
  | { readonly _tag: "Measured"; readonly metrics: Metrics; readonly faults: Faults; readonly generatorCpu: number }
  | { readonly _tag: "Failed"; readonly reason: string }
  /** Not asked to do it, which says nothing about the contender. */
  | { readonly _tag: "Skipped"; readonly reason: string }

/** What is demanded of tcpfx in a row. `ratio` is to the raw loop of the same run. */
export interface Floor {
  readonly metric: Metric
  readonly of: "ratio" | "value"
  readonly direction: "atLeast" | "atMost"
  readonly value: number
}

/** How a row is measured. */
export type Work = "fanout" | "echo" | "churn" | "idle" | "stop" | "stalled"

export type LoadArguments = Readonly<Record<string, string | number>>

/** One line of work that all contenders do. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly work: Work
  readonly mode: Mode
  readonly load: LoadArguments
  /** What is counted, for people: deliveries, round trips, connections. */
  readonly unit: string
  /** The columns of its table. The first is the one that the ratio of the summary is taken of. */
  readonly shown: readonly [Metric, ...Metric[]]
  readonly floors: ReadonlyArray<Floor>
  /** Open files that server and generator need, each. */
  readonly files: number
  /** The window in relation to others. Default 1. */
  readonly windows?: number
  /** What differs in a quick run. Rows without it are left out there. */
  readonly quick?: LoadArguments
}

/** What the table says of a contender. */
export interface ContenderInfo {
  readonly id: string
  readonly name: string
  readonly version: string
  /** What it is, in a few words. */
  readonly about: string
  /** One of ours: judged by the floors, and by every message. */
  readonly ours: boolean
}

/** The contender that all ratios are taken to. */
export const yardstick = "raw"
