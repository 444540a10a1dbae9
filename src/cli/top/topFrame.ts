import { escapeControls } from "../../domain/index.ts"
import { cutPlain, widthOf } from "../console/Screen.ts"
import type { TerminalSize } from "../console/Terminal.ts"
import type { Palette } from "../output/theme.ts"
import { clientTable } from "./clientTable.ts"
import { summaryText } from "./summaryText.ts"
import { matchingOf, type TopView } from "./TopView.ts"

// Two rows of the server, one with the order and the filter, the titles of the table, and the keys.
const otherRows = 5

/** The number of rows for clients on a terminal. */
export const clientRows = ({ rows }: TerminalSize): number => Math.max(1, rows - otherRows)

const clearToEndOfRow = "\u001b[K"
const reverse = (text: string): string => `\u001b[7m${text}\u001b[0m`
// Synchronized output (mode 2026), as in the console.
const beginFrame = "\u001b[?2026h\u001b[H"
const endFrame = "\u001b[J\u001b[?2026l"

const keys = "q quit · r rate · i in · o out · p pending · a age · n name · / filter · ↑↓ scroll · space pause"

const orderText = ({ clients, filter, from, isPaused, problem, sort }: TopView): string => {
  const shown = (clients?.connections.length ?? 0) + (clients?.remote?.length ?? 0)
  const matching = matchingOf(clients)
  const parts = [
    `by ${sort}`,
    matching > shown && shown > 0 ? `${from + 1} to ${from + shown} of ${matching}` : `${matching} shown`,
    ...(filter === "" ? [] : [`filter ${filter}`]),
    ...(isPaused ? ["paused"] : []),
    ...(problem === undefined ? [] : [problem]),
  ]
  return escapeControls(parts.join(" · "))
}

/** The lines of the full screen: at most as many as the terminal has rows, each at most as wide as the terminal. */
export const topLines = (view: TopView, { columns, rows }: TerminalSize, palette: Palette): ReadonlyArray<string> => {
  const { clients, summary, typed } = view
  if (summary === undefined || clients === undefined) return [cutPlain("waiting for the server …", columns)]
  const [server, figures] = summaryText(summary)
  const [titles = "", ...table] = clientTable(clients, summary.at, columns)
  const padded = titles + " ".repeat(Math.max(0, columns - widthOf(titles)))
  const footer =
    typed === undefined ? palette.dim(cutPlain(keys, columns)) : cutPlain(`filter: ${escapeControls(typed)}▏`, columns)
  const head = [palette.bold(cutPlain(server, columns)), cutPlain(figures, columns), cutPlain(orderText(view), columns)]
  const body = [...head, reverse(padded), ...table]
  // A terminal with fewer rows shows the table rather than the keys.
  const room = Math.max(1, rows - 1)
  const upper = body.slice(0, room)
  return rows <= otherRows ? body.slice(0, rows) : [...upper, ...Array<string>(room - upper.length).fill(""), footer]
}

/** Paints the lines from the upper left corner. The last line has no line end, which would scroll the screen. */
export const topFrame = (lines: ReadonlyArray<string>): string =>
  `${beginFrame}${lines.map((line) => `${line}${clearToEndOfRow}`).join("\r\n")}${endFrame}`
