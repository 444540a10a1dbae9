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
  | "stallWithoutMillis"
  | "slowestShare"
  | "healthyShare"
  | "bytesPerConnection"
  | "stopMillis"

export type Metrics = Readonly<Partial<Record<Metric, number>>>

/** What can go wrong, and the words for it. */
export const faultWords = {
  /** Proven: later messages came to a subscriber that stayed, and these did not. */
  lost: "lost",
  /** Not there when the generator gave up waiting. Nothing shows that they would not have come. */
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

/** The sums, only of those that occurred. */
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

/** What one contender did in one run of one row. */
export type Measurement =
  | {
      readonly _tag: "Measured"
      readonly metrics: Metrics
      readonly faults: Faults
      readonly generatorCpu: number
      /** The share of the window in which the generator ran; none where it sleeps, and nobody can tell. */
      readonly generatorRan?: number
      /** Whether the cores of the machine had no cache in common, before or after it. */
      readonly apart?: boolean
    }
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
  /** The warm-up, seconds. Default half a second for each window. */
  readonly warmup?: number
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
  /** How it is started, without what belongs to one machine. Default: by a script of the bench. */
  readonly commands?: ReadonlyArray<string>
  /** One of ours: judged by every message. */
  readonly ours: boolean
  /** Whether the floors are not asked of one of ours. Default: they are. */
  readonly isWithoutFloors?: boolean
}

/** The contender that all ratios are taken to. */
export const yardstick = "raw"
