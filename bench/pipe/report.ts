import { median, spread } from "../runner/statistics.ts"
import type { Figure } from "./measure.ts"
import { type Floor, mostRssMiB, type Row } from "./rows.ts"

/** The figures of one contender in one row, run by run. A failed run has its reason in place of a figure. */
export interface Series {
  readonly name: string
  readonly runs: ReadonlyArray<Figure | string>
}

/** One row with all its contenders, tcpfx first. */
export interface RowResult {
  readonly row: Row
  readonly series: ReadonlyArray<Series>
}

const figures = ({ runs }: Series): ReadonlyArray<Figure> => runs.filter((run) => typeof run !== "string")

const rates = (series: Series): ReadonlyArray<number> => figures(series).map(({ perSecond }) => perSecond)

/** The median of the ratios to another contender in the same run. */
export const ratioTo = (ours: Series, other: Series): number | undefined => {
  const ratios = ours.runs.flatMap((own, run) => {
    const its = other.runs[run]
    return typeof own === "object" && typeof its === "object" ? [own.perSecond / its.perSecond] : []
  })
  return ratios.length === 0 ? undefined : median(ratios)
}

/** The verdict on a floor, in words. Undefined if the other contender is not installed or failed. */
export const judge = (
  result: RowResult,
  floor: Floor,
): { readonly text: string; readonly met: boolean } | undefined => {
  const [ours] = result.series
  if (ours === undefined) return undefined
  if (floor.of === "rate") {
    const own = rates(ours)
    if (own.length === 0) return undefined
    return { text: `${format(floor.value, result.row)}`, met: median(own) >= floor.value }
  }
  const other = result.series.find(({ name }) => name === floor.of)
  const ratio = other === undefined ? undefined : ratioTo(ours, other)
  return ratio === undefined
    ? undefined
    : { text: `${ratio.toFixed(2)} of ${floor.of} (${floor.value})`, met: ratio >= floor.value }
}

const format = (perSecond: number, { unit }: Row): string =>
  unit === "MB" ? `${perSecond.toFixed(0)} MB/s` : `${(perSecond / 1000).toFixed(0)} k lines/s`

const cell = (result: RowResult, series: Series): string => {
  const range = spread(rates(series))
  if (range === undefined) return `failed: ${series.runs.find((run) => typeof run === "string") ?? "not run"}`
  const { max, median: middle, min } = range
  return `${format(middle, result.row)} (${format(min, result.row)} – ${format(max, result.row)})`
}

/** The table of a bench. */
export const render = (results: ReadonlyArray<RowResult>, about: ReadonlyArray<string>): string => {
  const lines = ["# The pipe", "", ...about, ""]
  lines.push("| path | contender | median (lowest – highest) | peak memory | floors |", "|---|---|---|---|---|")
  for (const result of results) {
    for (const [at, series] of result.series.entries()) {
      const memory = figures(series).map(({ rssMiB }) => rssMiB)
      const judged = at > 0 ? [] : result.row.floors.flatMap((floor) => judge(result, floor) ?? [])
      const verdicts = judged.map(({ met, text }) => `${text}: ${met ? "met" : "**missed**"}`)
      if (at === 0 && memory.length > 0 && result.row.isBounded) {
        verdicts.push(`${mostRssMiB} MiB: ${Math.max(...memory) < mostRssMiB ? "met" : "**missed**"}`)
      }
      const held = memory.length === 0 ? "" : `${Math.max(...memory).toFixed(0)} MiB`
      lines.push(
        `| ${at === 0 ? result.row.title : ""} | ${series.name} | ${cell(result, series)} | ${held} | ${verdicts.join(", ")} |`,
      )
    }
  }
  return `${lines.join("\n")}\n`
}
