import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Assistant from "../../domain/assistant/index.ts"
import { nextTurn } from "../../runtime/nextTurn.ts"
import type { AssistantLog, LogFormat } from "../Assistant.ts"
import { EntryKind } from "./LogChunk.ts"
import type { LogReader } from "./LogReader.ts"
import { LogSearch } from "./LogSearch.ts"
import { compileFilter } from "./logCondition.ts"
import type { Pulse } from "./Pulse.ts"
import { saveLog } from "./saveLog.ts"

// A search blocks the event loop for at most this time at once.
const sliceMillis = 4

/** A search that all watchers of the same filter share. */
interface Shared {
  readonly key: string
  readonly filter: Assistant.LogFilter
  search: LogSearch
  watchers: number
  /** The version of the clients' encodings when the search started. */
  encodings: number
  turn: NodeJS.Immediate | undefined
}

/** The parts of a log. */
export interface LogParts {
  readonly kind: "server" | "client"
  readonly reader: LogReader
  readonly pulse: Pulse
  /** Records frames until the scope closes. */
  readonly record: Effect.Effect<void, never, Scope.Scope>
  /** Changes when the encoding of a client changes, because the text of rows changes with it. */
  readonly encodings: () => number
}

/** The log in the form that user interfaces read. It also runs the searches. */
export class LogService implements AssistantLog {
  readonly record: AssistantLog["record"]
  private readonly parts: LogParts
  private readonly searches = new Map<string, Shared>()

  constructor(parts: LogParts) {
    this.parts = parts
    this.record = parts.record
    parts.reader.store.onDropped = (chunk) => {
      for (const { search } of this.searches.values()) search.drop(chunk)
    }
  }

  get extent(): Effect.Effect<Assistant.LogExtent> {
    return Effect.sync(() => this.extentNow())
  }

  extentNow(): Assistant.LogExtent {
    const { bytes, dropped, first, limit, next } = this.parts.reader.store
    return { first, next, dropped, bytes, limit, complete: true }
  }

  readonly extents = (filter?: Assistant.LogFilter): Stream.Stream<Assistant.LogExtent, Assistant.Refusal> => {
    const { pulse } = this.parts
    if (!isFiltering(filter)) return pulse.changes(() => keyOf(this.extentNow()), this.extent)
    return Stream.unwrapScoped(
      Effect.map(this.watch(filter), (shared) =>
        pulse.changes(
          () => keyOf(this.matchesOf(shared)),
          Effect.sync(() => this.matchesOf(shared)),
        ),
      ),
    )
  }

  readonly rows = (
    request: Assistant.RowsRequest,
  ): Effect.Effect<ReadonlyArray<Assistant.LogRow>, Assistant.Refusal> => {
    const { count, filter, from, language = "en", view } = request
    const { reader } = this.parts
    if (!isFiltering(filter)) {
      return Effect.sync(() => {
        const rows: Array<Assistant.LogRow> = []
        reader.eachRow(from, from + count, (row, chunk, entry, frame) =>
          rows.push(reader.rowOf(row, chunk, entry, frame, view, language)),
        )
        return rows
      })
    }
    return Effect.scoped(
      Effect.gen(this, function* () {
        const shared = yield* this.watch(filter)
        // A search without other watchers was started by this request, so the request runs it until the requested rows
        // are found.
        if (shared.watchers === 1) yield* this.searchUntil(shared, from + count)
        const rows: Array<Assistant.LogRow> = []
        shared.search.eachMatch(from, count, (match) =>
          reader.eachRow(match, match + 1, (row, chunk, entry, frame) =>
            rows.push(reader.rowOf(row, chunk, entry, frame, view, language)),
          ),
        )
        return rows
      }),
    )
  }

