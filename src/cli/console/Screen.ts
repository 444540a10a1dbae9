import truncatedWidth from "fast-string-truncated-width"
import { behind, before as previous } from "./LineEditor.ts"

/**
 * The lower end of a terminal: log rows scroll above a status row and an input row that stay in place. Only these two rows
 * are ever rewritten, so scrollback, selection and search stay those of the terminal. All functions give what is to be
 * written; nothing here writes.
 *
 * The old status and input rows are erased by the number of rows that they occupy at the present width: a terminal that
 * became narrower has wrapped them.
 */

/** What the two rows show. */
export interface Footer {
  /** May have colours; is cut to the width of the terminal. */
  readonly status: string
  readonly prompt: string
  readonly text: string
  /** Offset of the cursor in `text`. */
  readonly cursor: number
}

// Columns that the input row shows on the far side of the cursor, where the text is longer than the row.
const margin = 8
// A text with more code units than this per column does not fit, or has very many characters without a width.
const mostUnitsPerColumn = 16
const clearToEndOfRow = "\u001b[K"
const clearBelow = "\u001b[J"
const plain = "\u001b[0m"
/** Synchronised output (mode 2026): a terminal that knows it shows the rows at once, another ignores it. */
const beginFrame = "\u001b[?2026h"
const endFrame = "\u001b[?2026l"

/** How many columns a text occupies; escape sequences occupy none. */
export const widthOf = (text: string): number => truncatedWidth(text).width

/** A text without what is beyond `columns` columns, with an ellipsis in its place. */
export const cutTo = (text: string, columns: number): string => {
  const { ellipsed, index, truncated } = truncatedWidth(text, { limit: columns, ellipsis: "…", ellipsisWidth: 1 })
  return truncated ? `${text.slice(0, index)}${ellipsed ? "…" : ""}${plain}` : text
}

/**
 * The part of an input that fits into `columns` columns and has the cursor in it, and the column of the cursor. Only the
 * text around the cursor is measured, so a long input costs no more than a short one.
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
  // The window begins so that the cursor has some columns behind it, as far as there is text.
  const wantedBehind = Math.min(margin, widthOf(visibleText(text.slice(cursor, cursor + mostUnitsPerColumn * margin))))
  const before = backwards(text, cursor, columns - wantedBehind - 2)
  const head = before.from > 0 ? "…" : ""
  const column = widthOf(head) + before.width
  const after = forwards(text, cursor, columns - column)
  const shown = `${head}${visibleText(text.slice(before.from, after))}${after < text.length ? "…" : ""}`
  return { shown, column }
}

/** The offset from which the text before the cursor fits into some columns, and its width. */
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

/** The offset up to which the text behind the cursor fits into some columns, with an ellipsis where more follows. */
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

/** Line ends and tabs of a pasted text as signs that occupy one column. */
const visibleText = (text: string): string => text.replaceAll("\n", "⏎").replaceAll("\t", "⇥")

/** The rows of one terminal. */
export class Screen {
  private columns: number
  /** Widths of the footer's rows as they were painted, and the column of the cursor; none while nothing is painted. */
  private isResized = false
  private painted: { readonly status: number; readonly column: number } | undefined

  constructor(columns: number) {
    this.columns = Math.max(1, columns)
  }

  /** The terminal has another width. What it shows is painted anew by the next {@link paint}. */
  resize(columns: number): void {
    this.columns = Math.max(1, columns)
    this.isResized = true
  }

  /** Log rows and the footer below them. A row is a text without control characters other than colours. */
  paint(rows: ReadonlyArray<string>, footer: Footer): string {
    const status = cutTo(footer.status, this.columns - 1)
    // A question has no text behind it, and gets the whole row.
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

  /** Removes the footer: the cursor stands where the next row of the log would. */
  erase(): string {
    const out = this.painted === undefined ? "" : `${this.toFooter()}${clearBelow}`
    this.painted = undefined
    return out
  }

  /** Forgets the footer: the terminal was cleared, or another program has written to it. */
  forget(): void {
    this.painted = undefined
  }

  /** Moves the cursor to the first column of the footer. */
  private toFooter(): string {
    if (this.painted === undefined) return ""
    const { column, status } = this.painted
    const up = Math.max(1, Math.ceil(status / this.columns)) + Math.floor(column / this.columns)
    // tmux remembers that it has wrapped a row until the row is cleared. Without a resize nothing is cleared before it is
    // painted anew, so nothing flickers.
    const clear = this.isResized ? clearBelow : ""
    this.isResized = false
    return `\r\u001b[${up}A${clear}`
  }
}
