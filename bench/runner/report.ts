import { availableParallelism, cpus, release, totalmem, type } from "node:os"
import type { CoresReport } from "./cores.ts"
import type { ContenderInfo } from "./model.ts"
import type { RowSummary } from "./summary.ts"

/** The machine that the figures are from. It has no host name and no path. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

/** All results of a bench, as in results.json. */
export interface Report {
  readonly version: 1
  readonly machine: Machine
  /** The compiler of the load generator. */
  readonly generator: string
  readonly runs: number
  readonly seconds: number
  /** Whether the run was quick. Then workloads are smaller than the titles of their rows say, and no floor is checked. */
  readonly quick: boolean
  /** Undefined in quick runs, and on machines that do not have two cores. */
  readonly cores?: CoresReport
  readonly contenders: ReadonlyArray<ContenderInfo>
  readonly rows: ReadonlyArray<RowSummary>
}

export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  system: `${type()} ${release()}`,
  node: process.versions.node,
})

/** Whether two reports have the same machine, settings and contenders, so that one table can hold both. */
const isComparable = (a: Report, b: Report): boolean => {
  const setting = ({ machine, generator, runs, seconds, quick, contenders }: Report) =>
    JSON.stringify([machine, generator, runs, seconds, quick, contenders.map(({ id, version }) => [id, version])])
  return setting(a) === setting(b)
}

/**
 * Replaces the rows that were measured again, in the order of `ids`. Returns `undefined` if the two reports are not comparable.
 */
export const updateReport = (before: Report, again: Report, ids: ReadonlyArray<string>): Report | undefined => {
  if (!isComparable(before, again)) return undefined
  const rows = new Map([...before.rows, ...again.rows].map((summary) => [summary.row.id, summary]))
  const cores = addCores(before.cores, again.cores)
  return { ...again, ...(cores === undefined ? {} : { cores }), rows: ids.flatMap((id) => rows.get(id) ?? []) }
}

const addCores = (before: CoresReport | undefined, again: CoresReport | undefined): CoresReport | undefined =>
  before === undefined || again === undefined
    ? (before ?? again)
    : { nanos: Math.min(before.nanos, again.nanos), repeated: before.repeated + again.repeated }

const isReport = (value: unknown): value is Report =>
  typeof value === "object" &&
  value !== null &&
  "version" in value &&
  value.version === 1 &&
  "rows" in value &&
  Array.isArray(value.rows) &&
  "contenders" in value &&
  Array.isArray(value.contenders)

/** Reads the output of {@link renderJson}. Returns `undefined` for other text. */
export const parseJson = (text: string): Report | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isReport(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const renderJson = (report: Report): string => `${JSON.stringify(report, figures, 1)}\n`

/** Keeps six significant digits, which is more than the precision of any figure. */
const figures = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