  readonly bytes = (row: number): Effect.Effect<Uint8Array, Assistant.Refusal> =>
    Effect.suspend(() => {
      const { store } = this.parts.reader
      let found: Uint8Array | undefined
      let isNote = false
      this.parts.reader.eachRow(row, row + 1, (_row, chunk, entry, frame) => {
        isNote = chunk.kind(entry) === EntryKind.note
        found = frame && new Uint8Array(frame)
      })
      if (found !== undefined) return Effect.succeed(found)
      const message = isNote
        ? `row ${row} is an announcement and has no bytes`
        : row < store.next
          ? `row ${row} has been dropped; the log starts at row ${store.first}`
          : `row ${row} does not exist yet`
      return Effect.fail(new Assistant.Refusal({ reason: "unknown", message, field: "row" }))
    })

  readonly save = (
    format: LogFormat,
    filter?: Assistant.LogFilter,
    language: Assistant.LogLanguage = "en",
  ): Stream.Stream<Uint8Array, Assistant.Refusal> => {
    const { kind, reader } = this.parts
    const form = { kind, format, language }
    if (!isFiltering(filter)) return saveLog(reader, form, undefined)
    return Stream.unwrap(
      Effect.map(compileFilter(filter, reader), (condition) =>
        saveLog(
          reader,
          form,
          (chunk, entry, frame) => condition.admits(chunk, entry) && condition.matches(chunk, entry, frame),
        ),
      ),
    )
  }

  /** Continues every search. The pulse calls this at each tick. */
  tick(): void {
    for (const shared of this.searches.values()) this.goOn(shared)
  }

  /** Starts or joins a search, which runs until the scope closes. */
  private watch(filter: Assistant.LogFilter): Effect.Effect<Shared, Assistant.Refusal, Scope.Scope> {
    const key = JSON.stringify([
      filter.clients,
      filter.direction,
      filter.text,
      filter.regex,
      filter.hex,
      filter.keepsAnnouncements,
      filter.language,
    ])
    const begin = Effect.suspend(() => {
      const known = this.searches.get(key)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.map(compileFilter(filter, this.parts.reader), (condition): Shared => {
        // Another watcher may have started the same search while the expression was compiled.
        const begun = this.searches.get(key)
        if (begun !== undefined) return begun
        const search = new LogSearch(this.parts.reader, condition)
        const shared = { key, filter, search, watchers: 0, encodings: this.parts.encodings(), turn: undefined }
        this.searches.set(key, shared)
        return shared
      })
    })
    return Effect.acquireRelease(
      Effect.map(begin, (shared) => {
        shared.watchers++
        this.goOn(shared)
        return shared
      }),
      (shared) =>
        Effect.sync(() => {
          if (--shared.watchers > 0) return
          clearImmediate(shared.turn)
          this.searches.delete(shared.key)
        }),
    )
  }

  private goOn(shared: Shared): void {
    const encodings = this.parts.encodings()
    if (encodings !== shared.encodings) {
      shared.encodings = encodings
      shared.search = shared.search.anew()
    }
    if (shared.turn === undefined) this.slice(shared)
  }

  private slice(shared: Shared): void {
    shared.turn = undefined
    if (shared.search.advance(performance.now() + sliceMillis)) return
    shared.turn = setImmediate(() => this.slice(shared))
  }

  private searchUntil(shared: Shared, matches: number): Effect.Effect<void> {
    const look: Effect.Effect<void> = Effect.suspend(() =>
      shared.search.isComplete || shared.search.first + shared.search.count >= matches
        ? Effect.void
        : Effect.zipRight(nextTurn, look),
    )
    return look
  }

  private matchesOf({ search }: Shared): Assistant.LogExtent {
    return { ...this.extentNow(), first: search.first, next: search.first + search.count, complete: search.isComplete }
  }
}

const keyOf = ({ complete, dropped, first, next }: Assistant.LogExtent): string =>
  `${first} ${next} ${dropped} ${complete}`

const conditions = ["clients", "direction", "text", "regex", "hex"] as const

const isFiltering = (filter: Assistant.LogFilter | undefined): filter is Assistant.LogFilter =>
  filter !== undefined && conditions.some((name) => filter[name] !== undefined && filter[name] !== "")
