/** A row of a table: its cells by the heads of their columns. */
export type MarkdownRow = Readonly<Record<string, string>>

const cellsOf = (line: string): ReadonlyArray<string> =>
  line
    .replace(/^\|\s*|\s*\|\s*$/g, "")
    .split("|")
    .map((cell) => cell.trim())

/** The rows of the tables below each heading of level 2. */
export const tablesIn = (text: string): ReadonlyMap<string, ReadonlyArray<MarkdownRow>> =>
  new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [heading = "", ...lines] = section.split("\n")
        const [head, , ...rows] = lines.filter((line) => line.startsWith("|"))
        const names = head === undefined ? [] : cellsOf(head)
        const rowOf = (line: string) => Object.fromEntries(cellsOf(line).map((cell, at) => [names[at] ?? "", cell]))
        return [heading.trim(), rows.map(rowOf)]
      }),
  )

/** The figure at the beginning of a cell, which the range of the runs may follow. Throws if there is none. */
export const figureIn = (row: MarkdownRow, column: string): number => {
  const figure = Number.parseFloat(row[column] ?? "")
  if (Number.isNaN(figure)) throw new Error(`a table of the results has no figure in the column "${column}"`)
  return figure
}
