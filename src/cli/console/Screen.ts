import truncatedWidth from "fast-string-truncated-width"
import { behind, before as previous } from "./LineEditor.ts"

/**
 * The bottom of a terminal. Rows of the log scroll above a footer, which is a status row and an input row. Only the
 * footer is ever rewritten, so scrollback, selection and search of the terminal work as usual. The functions of this
 * file return text to write, and write nothing themselves.
 *
 * A terminal that became narrower has wrapped the old footer. So `Screen` counts the rows that the footer occupies at
 * the current width, and erases them all.
 */

/** The text of the two rows. */
export interface Footer {
  /** The status row. It may have colours. It is cut to the width of the terminal. */
  readonly status: string
  readonly prompt: string
  readonly text: string
  /** The offset of the cursor in `text`. */
  readonly cursor: number
}

// If the text is longer than the input row, the row reserves this many columns for the text after the cursor.
const margin = 8
// A text with more code units per column than this is treated as too long, without a measurement.
const mostUnitsPerColumn = 16
const clearToEndOfRow = "\u001b[K"
const clearBelow = "\u001b[J"
const plain = "\u001b[0m"
// Synchronized output (mode 2026). A terminal with this mode shows the whole frame at once. Others ignore the mode.
const beginFrame = "\u001b[?2026h"
const endFrame = "\u001b[?2026l"

/** The number of columns that a text occupies. Escape sequences occupy none. */
export const widthOf = (text: string): number => truncatedWidth(text).width

/** Cuts a text without colours to `columns` columns. An ellipsis replaces the rest. */
export const cutPlain = (text: string, columns: number): string => {
  const { ellipsed, index, truncated } = truncatedWidth(text, { limit: columns, ellipsis: "…", ellipsisWidth: 1 })
  return truncated ? `${text.slice(0, index)}${ellipsed ? "…" : ""}` : text
}

/** Cuts a text, which may have colours, to `columns` columns. An ellipsis replaces the rest. */
export const cutTo = (text: string, columns: number): string => {
  const cut = cutPlain(text, columns)
  return cut === text ? text : `${cut}${plain}`
}

/**
 * The part of an input around the cursor that fits into `columns` columns, and the column of the cursor. Only this part
 * is measured, so a long input takes no more time than a short one.
 */
export const inputWindow = (
  text: string,
  cursor: number,
  columns: number,
): { readonly shown: string; readonly column: number } => {
  const isShort = text.length <= mostUnitsPerColumn * columns
  if (isShort && widthOf(visibleText(text)) <= columns) {
    return { shown: visibleText(text), column: widthOf(visibleText(text.slice(0, cursor))) }
  }
  // The columns that are reserved for the text after the cursor.
  const wantedBehind = Math.min(margin, widthOf(visibleText(text.slice(cursor, cursor + mostUnitsPerColumn * margin))))
  const before = backwards(text, cursor, columns - wantedBehind - 2)
  const head = before.from > 0 ? "…" : ""
  const column = widthOf(head) + before.width
  const after = forwards(text, cursor, columns - column)
  const shown = `${head}${visibleText(text.slice(before.from, after))}${after < text.length ? "…" : ""}`
  return { shown, column }
}

/** The start of the longest text before the cursor that fits into `columns` columns, and its width. */
const backwards = (text: string, cursor: number, columns: number) => {
  let [from, width] = [cursor, 0]
  while (from > 0) {
    const next = previous(text, from)
    const wider = width + widthOf(visibleText(text.slice(next, from)))
    if (wider > columns) break
    from = next
    width = wider
  }
  return { from, width }
}

/** The end of the longest text after the cursor that fits into `columns` columns, with an ellipsis if more follows. */
const forwards = (text: string, cursor: number, columns: number): number => {
  let [to, width] = [cursor, 0]
  while (to < text.length) {
    const next = behind(text, to)
    width += widthOf(visibleText(text.slice(to, next)))
    if (width + (next < text.length ? 1 : 0) > columns) break
    to = next
  }
  return to
}

/** Replaces line ends and tabs by visible characters of one column. */
const visibleText = (text: string): string => text.replaceAll("\n", "⏎").replaceAll("\t", "⇥")

/** The rows of one terminal. */
export class Screen {
  private columns: number
  private isResized = false
  /** The width of the painted status, and the column of the cursor. `undefined` while no footer is painted. */
  private painted: { readonly status: number; readonly column: number } | undefined

  constructor(columns: number) {
    this.columns = Math.max(1, columns)
  }

  /** Sets the width of the terminal. The next {@link paint} erases the old footer first. */
  resize(columns: number): void {
    this.columns = Math.max(1, columns)
    this.isResized = true
  }

  /** Returns rows of the log with the footer below them. The only control characters in a row are those of colours. */
  paint(rows: ReadonlyArray<string>, footer: Footer): string {
    const status = cutTo(footer.status, this.columns - 1)
    // A prompt without a text after it, such as a question, gets the whole row.
    const room = footer.text === "" ? this.columns - 1 : this.columns >> 1
    const prompt = cutTo(footer.prompt, Math.max(1, room))
    const promptWidth = widthOf(prompt)
    const { column, shown } = inputWindow(footer.text, footer.cursor, Math.max(2, this.columns - 1 - promptWidth))
    const lines = [...rows, status].map((row) => `${row}${plain}${clearToEndOfRow}\r\n`).join("")
    const cursor = promptWidth + column
    const out =
      `${beginFrame}${this.toFooter()}${lines}${prompt}${shown}${plain}${clearBelow}` +
      `\r${cursor > 0 ? `\u001b[${cursor}C` : ""}${endFrame}`
    this.painted = { status: widthOf(status), column: cursor }
    return out
  }

  /** Erases the footer. The cursor is then at the place of the next row of the log. */
  erase(): string {
    const out = this.painted === undefined ? "" : `${this.toFooter()}${clearBelow}`
    this.painted = undefined
    return out
  }

  /** Forgets the footer, after the terminal was cleared or another program has written to it. */
  forget(): void {
    this.painted = undefined
  }

  /** Moves the cursor to the first column of the footer. */
  private toFooter(): string {
    if (this.painted === undefined) return ""
    const { column, status } = this.painted
    const up = Math.max(1, Math.ceil(status / this.columns)) + Math.floor(column / this.columns)
    // After a resize, tmux treats a row as wrapped until the row is cleared. Without a resize, clearing first would only
    // cause flicker.
    const clear = this.isResized ? clearBelow : ""
    this.isResized = false
    return `\r\u001b[${up}A${clear}`
  }
}
