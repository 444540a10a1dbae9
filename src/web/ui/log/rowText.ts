import type { LogRow, LogView } from "../../../domain/assistant/Log.ts"

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)
const three = (value: number): string => (value < 10 ? `00${value}` : value < 100 ? `0${value}` : `${value}`)

/** The local time with milliseconds: `14:03:10.559`. */
export const timeText = (at: number): string => {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${three(date.getMilliseconds())}`
}

/** The local date and time with milliseconds. */
export const dateText = (at: number): string => {
  const date = new Date(at)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeText(at)}`
}

/** The words of a language that a row needs. */
export interface RowWords {
  readonly clients: (count: number) => string
  readonly received: string
  readonly sent: string
  readonly announcement: string
}

/** The client of a row, such as `#3 plc-1`, or the number of recipients of a sent row. */
export const whoText = (row: LogRow, words: RowWords): string => {
  if (row.id !== undefined) return row.name ? `#${row.id} ${row.name}` : `#${row.id}`
  if (row.to === undefined) return ""
  const only = row.to.count === 1 ? row.to.first[0] : undefined
  return only === undefined ? words.clients(row.to.count) : `#${only}`
}

/** The mark of a direction, for users who do not see the colour. */
export const markOf = (row: LogRow): string => (row.kind === "received" ? "◂" : row.kind === "sent" ? "▸" : "·")

/** A row as one line of text, for copying. */
export const lineOf = (row: LogRow, view: LogView, words: RowWords): string => {
  const data = view === "hex" && row.kind !== "announcement" ? (row.hex ?? "") : (row.text ?? row.hex ?? "")
  const both = view === "both" && row.hex !== undefined && row.text !== undefined ? `${row.hex}  ${row.text}` : data
  return [dateText(row.at), whoText(row, words), markOf(row), row.cut ? `${both}…` : both]
    .filter((part) => part !== "")
    .join("  ")
}
