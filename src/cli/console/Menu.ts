import { cutTo, widthOf } from "./Screen.ts"

const clearBelow = "\u001b[J"

/**
 * Rows at the bottom of a terminal that are replaced as a whole. The cursor stays after the last row. The functions
 * return text to write, and write nothing themselves.
 */
export class Menu {
  /** The widths of the painted rows. */
  private widths: ReadonlyArray<number> = []

  /** Replaces the rows. Rows are cut to the width of the terminal. */
  paint(rows: ReadonlyArray<string>, columns: number): string {
    const cut = rows.map((row) => cutTo(row, Math.max(1, columns - 1)))
    const out = `${this.erase(columns)}${cut.join("\r\n")}`
    this.widths = cut.map(widthOf)
    return out
  }

  /** Erases the rows. A terminal that became narrower has wrapped them, so the current width decides their number. */
  erase(columns: number): string {
    const rows = this.widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / Math.max(1, columns))), 0)
    this.widths = []
    return `\r${rows > 1 ? `\u001b[${rows - 1}A` : ""}${clearBelow}`
  }
}
