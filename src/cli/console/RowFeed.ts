import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Assistant } from "../../assistant/index.ts"
import type * as Domain from "../../domain/assistant/index.ts"

// The maximum number of rows in one frame of the screen. A line with their number replaces the older rows.
const mostRows = 60
// The maximum number of earlier rows that a new filter shows.
const rowsBefore = 20

/** The rows since the last read. */
export interface NewRows {
  /** The number of rows before `rows` that are not shown, because a frame has no room for them. */
  readonly leftOut: number
  readonly rows: ReadonlyArray<Domain.LogRow>
}

/** Reads the new rows of a window's log, or those that match a filter. */
export class RowFeed {
  view: Domain.LogView = "text"
  /** The number of rows that were not shown so far. */
  notShown = 0
  private readonly assistant: Assistant
  private readonly watching: FiberHandle.FiberHandle<void, void>
  private readonly onChange: () => void
  private filter: Domain.LogFilter | undefined
  /** The range of the rows, or of the matches. `undefined` until the first report about a new filter. */
  private extent: Domain.LogExtent | undefined
  private next: number | undefined = 0

  private constructor(assistant: Assistant, watching: FiberHandle.FiberHandle<void, void>, onChange: () => void) {
    this.assistant = assistant
    this.watching = watching
    this.onChange = onChange
  }

  /** Watches the log of a window until the scope closes. Calls `onChange` when the log has new rows. */
  static readonly make = (
    assistant: Assistant,
    onChange: () => void,
    filter?: Domain.LogFilter,
  ): Effect.Effect<RowFeed, never, Scope.Scope> =>
    Effect.gen(function* () {
      const feed = new RowFeed(assistant, yield* FiberHandle.make<void, void>(), onChange)
      yield* feed.watch(filter)
      return feed
    })

  /** Whether the announcements of the log are shown. */
  get showsAnnouncements(): boolean {
    const { filter } = this
    return filter === undefined || (filter.direction === "announcement" && Object.keys(filter).length === 1)
  }

  /** Shows the last rows that match a filter, and then the new rows. Fails if the filter is invalid. */
  setFilter(filter: Domain.LogFilter | undefined): Effect.Effect<void, Domain.Refusal> {
    const { log } = this.assistant
    const check = filter === undefined ? Effect.void : log.rows({ from: 0, count: 1, view: "text", filter })
    return Effect.zipRight(check, this.watch(filter))
  }

  /** Reads the rows since the last call. */
  get read(): Effect.Effect<NewRows> {
    return Effect.flatMap(this.present, (extent) => {
      const { filter, view } = this
      if (extent === undefined) return Effect.succeed({ leftOut: 0, rows: [] })
      const seen = this.next ?? Math.max(extent.first, extent.next - rowsBefore)
      // A cleared log begins after the rows that were shown. A search that has started again may have fewer matches.
      const from = Math.min(extent.next, Math.max(seen, extent.next - mostRows))
      const leftOut = Math.max(0, from - seen)
      this.next = extent.next
      this.notShown += leftOut
      if (from === extent.next) return Effect.succeed({ leftOut, rows: [] })
      const request = { from, count: extent.next - from, view, ...(filter === undefined ? {} : { filter }) }
      return Effect.orElseSucceed(
        Effect.map(this.assistant.log.rows(request), (rows) => ({ leftOut, rows })),
        () => ({ leftOut, rows: [] }),
      )
    })
  }

  /**
   * The range of the log, or of the matches found so far. Without a filter, the range is read from the log and not from
   * its last report, so that the rows of a command come before the lines of the next command.
   */
  private get present(): Effect.Effect<Domain.LogExtent | undefined> {
    return Effect.suspend(() => (this.filter === undefined ? this.assistant.log.extent : Effect.succeed(this.extent)))
  }

  private watch(filter: Domain.LogFilter | undefined): Effect.Effect<void> {
    const follow = Stream.runForEach(this.assistant.log.extents(filter), (extent) =>
      Effect.sync(() => {
        this.extent = extent
        this.onChange()
      }),
    )
    return Effect.suspend(() => {
      this.next = filter === undefined ? (this.filter === undefined ? this.next : undefined) : undefined
      this.filter = filter
      this.extent = undefined
      return Effect.asVoid(FiberHandle.run(this.watching, Effect.ignore(follow)))
    })
  }
}
