import type { LogExtent, LogRow, LogView } from "../../../domain/assistant/Log.ts"
import { type Latest, makeLatest } from "../link/latest.ts"
import type { Stop } from "../link/Stop.ts"
import { RowCache } from "./RowCache.ts"
import { RowSelection, type Selection } from "./RowSelection.ts"
import { RowSheet } from "./RowSheet.ts"
import type { RowWords } from "./rowText.ts"
import { isExact, lastTop, moved, type Scale, scrollOf, spacerOf } from "./scale.ts"

/** The parts of the page that the log uses. */
export interface LogHost {
  /** Reads rows. Calls `done` once, with `undefined` if the rows cannot be read now. */
  readonly read: (from: number, count: number, done: (rows: ReadonlyArray<LogRow> | undefined) => void) => Stop
  /**
   * Whether the log has a filter. The place of a row is then the ordinal of its match, otherwise the number of the row.
   */
  readonly filtered: () => boolean
  readonly onFollow: (following: boolean) => void
  /** Called with the number of rows that were added since the user scrolled away from the end. */
  readonly onNew: (count: number) => void
  readonly onSelect: (selection: Selection | undefined) => void
  readonly onOpen: () => void
  readonly words: () => RowWords & { readonly dropped: (count: number) => string }
  /** Announces new rows to a screen reader. */
  readonly announce: (rows: ReadonlyArray<LogRow>) => void
}

export const rowHeight = 20
/** The number of rows beyond each edge of the view that are read and painted. */
const margin = 8
const nothing: LogExtent = { first: 0, next: 0, dropped: 0, bytes: 0, limit: 0, complete: true }

/**
 * The rows of a log, painted without a framework. The scroll bar stands for all rows, and recycled elements show the
 * visible rows. All rows have the same height. The log reads only the rows that it shows.
 *
 * This file is long because the scroll bar, the keys, following and new extents all change one position, `top`, and each
 * of them must preserve the invariants of the others. Code that does not depend on the position has its own file:
 * `RowCache`, `RowSheet`, `RowSelection` and `scale.ts`.
 */
export class LogRows {
  /** The extent of the log. */
  private extent = nothing
  /**
   * The extent of the painted log. While the log follows its end, this extent lags until the rows at the end have been
   * read.
   */
  private shown = nothing
  /** Whether {@link setExtent} has been called since the last {@link reset}. */
  private isKnown = false
  /** The place after the last row that was read. */
  private answered = 0
  private view: LogView = "text"
  private following = true
  private top = 0
  /** The position of the scroll bar that `top` belongs to. */
  private bar = 0
  private readonly selection = new RowSelection()
  private seenNext = 0
  /** Changes when the cache is cleared. Answers to requests of an earlier generation are discarded. */
  private generation = 0
  /** Changes when the rows expire. The answer to an earlier request may have the old content. */
  private edition = 0
  private announced = 0
  private frame: number | undefined
  private viewHeight = 0
  private readonly cache = new RowCache()
  private readonly spacer = document.createElement("div")
  private readonly sheet = new RowSheet()
  private readonly latest: Latest<{ readonly from: number; readonly count: number }>
  private readonly observer: ResizeObserver
  private readonly ending = new AbortController()

