import { availableParallelism, cpus, release, totalmem, type } from "node:os"
import type { ContenderInfo } from "./model.ts"
import type { RowSummary } from "./summary.ts"

/** On what the figures were measured. No name of the machine and no path. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

/** All that the bench found, as results.json has it. */
export interface Report {
  readonly version: 1
  readonly machine: Machine
  /** Which load generator was used. */
  readonly generator: string
  readonly runs: number
  readonly seconds: number
  /** A quick run: works are smaller than their names say, and no figure is judged. */
  readonly quick: boolean
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

export const renderJson = (report: Report): string => `${JSON.stringify(report, figures, 1)}\n`

/** Six significant figures are more than any of them is worth. */
const figures = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
