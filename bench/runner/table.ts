import { formatCount, formatRatio, presentations } from "./metrics.ts"
import { type ContenderInfo, type Floor, faultWords, type Row, yardstick } from "./model.ts"
import type { Report } from "./report.ts"
import { growthRows } from "./rows.ts"
import type { Spread } from "./statistics.ts"
import {
  busyGenerator,
  type ContenderSummary,
  disturbedBelow,
  formatFaults,
  isAsked,
  type RowSummary,
} from "./summary.ts"

type Cells = ReadonlyArray<string>

/** A Markdown table that can be read as it stands: cells as wide as their column. */
export const renderTable = (head: Cells, lines: ReadonlyArray<Cells>): string => {
  const widths = head.map((title, at) => Math.max(3, title.length, ...lines.map((cells) => cells[at]?.length ?? 0)))
  const line = (cells: Cells) => `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width)).join(" | ")} |`
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.map(line)].join("\n")
}

const none = "–"

/** Everything that was found, for people. */
export const renderMarkdown = (report: Report): string => {
  const { machine } = report
  return [
    "# Results of the bench",
    "",
    ...(report.quick
      ? [
          "A quick run: works are smaller than their names say, most contenders do one row, and figures mean nothing.",
          "",
        ]
      : []),
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.system}; Node ${machine.node}.`,
    `Medians of ${report.runs} interleaved runs with windows of ${report.seconds} s, in brackets the lowest and the`,
    "highest. Ratios are to the raw loop of the same run. Written by `npm run bench`; how it measures stands in",
    "bench/README.md.",
    "",
    `The load generator was the one ${report.generator}.`,
    `A figure with a * was measured while it took ${busyGenerator} of a core or more, in one of the runs at least: what was`,
    "measured may be the generator, and a ratio to a raw loop with a * may be too high, one with a * of its own too low.",
    `With a ~ the machine was disturbed: the generator, which never sleeps, ran for less than ${disturbedBelow} of the window.`,
    ...renderCores(report),
    "",
    ...renderCommits(report.rows),
    renderTable(
      ["contender", "version", "what it is", "started as"],
      report.contenders.map(({ name, version, about, commands = [] }) => [
        name,
        version,
        about,
        commands.length === 0 ? "a script of the bench" : commands.map((command) => `\`${command}\``).join(", "),
      ]),
    ),
    "",
    "## Summary",
    "",
    renderSummary(report),
    "",
    ...renderGrowth(report),
    ...report.rows.flatMap((row) => [`## ${row.row.title}`, "", renderRow(row), "", ...renderFloors(row)]),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n")
}

/** Which commit the rows were measured at, or which rows at which, where they were not measured together. */
const renderCommits = (rows: ReadonlyArray<RowSummary>): ReadonlyArray<string> => {
  const idsOf = new Map<string | undefined, ReadonlyArray<string>>()
  for (const { row, commit } of rows) idsOf.set(commit, [...(idsOf.get(commit) ?? []), row.id])
  const [first] = idsOf
  if (first === undefined || (idsOf.size === 1 && first[0] === undefined)) return []
  if (idsOf.size === 1) return [`Measured at commit ${first[0]}.`, ""]
  const each = [...idsOf].map(([commit, ids]) => `${ids.join(", ")} at ${commit ?? "one that was not noted"}`)
  return [`Rows were measured at different commits: ${each.join("; ")}.`, ""]
}

const isAbsolute = (row: Row): boolean => row.floors[0]?.of === "value"

const cellOf = ({ row }: RowSummary, summary: ContenderSummary | undefined): string => {
  const [metric] = row.shown
  if (summary === undefined) return none
  const value = summary.values[metric]
  if (value === undefined)
    return summary.failures.length > 0 ? "failed" : summary.skipped.length > 0 ? "left out" : none
  return `${figureOf(row, summary, value)}${busyMark(summary)}${formatFaults(summary.faults) === "" ? "" : " (!)"}`
}

const figureOf = (row: Row, { contender, ratios }: ContenderSummary, value: Spread): string => {
  const [metric] = row.shown
  if (isAbsolute(row) || contender.id === yardstick) return presentations[metric].format(value.median)
  const ratio = ratios[metric]
  return ratio === undefined ? "no ratio" : formatRatio(ratio.median)
}

const busyMark = ({ generatorCpu, generatorRan = 1, apart = false }: ContenderSummary): string =>
  `${generatorCpu >= busyGenerator ? " *" : ""}${generatorRan < disturbedBelow ? " ~" : ""}${apart ? " ^" : ""}`

const renderCores = ({ cores, rows }: Report): ReadonlyArray<string> => {
  if (cores === undefined) return []
  const { nanos, repeated } = cores
  const oneOrMore = repeated === 1 ? "1 run was" : `${repeated} runs were`
  return [
    `A word takes ${nanos.toFixed(0)} ns from one core to the other and back while they share a cache. ${oneOrMore} repeated,`,
    "as they did not any more when it had ended; what went wrong in those counts all the same.",
    ...(rows.some(({ contenders }) => contenders.some(({ apart }) => apart === true))
      ? ["With a ^ they did not share one in one of the runs at least: patience was at its end."]
      : []),
  ]
}

const renderSummary = (report: Report): string => {
  const shown = report.contenders.filter(({ id }) =>
    report.rows.some((row) => row.contenders.some(({ contender }) => contender.id === id)),
  )
  const lines = report.rows.map((row) => {
    const of = (info: ContenderInfo) => row.contenders.find(({ contender }) => contender.id === info.id)
    return [row.row.title, ...shown.map((info) => cellOf(row, of(info))), ...demands(row, report.quick)]
  })
  return [
    renderTable(["work", ...shown.map(({ name }) => name), "tcpfx: demanded", "met"], lines),
    "",
    "The raw loop's column is absolute, and so are rows whose demand is; the others are ratios to it. –: not among the",
    "works that it has or is asked to do; left out: for a reason that stands with the row.",
    ...renderMarked(report.rows),
  ].join("\n")
}