  constructor(
    private readonly grid: HTMLElement,
    private readonly host: LogHost,
  ) {
    this.spacer.className = "rows-spacer"
    this.spacer.setAttribute("role", "presentation")
    this.spacer.append(this.sheet.node)
    grid.append(this.spacer)
    this.latest = makeLatest(({ from, count }, done) => {
      const { edition, generation } = this
      return host.read(from, count, (rows) => {
        const isWanted = rows !== undefined && generation === this.generation
        if (isWanted) {
          // A match keeps its ordinal. An answer begins with the first match that the log still has.
          const first = Math.max(from, this.extent.first)
          const filtered = host.filtered()
          this.cache.put(from, count, rows, (row, index) => (filtered ? first + index : row.row))
          if (edition !== this.edition) this.cache.expire()
          this.answered = from + count
        }
        done()
        if (isWanted || generation !== this.generation) this.paintSoon()
      })
    })
    const { signal } = this.ending
    grid.addEventListener("scroll", () => this.scrolled(), { signal, passive: true })
    grid.addEventListener("scrollend", () => this.settle(), { signal, passive: true })
    grid.addEventListener("keydown", (event) => this.keyed(event), { signal })
    this.sheet.node.addEventListener("mousedown", (event) => this.pressed(event), { signal })
    this.sheet.node.addEventListener("click", (event) => this.clicked(event), { signal })
    this.sheet.node.addEventListener("dblclick", () => this.host.onOpen(), { signal })
    this.observer = new ResizeObserver(() => this.resized())
    this.observer.observe(grid)
  }

  /** Ends the log. */
  end(): void {
    this.ending.abort()
    this.observer.disconnect()
    this.latest.stop()
    if (this.frame !== undefined) cancelAnimationFrame(this.frame)
    this.spacer.remove()
  }

  /** Sets the extent of the log. While the log is paused, the painted rows stay, and new rows only raise the count. */
  setExtent(extent: LogExtent, paused: boolean): void {
    if (paused && this.canStay(extent)) {
      this.host.onNew(extent.next - Math.max(this.following ? this.shown.next : this.seenNext, extent.first))
      return
    }
    this.isKnown = true
    const before = this.extent
    // After a clear or a new search, the cached rows are invalid.
    if (extent.next < before.next || extent.first < before.first) {
      this.forget()
      this.shown = extent
    }
    this.extent = extent
    if (!this.following) {
      this.showAll()
      this.host.onNew(Math.max(0, extent.next - Math.max(this.seenNext, extent.first)))
    }
    this.paintSoon()
  }

  /** Whether the log still has the painted rows. It has none of them after a new filter or a clear. */
  private canStay(extent: LogExtent): boolean {
    const { shown } = this
    if (!this.isKnown) return false
    return shown.first === shown.next || (extent.first < shown.next && shown.next <= extent.next)
  }

  /** Shows the whole extent of the log. The visible rows keep their position in the view when rows are dropped at the top. */
  private showAll(): void {
    const { first } = this.shown
    const hadGap = this.gap
    this.shown = this.extent
    const gone = Math.max(0, this.extent.first - first) - (this.gap - hadGap)
    if (gone > 0) this.top = Math.max(0, this.top - gone * rowHeight)
  }

  setView(view: LogView): void {
    if (view === this.view) return
    this.view = view
    this.forget()
    this.paintSoon()
  }

  /** Discards all rows, for another filter or after a reconnect. */
  reset(): void {
    this.isKnown = false
    this.extent = nothing
    this.shown = nothing
    this.forget()
    this.top = 0
    this.unselect()
    this.follow(true)
  }

  /** Reads the visible rows again, for example after a client was renamed. The old rows stay until the answer arrives. */
  refresh(): void {
    this.edition++
    this.cache.expire()
    this.paintSoon()
  }

  follow(following: boolean): void {
    if (following !== this.following) {
      if (!following) this.showAll()
      this.following = following
      this.seenNext = this.extent.next
      this.host.onFollow(following)
    }
    if (following) this.host.onNew(0)
    this.paintSoon()
  }

  /** Scrolls the row at a place to the middle of the view, and selects the row. */
  show(place: number): void {
    this.follow(false)
    this.top = this.indexOf(place) * rowHeight - this.viewHeight / 2 + rowHeight
    this.clampTop()
    this.selection.set(place)
    this.selected()
    this.putBar()
  }

  unselect(): void {
    this.selection.clear()
    this.selected()
  }

  private forget(): void {
    this.generation++
    this.answered = 0
    this.cache.clear()
  }

  /** 1 if the first row shows the number of dropped rows, otherwise 0. */
  private get gap(): number {
    return this.shown.dropped > 0 ? 1 : 0
  }

