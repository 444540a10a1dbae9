import { escapeControls, formatBytes } from "../../domain/index.ts"
import { cutPlain, widthOf } from "../console/Screen.ts"
import type { ConnectionRow, RemoteRow } from "../control/answers.ts"

/** A column of the table of clients. */
interface Column {
  readonly title: string
  readonly align: "left" | "right"
  /** A narrow terminal shows the columns with the smallest numbers. */
  readonly rank: number
  readonly text: (row: ConnectionRow, now: number) => string
  /** The text for a client of another server. Absent: only its own server knows it, so the column is blank. */
  readonly remoteText?: (row: RemoteRow, now: number) => string
}

const second = 1000

/** An age with at most two units, such as `3 s`, `12 m 5 s` and `2 d 3 h`. */
export const ageText = (millis: number): string => {
  const seconds = Math.max(0, Math.floor(millis / second))
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor((seconds % 86_400) / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "m"],
    [seconds % 60, "s"],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  if (first < 0) return "0 s"
  return units
    .slice(first, first + 2)
    .flatMap(([count, unit]) => (count > 0 ? [`${count} ${unit}`] : []))
    .join(" ")
}

const rateText = (rate: number | undefined): string => {
  if (rate === undefined) return "-"
  return rate === 0 ? "0" : `${formatBytes(Math.round(rate))}/s`
}

const sizeText = (bytes: number): string => (bytes === 0 ? "0" : formatBytes(bytes))

const stateText = ({ paused, state }: ConnectionRow): string => {
  const word = state === "peer-half-closed" ? "half-closed" : state
  return paused ? `${word}, paused` : word
}

const columns: ReadonlyArray<Column> = [
  { title: "ID", align: "left", rank: 0, text: ({ id }) => `#${id}`, remoteText: ({ client }) => client },
  { title: "ADDRESS", align: "left", rank: 1, text: ({ remote }) => remote, remoteText: ({ remote }) => remote },
  {
    title: "NAME",
    align: "left",
    rank: 6,
    text: ({ name = "", tags = [] }) =>
      [name, ...tags.map((tag) => `tag:${tag}`)].filter((part) => part !== "").join(" "),
  },
  { title: "IN/S", align: "right", rank: 2, text: ({ rateIn }) => rateText(rateIn) },
  { title: "OUT/S", align: "right", rank: 3, text: ({ rateOut }) => rateText(rateOut) },
  { title: "PENDING", align: "right", rank: 4, text: ({ pendingBytes }) => sizeText(pendingBytes) },
  {
    title: "AGE",
    align: "right",
    rank: 5,
    text: ({ since }, now) => ageText(now - since),
    remoteText: ({ since }, now) => ageText(now - since),
  },
  { title: "IN", align: "right", rank: 7, text: ({ bytesIn }) => sizeText(bytesIn) },
  { title: "OUT", align: "right", rank: 8, text: ({ bytesOut }) => sizeText(bytesOut) },
  { title: "STATE", align: "left", rank: 9, text: stateText },
]

const between = "  "
// An address or name that is longer is cut, so that one client cannot push the figures out of the terminal.
const widestText = 45

interface Cells {
  readonly column: Column
  readonly width: number
  readonly texts: ReadonlyArray<string>
}

/** The columns that fit into the width. The first column is always there. */
const fitting = (all: ReadonlyArray<Cells>, width: number): ReadonlyArray<Cells> => {
  const kept = new Set<Cells>()
  let used = -between.length
  for (const cells of [...all].sort((a, b) => a.column.rank - b.column.rank)) {
    used += between.length + cells.width
    if (kept.size > 0 && used > width) break
    kept.add(cells)
  }
  return all.filter((cells) => kept.has(cells))
}

/** The clients of a server, then those of the other servers that share its hub. */
export interface TableRows {
  readonly connections: ReadonlyArray<ConnectionRow>
  readonly remote?: ReadonlyArray<RemoteRow> | undefined
}

/**
 * The table of clients as lines of at most `width` columns, the titles first. Names come from clients and their users,
 * so control characters are escaped. Without a width, the table has all columns.
 */
export const clientTable = (
  { connections: rows, remote = [] }: TableRows,
  now: number,
  width: number = Number.POSITIVE_INFINITY,
): ReadonlyArray<string> => {
  const hasRates = rows.length === 0 || rows.some(({ rateIn }) => rateIn !== undefined)
  const cells = columns
    .filter(({ title }) => hasRates || !title.endsWith("/S"))
    .map((column): Cells => {
      const shownTexts = [
        ...rows.map((row) => column.text(row, now)),
        ...remote.map((row) => column.remoteText?.(row, now) ?? ""),
      ]
      const texts = [column.title, ...shownTexts.map((text) => cutPlain(escapeControls(text), widestText))]
      return { column, texts, width: Math.max(...texts.map(widthOf)) }
    })
    // An empty column, such as the names of clients without names, takes no room.
    .filter(({ column, texts }) => column.title !== "NAME" || texts.slice(1).some((text) => text !== ""))
  const shown = fitting(cells, width)
  return [undefined, ...rows, ...remote].map((_, at) => {
    const line = shown.map(({ column, texts, width: wide }) => {
      const text = texts[at] ?? ""
      const padding = " ".repeat(Math.max(0, wide - widthOf(text)))
      return column.align === "left" ? text + padding : padding + text
    })
    return cutPlain(line.join(between).trimEnd(), width)
  })
}
