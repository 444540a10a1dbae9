import { expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { EntryKind } from "../../src/assistant/internal/LogChunk.ts"
import { LogReader } from "../../src/assistant/internal/LogReader.ts"
import { LogSearch } from "../../src/assistant/internal/LogSearch.ts"
import { LogStore } from "../../src/assistant/internal/LogStore.ts"
import type { LogCondition } from "../../src/assistant/internal/logCondition.ts"
import { Assistant, type ConnectionId, Framing } from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"
import { string, utf8 } from "../support/texts.ts"

const line = FastCheck.stringMatching(/^[ab]{0,6}$/)
const step = FastCheck.oneof(
  FastCheck.record({
    what: FastCheck.constant("run" as const),
    client: FastCheck.integer({ min: 1, max: 3 }),
    lines: FastCheck.array(line, { minLength: 1, maxLength: 200 }),
  }),
  FastCheck.record({
    what: FastCheck.constant("sent" as const),
    to: FastCheck.uniqueArray(FastCheck.integer({ min: 1, max: 9 }), { maxLength: 9 }),
    text: line,
  }),
  FastCheck.record({ what: FastCheck.constant("note" as const), text: line }),
  FastCheck.record({
    what: FastCheck.constant("large" as const),
    client: FastCheck.integer({ min: 1, max: 3 }),
    length: FastCheck.integer({ min: 1000, max: 60_000 }),
  }),
  FastCheck.record({ what: FastCheck.constant("clear" as const) }),
)

/** A log as a list of rows. */
interface ModelRow {
  readonly kind: "received" | "sent" | "announcement"
  readonly text: string
  readonly clients: ReadonlyArray<number>
}

it.prop(
  "a log behaves like a list of rows without the oldest ones, and a search finds the matching rows",
  [FastCheck.array(step, { minLength: 1, maxLength: 120 })],
  ([steps]) => {
    const store = new LogStore(64 * 1024)
    const reader = new LogReader({
      store,
      framing: Framing.line,
      clients: { nameOf: () => undefined, coderOf: () => Assistant.utf8Coder },
      describe: ({ _tag }) => ({ text: _tag, tone: "plain" }),
    })
    const condition: LogCondition = {
      isOfEntries: false,
      admits: (chunk, entry) => chunk.kind(entry) !== EntryKind.note,
      matches: (_chunk, _entry, frame) => frame !== undefined && string(frame).includes("ab"),
    }
    const search = new LogSearch(reader, condition)
    store.onDropped = (chunk) => search.drop(chunk)
    const rows: Array<ModelRow> = []
    let cleared = 0
    for (const one of steps) {
      if (one.what === "run") {
        store.received(0, one.client, utf8(one.lines.map((text) => `${text}\n`).join("")), one.lines.length, -1)
        for (const text of one.lines) rows.push({ kind: "received", text, clients: [one.client] })
      } else if (one.what === "sent") {
        store.sent(0, one.to as Array<ConnectionId>, utf8(one.text), "")
        rows.push({ kind: "sent", text: one.text, clients: one.to })
      } else if (one.what === "note") {
        store.note(0, 0, {
          notice: { _tag: "ListenFailed", endpoint: "", message: one.text, code: undefined },
          tone: "plain",
        })
        rows.push({ kind: "announcement", text: one.text, clients: [] })
      } else if (one.what === "large") {
        const before = store.next
        store.received(0, one.client, utf8(`${"c".repeat(one.length)}\n`), 1, -1)
        expect(store.next).toBe(before + 1)
        const isKept = 8192 + 128 * 26 + one.length + 1 + 88 * 90 <= store.limit
        rows.push({
          kind: isKept ? "received" : "announcement",
          text: isKept ? "c".repeat(one.length) : `${one.length + 1} bytes were not kept: the log keeps at most 65536`,
          clients: [one.client],
        })
      } else {
        store.clear()
        cleared = store.next
      }
      search.advance(performance.now() + 1000)
      expect(store.bytes).toBeLessThanOrEqual(store.limit)
    }
    expect(store.next).toBe(rows.length)
    expect(store.first).toBeGreaterThanOrEqual(cleared)
    const read: Array<unknown> = []
    reader.eachRow(0, store.next, (row, chunk, entry, frame) => {
      const { id, kind, text, to } = reader.rowOf(row, chunk, entry, frame, "text", "en")
      expect(row).toBe(store.first + read.length)
      read.push({ kind, text, count: to?.count ?? (id === undefined ? 0 : 1) })
    })
    expect(read).toEqual(
      rows
        .slice(store.first)
        .map(({ clients, kind, text }) => ({ kind, text: text.slice(0, 1024), count: clients.length })),
    )
    const matches: Array<number> = []
    search.eachMatch(0, 1e6, (row) => matches.push(row))
    expect(matches).toEqual(
      rows.flatMap(({ kind, text }, row) =>
        row >= store.first && kind !== "announcement" && text.includes("ab") ? [row] : [],
      ),
    )
    const total = rows.filter(({ kind, text }) => kind !== "announcement" && text.includes("ab")).length
    expect(search.first + search.count).toBe(total)
  },
  runs(100),
)