  private get count(): number {
    return this.shown.next - this.shown.first + this.gap
  }

  private get scale(): Scale {
    return { content: this.count * rowHeight, view: this.viewHeight }
  }

  private indexOf(place: number): number {
    return place - this.shown.first + this.gap
  }

  private placeOf(index: number): number {
    return index + this.shown.first - this.gap
  }

  private clampTop(): void {
    this.top = Math.min(lastTop(this.scale), Math.max(0, this.top))
  }

  private resized(): void {
    this.viewHeight = this.grid.clientHeight
    this.paintSoon()
  }

  private scrolled(): void {
    // A taller view moves the scroll bar up, and the scroll event arrives before the resize event. The user has not
    // scrolled in this case.
    if (this.grid.clientHeight !== this.viewHeight) {
      this.resized()
      return
    }
    const at = this.grid.scrollTop
    if (Math.abs(at - this.bar) < 1) return
    const up = at < this.bar
    this.top = moved(this.scale, this.top, this.bar, at)
    this.bar = at
    const atEnd = this.top >= lastTop(this.scale) - 1
    if (up && !atEnd) this.follow(false)
    else if (atEnd && !up) this.follow(true)
    // At an end of the scroll bar the browser does not scroll further, although the content may have more rows.
    const most = spacerOf(this.scale) - this.viewHeight
    if (!isExact(this.scale) && (at <= 0 || at >= most - 1)) this.putBar()
    this.paintSoon()
  }

  private settle(): void {
    if (!isExact(this.scale)) this.putBar()
  }

  /** Moves the scroll bar to the position of the content. */
  private putBar(): void {
    this.setSpacer()
    const wanted = scrollOf(this.scale, this.top)
    if (Math.abs(this.grid.scrollTop - wanted) >= 1) this.grid.scrollTop = wanted
    this.bar = this.grid.scrollTop
    this.paintSoon()
  }

  private setSpacer(): void {
    const height = `${Math.max(spacerOf(this.scale), this.viewHeight)}px`
    if (this.spacer.style.height !== height) this.spacer.style.height = height
  }