/** What each (!) of the summary stands for. */
const renderMarked = (rows: ReadonlyArray<RowSummary>): ReadonlyArray<string> => {
  const marked = rows.flatMap(({ row, contenders }) =>
    contenders.flatMap(({ contender, faults }) => {
      const found = formatFaults(faults)
      return found === "" ? [] : [`- ${row.title}, ${contender.name}: ${found}`]
    }),
  )
  if (marked.length === 0) return []
  return [
    "",
    `(!): something went wrong, in all runs together. "${faultWords.lost}": later messages came to a subscriber that stayed,`,
    `and these never did. "${faultWords.undelivered}": nothing behind them had come either when the generator gave up`,
    `waiting, so they may only have been late. "${faultWords.missedByDisconnected}": what subscribers did not get that the`,
    "server had disconnected.",
    "",
    ...marked,
  ]
}

const formatFloor = ({ metric, of, direction, value }: Floor): string => {
  const bound = of === "ratio" ? `${formatRatio(value)} × raw` : presentations[metric].format(value)
  return `${direction === "atLeast" ? "≥" : "≤"} ${bound}`
}

const demands = ({ row, contenders }: RowSummary, isQuick: boolean): Cells => {
  if (row.floors.length === 0) return [none, none]
  const demanded = row.floors.map(formatFloor).join(", ")
  if (isQuick) return [demanded, "not judged"]
  const judged = contenders.filter(({ contender }) => isAsked(contender))
  const reference = contenders.find(({ contender }) => contender.id === yardstick)
  const ofYardstick = reference === undefined || row.floors.every(({ of }) => of === "value") ? "" : busyMark(reference)
  const met = judged.map(({ contender, floors, values }) => {
    if (Object.keys(values).length === 0) return `${contender.id} ${none}`
    const count = floors.filter((floor) => floor.met).length
    return `${contender.id} ${count === floors.length ? "met" : count === 0 ? "not met" : `${count} of ${floors.length}`}${ofYardstick}`
  })
  return [demanded, met.join(", ")]
}

const within = (format: (value: number) => string, lowest: number, highest: number): string =>
  lowest === highest ? "" : ` (${format(lowest)}–${format(highest)})`

const renderRow = ({ row, contenders }: RowSummary): string => {
  const [first] = row.shown
  const shown = row.shown.filter((metric) => contenders.some(({ values }) => values[metric] !== undefined))
  const head = [
    "contender",
    "ratio",
    ...shown.map((metric) => presentations[metric].label(row.unit)),
    "generator",
    "wrong",
  ]
  const lines = contenders.map((summary) => {
    const { contender, values, ratios, failures, skipped, faults } = summary
    const ratio = ratios[first]
    const figures = shown.map((metric) => {
      const value = values[metric]
      if (value === undefined) return none
      const { format } = presentations[metric]
      return `${format(value.median)}${within(format, value.min, value.max)}`
    })
    const wrong = [formatFaults(faults), ...failures, ...skipped].filter((text) => text !== "").join("; ")
    const generator = summary.generatorCpu === 0 ? none : `${summary.generatorCpu.toFixed(2)}${busyMark(summary)}`
    return [
      contender.name,
      ratio === undefined ? none : `${formatRatio(ratio.median)}${within(formatRatio, ratio.min, ratio.max)}`,
      ...figures,
      generator,
      wrong === "" ? none : wrong,
    ]
  })
  return renderTable(head, lines)
}

const renderFloors = ({ row, contenders }: RowSummary): ReadonlyArray<string> => {
  const lines = contenders.flatMap(({ contender, floors, values, ratios }) =>
    floors.flatMap((floor) => {
      const { format, label } = presentations[floor.metric]
      const reached = (floor.of === "ratio" ? ratios : values)[floor.metric]
      if (reached === undefined) return []
      const shown = floor.of === "ratio" ? `${formatRatio(reached.median)} × raw` : format(reached.median)
      return [
        `- ${contender.name}: ${label(row.unit)} ${shown}, demanded ${formatFloor(floor)}: ${floor.met ? "met" : "**not met**"}`,
      ]
    }),
  )
  return lines.length === 0 ? [] : [...lines, ""]
}

/** How the cost of a delivery grows with the subscribers, out of the rows that fan out. */
const renderGrowth = (report: Report): ReadonlyArray<string> => {
  const found = growthRows.flatMap(([id, subscribers]) => {
    const row = report.rows.find((one) => one.row.id === id)
    return row === undefined ? [] : [{ row, subscribers }]
  })
  if (found.length < 2) return []
  const lines = report.contenders.flatMap((info) => {
    const cells = found.map(({ row }) => {
      const value = row.contenders.find(({ contender }) => contender.id === info.id)?.values.cpuNanosPerUnit
      return value === undefined ? none : presentations.cpuNanosPerUnit.format(value.median)
    })
    return cells.every((cell) => cell === none) ? [] : [[info.name, ...cells]]
  })
  return [
    "## How cost grows: server CPU per delivery, by subscribers",
    "",
    renderTable(["contender", ...found.map(({ subscribers }) => subscribers)], lines),
    "",
  ]
}

/** What the raw loop itself did in a row, for titles. */
export const yardstickFigure = ({ row, contenders }: RowSummary): string => {
  const value = contenders.find(({ contender }) => contender.id === yardstick)?.values.perSecond
  return value === undefined ? none : `${formatCount(value.median)} ${row.unit}/s`
}
