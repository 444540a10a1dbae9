import * as Assistant from "../../domain/assistant/index.ts"
import { counted } from "../../domain/counted.ts"
import { type ConnectionId, escapeControls, formatBytes, formatConnectionId } from "../../domain/index.ts"
import type { Stamps } from "../output/Stamps.ts"
import type { Palette } from "../output/theme.ts"

const nameOf = (id: ConnectionId | undefined, name: string | undefined): string =>
  id === undefined ? "" : `${formatConnectionId(id)}${name === undefined ? "" : ` ${escapeControls(name)}`} `

const recipients = ({ id, name, to }: Assistant.LogRow): string => {
  if (to === undefined) return nameOf(id, name)
  const named = to.first.slice(0, 4).map(formatConnectionId).join(",")
  return `${named}${to.count > 4 ? ` and ${to.count - 4} more` : ""} `
}

/** The client of an announcement, if its text does not name the client. */
const clientOf = ({ id, name, text = "" }: Assistant.LogRow): string =>
  text.startsWith("#") || (name !== undefined && text.includes(name)) ? "" : nameOf(id, name)

/**
 * Formats a row of the log as a line: time, client, direction, bytes. A line with the date precedes each new day. A row
 * with hex and text has a dump of its bytes in further lines.
 */
export const rowText = (row: Assistant.LogRow, palette: Palette, stamps: Stamps): ReadonlyArray<string> => {
  const date = stamps.newDate(row.at, "out")
  const [first = "", ...more] = lines(row, palette)
  const line = `${palette.dim(stamps.of(row.at, "out"))}${first}`
  return date === undefined ? [line, ...more] : [palette.dim(date), line, ...more]
}

const lines = (row: Assistant.LogRow, palette: Palette): ReadonlyArray<string> => {
  if (row.kind === "announcement") {
    const colour = row.tone === "problem" ? palette.problem : row.tone === "good" ? palette.good : palette.dim
    return [colour(`${clientOf(row)}${row.text ?? ""}`)]
  }
  const by = row.by === undefined ? "" : palette.dim(` (${escapeControls(row.by)})`)
  const isSent = row.kind === "sent"
  const paint = isSent ? palette.sent : palette.received
  const head = isSent ? `${recipients(row)}> ` : `${nameOf(row.id, row.name)}< `
  const cut = row.cut === true ? palette.dim(`… ${formatBytes(row.bytes ?? 0)} in all`) : ""
  if (row.hex === undefined || row.text === undefined) {
    return [`${paint(`${head}${row.hex ?? row.text ?? ""}`)}${cut === "" ? "" : ` ${cut}`}${by}`]
  }
  const dump = Assistant.hexDump(Buffer.from(row.hex.replaceAll(" ", ""), "hex"))
  return [
    `${paint(`${head}${counted(row.bytes ?? 0, "byte")}`)}${by}`,
    ...(dump === "" ? [] : dump.split("\n").map(paint)),
    ...(cut === "" ? [] : [cut]),
  ]
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
