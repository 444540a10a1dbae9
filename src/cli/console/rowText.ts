import type * as Assistant from "../../domain/assistant/index.ts"
import { type ConnectionId, escapeControls, formatBytes, formatConnectionId } from "../../domain/index.ts"
import type { Stamps } from "../output/Stamps.ts"

/** Functions that colour a text, or return it unchanged if the terminal has no colours. */
export interface Palette {
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly bold: (text: string) => string
}

const code = (begin: number, end: number) => (text: string) => `\u001b[${begin}m${text}\u001b[${end}m`
const plain = (text: string): string => text

/** The palette of a terminal with or without colours. */
export const paletteOf = (hasColours: boolean): Palette =>
  hasColours
    ? { dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39), bold: code(1, 22) }
    : { dim: plain, red: plain, green: plain, yellow: plain, bold: plain }

const nameOf = (id: ConnectionId | undefined, name: string | undefined): string =>
  id === undefined ? "" : `${formatConnectionId(id)}${name === undefined ? "" : ` ${escapeControls(name)}`} `

const recipients = ({ id, name, to }: Assistant.LogRow): string => {
  if (to === undefined) return nameOf(id, name)
  const named = to.first.slice(0, 4).map(formatConnectionId).join(",")
  return `${named}${to.count > 4 ? ` and ${to.count - 4} more` : ""} `
}

/** Formats a row of the log as a line: time, client, direction, bytes. A line with the date precedes each new day. */
export const rowText = (row: Assistant.LogRow, palette: Palette, stamps: Stamps): ReadonlyArray<string> => {
  const date = stamps.newDate(row.at, "out")
  const line = `${palette.dim(stamps.of(row.at))}${rest(row, palette)}`
  return date === undefined ? [line] : [palette.dim(date), line]
}

const rest = (row: Assistant.LogRow, palette: Palette): string => {
  if (row.kind === "announcement") {
    const colour = row.tone === "problem" ? palette.yellow : row.tone === "good" ? palette.green : palette.dim
    return colour(row.text ?? "")
  }
  const bytes = [row.hex, row.text].filter((part) => part !== undefined).join("  ")
  const cut = row.cut === true ? palette.dim(` … ${formatBytes(row.bytes ?? 0)} in all`) : ""
  const by = row.by === undefined ? "" : palette.dim(` (${escapeControls(row.by)})`)
  return row.kind === "sent"
    ? `${palette.red(`${recipients(row)}> ${bytes}`)}${cut}${by}`
    : `${nameOf(row.id, row.name)}< ${bytes}${cut}`
}

const count = (number: number, one: string): string => `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`

/** The line that replaces the rows that are not shown. */
export const leftOutText = (rows: number, palette: Palette): string => palette.dim(`… ${count(rows, "row")} not shown`)

/** Formats a rate in bytes per second. */
export const rateText = (rate: number): string => `${formatBytes(Math.round(rate))}/s`

/** The status of a window in one line. */
export const statusText = (state: Assistant.WindowState, notShown: number, palette: Palette): string => {
  const { bytesIn, bytesOut, rateIn, rateOut } = state.traffic
  const parts = [
    ...(state._tag === "ServerWindow" ? serverParts(state) : clientParts(state)),
    ...(notShown > 0 ? [`${count(notShown, "row")} not shown`] : []),
    `in ${formatBytes(bytesIn)}, ${rateText(rateIn)}`,
    `out ${formatBytes(bytesOut)}, ${rateText(rateOut)}`,
    ...(state.repeats.length > 0 ? [count(state.repeats.length, "repeat")] : []),
    ...(state.rules.length > 0 ? [count(state.rules.length, "rule")] : []),
  ]
  return palette.dim(escapeControls(parts.join(" · ")))
}

const endpointsText = (endpoints: ReadonlyArray<string>): string =>
  endpoints.length <= 2 ? endpoints.join(", ") : `${endpoints[0]} and ${endpoints.length - 1} more`

const serverParts = (state: Assistant.ServerWindow): ReadonlyArray<string> => [
  state.listening === "listening" ? `listening on ${endpointsText(state.endpoints)}` : "not listening",
  ...(state.accepting === "yes" ? [] : [state.accepting === "suspended" ? "new connections refused" : "draining"]),
  count(state.clients, "client"),
  ...(state.refused > 0 ? [`${count(state.refused, "connection")} refused`] : []),
]

const clientParts = (state: Assistant.ClientWindow): ReadonlyArray<string> => [
  state.phase === "connected" || state.phase === "half-closed"
    ? `${state.phase === "connected" ? "connected to" : "half-closed with"} ${state.remote ?? state.endpoint ?? ""}`
    : `${state.phase.replace("-", " ")}${state.endpoint === undefined ? "" : ` ${state.endpoint}`}`,
  ...(state.paused ? ["paused"] : []),
  ...(state.pending > 0 ? [`${formatBytes(state.pending)} pending`] : []),
]