  private paintSoon(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined
      this.paint()
    })
  }

  private paint(): void {
    if (this.viewHeight === 0) this.viewHeight = this.grid.clientHeight
    if (this.viewHeight === 0) return
    if (this.following) this.catchUp()
    this.setSpacer()
    if (this.following) {
      this.top = lastTop(this.scale)
      this.seenNext = this.extent.next
    } else this.clampTop()
    const wanted = scrollOf(this.scale, this.top)
    if (this.following || isExact(this.scale)) {
      if (Math.abs(this.grid.scrollTop - wanted) >= 1) this.grid.scrollTop = wanted
      this.bar = this.grid.scrollTop
    }
    const first = Math.max(0, Math.floor(this.top / rowHeight) - margin)
    const last = Math.min(this.count, Math.ceil((this.top + this.viewHeight) / rowHeight) + margin)
    if (!this.following) this.ask(this.placeOf(Math.max(this.gap, first)), this.placeOf(Math.max(this.gap, last)))
    this.paintRows(first, last)
    this.announceNew()
  }

  /**
   * Paints the log up to its end, or up to the last row that the page has received. A fast log grows before the server
   * answers, so a log painted up to its end would be blank most of the time.
   */
  private catchUp(): void {
    const { first, next } = this.extent
    const rows = Math.ceil(this.viewHeight / rowHeight)
    this.ask(Math.max(first, next - rows - margin), next)
    const reached = this.isRead(next, rows) ? next : Math.min(next, this.answered)
    if (reached >= this.shown.next && this.isRead(reached, rows)) this.shown = { ...this.extent, next: reached }
  }

  /** Whether the last rows before a place have been read. */
  private isRead(place: number, rows: number): boolean {
    const { first } = this.extent
    return place >= first && this.cache.missing(Math.max(first, place - rows), place) === undefined
  }

  private ask(from: number, to: number): void {
    const missing = this.cache.missing(from, to)
    if (missing !== undefined) {
      this.latest.wish({ from: missing.from, count: Math.min(1000, missing.to - missing.from) })
    }
  }

  private paintRows(first: number, last: number): void {
    // The sheet moves with the scroll bar, so the rows keep their position in the view between two paints.
    this.sheet.node.style.transform = `translateY(${Math.round(this.grid.scrollTop - (this.top - first * rowHeight))}px)`
    this.grid.setAttribute("aria-rowcount", String(this.count))
    const words = this.host.words()
    const activeId = this.sheet.paint({
      first,
      last,
      view: this.view,
      words,
      rowAt: (index) => (index < this.gap ? words.dropped(this.shown.dropped) : this.cache.get(this.placeOf(index))),
      stateAt: (index) => {
        const place = this.placeOf(index)
        return { selected: this.selection.has(place), active: place === this.selection.active }
      },
    })
    if (activeId === undefined) this.grid.removeAttribute("aria-activedescendant")
    else this.grid.setAttribute("aria-activedescendant", activeId)
  }

  /** Announces up to three new rows. More rows at once are not announced. */
  private announceNew(): void {
    const { next } = this.extent
    const from = Math.max(this.announced, next - 4)
    if (!this.following || this.announced === 0 || next - this.announced > 3) {
      this.announced = next
      return
    }
    const rows: Array<LogRow> = []
    for (let place = from; place < next; place++) {
      const row = this.cache.get(place)
      if (row === undefined) return
      if (row !== null) rows.push(row)
    }
    this.announced = next
    if (rows.length > 0) this.host.announce(rows)
  }

  private selected(): void {
    this.host.onSelect(this.selection.range)
    this.paintSoon()
  }

  /**
   * The log stops following at the press, because a row that moves before the release could not be clicked, and its
   * text could not be selected.
   */
  private pressed(event: MouseEvent): void {
    if (event.button === 0 && this.sheet.indexOf(event) !== undefined) this.follow(false)
    // A click with Shift selects rows. The browser would select their text as well.
    if (!event.shiftKey) return
    event.preventDefault()
    this.grid.focus()
  }

  private clicked(event: MouseEvent): void {
    const index = this.sheet.indexOf(event)
    if (index === undefined || index < this.gap) return
    // The user has selected text with the mouse, probably to copy it.
    if (document.getSelection()?.type === "Range") return
    const place = this.placeOf(index)
    if (event.shiftKey && this.selection.active !== undefined) this.selection.extendTo(place)
    else if (this.selection.isOnly(place)) this.selection.clear()
    else this.selection.set(place)
    this.selected()
  }

  private keyed(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const page = Math.max(1, Math.floor(this.viewHeight / rowHeight) - 1)
    const steps: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page }
    const step = steps[event.key]
    if (step !== undefined) this.step(step, event.shiftKey)
    else if (event.key === "Home") this.goTo(this.extent.first, event.shiftKey)
    else if (event.key === "End") {
      this.unselect()
      this.follow(true)
    } else if (event.key === "Enter" && this.selection.active !== undefined) this.host.onOpen()
    else if (event.key === "Escape" && this.selection.active !== undefined) this.unselect()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  private step(way: number, extend: boolean): void {
    const start = this.selection.active ?? this.placeOf(Math.floor((this.top + this.viewHeight - 1) / rowHeight)) + 1
    this.goTo(start + way, extend)
  }

  private goTo(place: number, extend: boolean): void {
    if (this.extent.next === this.extent.first) return
    const within = Math.min(this.extent.next - 1, Math.max(this.extent.first, place))
    this.follow(false)
    if (extend) this.selection.extendTo(within)
    else this.selection.set(within)
    const y = this.indexOf(within) * rowHeight
    if (y < this.top) this.top = within === this.extent.first ? 0 : y
    else if (y + rowHeight > this.top + this.viewHeight) this.top = y + rowHeight - this.viewHeight
    this.selected()
    this.putBar()
  }
}
