import type { LogRow, LogView } from "../../../domain/assistant/Log.ts"
import { markOf, type RowWords, timeText, whoText } from "./rowText.ts"

export interface RowState {
  /** The index in the log, from 0. It counts the row with the number of dropped rows. */
  readonly index: number
  readonly selected: boolean
  readonly active: boolean
  readonly view: LogView
}

/**
 * The maximum number of characters in the element of a row. A screen shows no more, and the layout of thousands is
 * slow.
 */
const mostShown = 600

const clip = (text: string, rest: string): string =>
  text === "" ? "" : text.length > mostShown ? `${text.slice(0, mostShown)}…` : text + rest

let made = 0

/** One recycled element of the log. Data of a peer is inserted as text nodes, never as HTML. */
export class RowElement {
  readonly node = document.createElement("div")
  index: number | undefined
  private readonly time = cell("row-time")
  private readonly who = cell("row-who")
  private readonly mark = cell("row-mark")
  private readonly data = cell("row-data")
  private readonly by = document.createElement("span")
  private readonly hex = document.createElement("span")
  private readonly text = document.createElement("span")
  private readonly size = cell("row-size")
  private shown: LogRow | string | null | undefined
  private shownAs = ""

  constructor() {
    this.node.id = `row-${made++}`
    this.node.setAttribute("role", "row")
    this.by.className = "row-by"
    this.hex.className = "row-hex"
    this.text.className = "row-text"
    this.data.append(this.hex, this.text, this.by)
    this.node.append(this.time, this.who, this.mark, this.data, this.size)
  }

  hide(): void {
    this.index = undefined
    this.node.hidden = true
    this.node.setAttribute("aria-selected", "false")
  }

  /** Shows a row. `undefined` stands for a row that is not read yet, `null` for a dropped row. */
  show(row: LogRow | null | undefined, state: RowState, words: RowWords): void {
    this.place(state)
    const as = `${state.view}/${words.received}`
    if (row === this.shown && as === this.shownAs) return
    this.shown = row
    this.shownAs = as
    if (row === undefined || row === null) {
      this.fill("", "", "", "", "", "", "")
      this.node.className = "row row-waiting"
      return
    }
    const bytes = row.kind !== "announcement"
    const hex = bytes && state.view !== "text" ? (row.hex ?? "") : ""
    const text = bytes && state.view === "hex" ? "" : (row.text ?? "")
    const rest = row.cut ? "…" : ""
    this.fill(
      timeText(row.at),
      whoText(row, words),
      markOf(row),
      row.by ?? "",
      clip(hex, rest),
      clip(text, rest),
      row.bytes === undefined ? "" : `${row.bytes} B`,
    )
    this.mark.setAttribute("aria-label", words[row.kind])
    this.node.className = `row row-${row.kind} tone-${row.tone ?? "plain"} view-${state.view}`
  }

  /** Shows a note of the log in place of a row. */
  showNote(text: string, state: RowState): void {
    this.place(state)
    if (this.shown === text) return
    this.shown = text
    this.fill("", "", "⋯", "", "", text, "")
    this.mark.removeAttribute("aria-label")
    this.node.className = "row row-note"
  }

  private place(state: RowState): void {
    this.node.hidden = false
    if (state.index !== this.index) {
      this.index = state.index
      this.node.dataset["index"] = String(state.index)
      this.node.setAttribute("aria-rowindex", String(state.index + 1))
    }
    this.node.setAttribute("aria-selected", String(state.selected))
    this.node.toggleAttribute("data-active", state.active)
  }

  private fill(time: string, who: string, mark: string, by: string, hex: string, text: string, size: string): void {
    this.time.textContent = time
    this.who.textContent = who
    this.who.title = who
    this.mark.textContent = mark
    this.by.textContent = by
    this.hex.textContent = hex
    this.text.textContent = text
    this.size.textContent = size
  }
}

const cell = (name: string): HTMLElement => {
  const element = document.createElement("span")
  element.className = name
  element.setAttribute("role", "gridcell")
  return element
}
