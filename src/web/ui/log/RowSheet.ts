import type { LogRow, LogView } from "../../../domain/assistant/Log.ts"
import { RowElement } from "./RowElement.ts"
import type { RowWords } from "./rowText.ts"

/** The rows of one paint: the indexes from `first` up to, but not including, `last`, and the content of each row. */
export interface Painting {
  readonly first: number
  readonly last: number
  readonly view: LogView
  readonly words: RowWords
  /**
   * The content of a row: a row, a note of the log (a string), `undefined` for a row that is not read yet, or `null`
   * for a dropped row.
   */
  readonly rowAt: (index: number) => LogRow | string | null | undefined
  readonly stateAt: (index: number) => { readonly selected: boolean; readonly active: boolean }
}

/** The recycled elements that show the visible rows of a log. */
export class RowSheet {
  readonly node = document.createElement("div")
  private readonly elements: Array<RowElement> = []

  constructor() {
    this.node.className = "rows-sheet"
    this.node.setAttribute("role", "rowgroup")
  }

  /** Paints rows. Returns the id of the element of the active row, if that row is visible. */
  paint({ first, last, rowAt, stateAt, view, words }: Painting): string | undefined {
    const needed = Math.max(0, last - first)
    while (this.elements.length < needed) {
      const element = new RowElement()
      this.elements.push(element)
      this.node.append(element.node)
    }
    let activeId: string | undefined
    this.elements.forEach((element, offset) => {
      if (offset >= needed) {
        element.hide()
        return
      }
      const index = first + offset
      const row = rowAt(index)
      const state = { index, view, ...stateAt(index) }
      if (typeof row === "string") element.showNote(row, state)
      else element.show(row, state, words)
      if (state.active) activeId = element.node.id
    })
    return activeId
  }

  /** The index of the row under an event. */
  indexOf(event: Event): number | undefined {
    const node = event.target instanceof Element ? event.target.closest("[data-index]") : null
    return this.elements.find((element) => element.node === node)?.index
  }
}
