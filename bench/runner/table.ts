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

/** A Markdown table with aligned columns, readable as plain text. */
export const renderTable = (head: Cells, lines: ReadonlyArray<Cells>): string => {
  const widths = head.map((title, at) => Math.max(3, title.length, ...lines.map((cells) => cells[at]?.length ?? 0)))
  const line = (cells: Cells) => `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width)).join(" | ")} |`
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.map(line)].join("\n")
}

const none = "–"

/** The report as Markdown. */
export const renderMarkdown = (report: Report): string => {
  const { machine } = report
  return [
    "# Results of the bench",
    "",
    ...(report.quick
      ? [
          "A quick run: works are smaller than their names say, most contenders do one row, and the figures mean nothing.",
          "",
        ]
      : []),
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.system}; Node ${machine.node}.`,
    `A figure is the median of ${report.runs} interleaved runs with windows of ${report.seconds} s. The range is in brackets. A ratio is`,
    "to the raw loop of the same run. `npm run bench` writes this file, and bench/README.md describes the method.",
    "",
    `The load generator is ${report.generator}.`,
    `\`*\`: the generator took ${busyGenerator} of a core or more in at least one run, so the figure may be that of the generator. A`,
    "ratio to a raw loop with `*` may be too high. A ratio of a contender with `*` may be too low.",
    `\`~\`: other processes disturbed the run. The generator never sleeps, but had a core for less than ${disturbedBelow} of the window.`,
    ...renderCores(report),
    "",
    ...renderCommits(report.rows),
    renderTable(
      ["contender", "version", "description", "command"],
      report.contenders.map(({ name, version, about, commands = [] }) => [
        name,
        version,
        about,
        commands.length === 0 ? "script of the bench" : commands.map((command) => `\`${command}\``).join(", "),
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

/** The commit of the measurement. If rows have different commits, the rows of each commit. */
const renderCommits = (rows: ReadonlyArray<RowSummary>): ReadonlyArray<string> => {
  const idsOf = new Map<string | undefined, ReadonlyArray<string>>()
  for (const { row, commit } of rows) idsOf.set(commit, [...(idsOf.get(commit) ?? []), row.id])
  const [first] = idsOf
  if (first === undefined || (idsOf.size === 1 && first[0] === undefined)) return []
  if (idsOf.size === 1) return [`Measured at commit ${first[0]}.`, ""]
  const each = [...idsOf].map(([commit, ids]) => `${ids.join(", ")} at ${commit ?? "an unknown commit"}`)
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
    `The round trip of a word between the two cores takes ${nanos.toFixed(0)} ns while they share a cache. ${oneOrMore} repeated`,
    "because the cores shared no cache at the end. The faults of repeated runs count.",
    ...(rows.some(({ contenders }) => contenders.some(({ apart }) => apart === true))
      ? ["`^`: the cores shared no cache in at least one run, after the bench had stopped waiting for them."]
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
    renderTable(["row", ...shown.map(({ name }) => name), "floor of tcpfx", "met"], lines),
    "",
    "The column of the raw loop has absolute figures, and so have rows with an absolute floor. All other figures are ratios",
    "to the raw loop. –: the contender does not take part. left out: the table of the row has the reason.",
    ...renderMarked(report.rows),
  ].join("\n")
}

/** The faults behind each (!) of the summary. */
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
    `(!): the faults of all runs. "${faultWords.lost}": a subscriber that stayed connected received later messages, but never these.`,
    `"${faultWords.undelivered}": no later message had come either when the generator stopped waiting, so these may only be`,
    `late. "${faultWords.missedByDisconnected}": messages for subscribers that the server had disconnected.`,
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
        `- ${contender.name}: ${label(row.unit)} ${shown}, floor ${formatFloor(floor)}: ${floor.met ? "met" : "**not met**"}`,
      ]
    }),
  )
  return lines.length === 0 ? [] : [...lines, ""]
}

/** The CPU time of a delivery in the fan-out rows, by the number of subscribers. */
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
    "## Server CPU per delivery, by number of subscribers",
    "",
    renderTable(["contender", ...found.map(({ subscribers }) => subscribers)], lines),
    "",
  ]
}

/** The rate of the raw loop in a row, for titles. */
export const yardstickFigure = ({ row, contenders }: RowSummary): string => {
  const value = contenders.find(({ contender }) => contender.id === yardstick)?.values.perSecond
  return value === undefined ? none : `${formatCount(value.median)} ${row.unit}/s`
}
