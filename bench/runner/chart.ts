import { formatRatio } from "./metrics.ts"
import { yardstick } from "./model.ts"
import type { Report } from "./report.ts"
import type { Spread } from "./statistics.ts"
import { busyGenerator, type ContenderSummary, formatFaults, type RowSummary } from "./summary.ts"
import { yardstickFigure } from "./table.ts"

const layout = {
  width: 920,
  margin: 24,
  /** The x coordinates between which bars lie. */
  left: 230,
  right: 780,
  top: 92,
  bar: 12,
  step: 18,
  title: 26,
  gap: 16,
} as const

const style = `
  .page { fill: #ffffff } text { font: 12px system-ui, "Segoe UI", sans-serif; fill: #24292f }
  .head { font-size: 18px; font-weight: 600 } .note { fill: #57606a } .title { font-weight: 600 }
  .grid { stroke: #d8dee4; stroke-width: 1 } .one { stroke: #24292f; stroke-width: 1.25 }
  .bar { fill: #afb8c1 } .ours { fill: #0969da } .name-ours { font-weight: 600 }
  .whisker { stroke: #24292f; stroke-width: 1.25 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .note { fill: #9198a1 }
    .grid { stroke: #2a313c } .one { stroke: #e6edf3 } .bar { fill: #59636e } .ours { fill: #4493f8 } .whisker { stroke: #e6edf3 }
  }
`

interface Bar {
  readonly summary: ContenderSummary
  readonly ratio: Spread
}

interface Group {
  readonly row: RowSummary
  readonly bars: ReadonlyArray<Bar>
}

const groupsOf = (report: Report): ReadonlyArray<Group> =>
  report.rows.flatMap((row) => {
    if (row.row.shown[0] !== "perSecond") return []
    const bars = row.contenders.flatMap((summary) => {
      const ratio = summary.ratios.perSecond
      // A log scale has no place for 0.
      return ratio === undefined || ratio.median <= 0 || summary.contender.id === yardstick ? [] : [{ summary, ratio }]
    })
    return bars.length === 0 ? [] : [{ row, bars }]
  })

const escapeXml = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")

const round = (value: number): string => value.toFixed(1)

/** Draws the throughput rows: a bar for each ratio to the raw loop, on a log scale. */
export const renderChart = (report: Report): string => {
  const groups = groupsOf(report)
  const { width, margin, left, right, top } = layout
  const ratios = groups.flatMap(({ bars }) => bars.flatMap(({ ratio }) => [ratio.median, ratio.max]))
  const lowest = Math.floor(Math.log10(Math.min(0.5, ...ratios)))
  const highest = Math.ceil(Math.log10(Math.max(2, ...ratios)))
  const x = (ratio: number): number => {
    const share = (Math.log10(Math.max(ratio, 10 ** lowest)) - lowest) / (highest - lowest)
    return left + share * (right - left)
  }
  const height = top + groups.reduce((sum, { bars }) => sum + heightOf(bars), 0) + margin
  const decades = Array.from({ length: highest - lowest + 1 }, (_, at) => 10 ** (lowest + at))
  const tops = groups.map((_, at) => top + groups.slice(0, at).reduce((sum, { bars }) => sum + heightOf(bars), 0))
  const draw = (one: (group: Group, y: number) => string) => groups.map((group, at) => one(group, tops[at] ?? top))
  const bottom = height - margin
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>Throughput in relation to a hand-written node:net loop</title>
<style>${style}</style>
<rect class="page" width="${width}" height="${height}"/>
<text class="head" x="${margin}" y="34">Throughput in relation to a hand-written node:net loop</text>
<text class="note" x="${margin}" y="54">Log scale. A bar is the median of ${report.runs} runs, a line the range. Right of 1 is faster. † a message was lost, changed or late.</text>
${decades.map((decade) => drawDecade(decade, x(decade), bottom)).join("\n")}
${draw((group, y) => drawBars(group, y, x)).join("\n")}
<line class="one" x1="${round(x(1))}" y1="${top - 6}" x2="${round(x(1))}" y2="${bottom}"/>
${draw(drawTitle).join("\n")}
</svg>
`
}

const heightOf = (bars: ReadonlyArray<Bar>): number => layout.title + bars.length * layout.step + layout.gap

const drawDecade = (decade: number, at: number, bottom: number): string => {
  const label = decade < 1 ? `${decade}` : decade.toFixed(0)
  return `<line class="grid" x1="${round(at)}" y1="${layout.top - 6}" x2="${round(at)}" y2="${bottom}"/>
<text class="note" x="${round(at)}" y="${layout.top - 12}" text-anchor="middle">${label}</text>`
}

/** A title has a background, so that no line of the grid crosses the text. */
const drawTitle = ({ row }: Group, y: number): string => {
  const { margin, width, title } = layout
  return `<rect class="page" x="0" y="${y + 2}" width="${width}" height="${title - 4}"/>
<text class="title" x="${margin}" y="${y + 17}">${escapeXml(row.row.title)}<tspan class="note" font-weight="400" dx="10">raw loop: ${escapeXml(yardstickFigure(row))}</tspan></text>`
}

const drawBars = ({ bars }: Group, y: number, x: (ratio: number) => number): string => {
  const { right, title, step } = layout
  const lines = bars.map(({ summary, ratio }, at) => {
    const { contender, faults, generatorCpu } = summary
    const from = y + title + at * step
    const middle = from + layout.bar / 2
    const marks = `${formatFaults(faults) === "" ? "" : " †"}${generatorCpu >= busyGenerator ? " *" : ""}`
    const bar = `<rect class="${contender.ours ? "ours" : "bar"}" x="${layout.left}" y="${from}" width="${round(Math.max(1, x(ratio.median) - layout.left))}" height="${layout.bar}" rx="1"/>`
    const whisker = `<path class="whisker" fill="none" d="M${round(x(ratio.min))} ${middle}H${round(x(ratio.max))}M${round(x(ratio.min))} ${middle - 3}v6M${round(x(ratio.max))} ${middle - 3}v6"/>`
    return `<text class="${contender.ours ? "name-ours" : "note"}" x="${layout.left - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(contender.name)}</text>
${bar}
${ratio.min === ratio.max ? "" : whisker}
<text class="${contender.ours ? "name-ours" : ""}" x="${right + 12}" y="${middle + 4}">${formatRatio(ratio.median)} ×${marks}</text>`
  })
  return lines.join("\n")
}
