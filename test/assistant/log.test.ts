import { expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { LogFormat } from "../../src/assistant/index.ts"
import { LogService } from "../../src/assistant/internal/AssistantLog.ts"
import { LogReader } from "../../src/assistant/internal/LogReader.ts"
import { LogStore } from "../../src/assistant/internal/LogStore.ts"
import { Pulse } from "../../src/assistant/internal/Pulse.ts"
import { Assistant, type ConnectionId, Framing } from "../../src/domain/index.ts"
import { string, utf8 } from "../support/texts.ts"

const id = (number: number) => number as ConnectionId

/** A log without a server. */
const makeLog = (
  options: { readonly framing?: Framing.Framing; readonly limit?: number; readonly coder?: Assistant.TextCoder } = {},
) =>
  Effect.gen(function* () {
    const { coder = Assistant.utf8Coder, framing = Framing.raw, limit = 1024 ** 2 } = options
    const store = new LogStore(limit)
    const reader = new LogReader({
      store,
      framing,
      clients: { nameOf: () => undefined, coderOf: () => coder },
      describe: ({ _tag }) => ({ text: _tag, tone: "plain" }),
    })
    const log: LogService = new LogService({
      kind: "server",
      reader,
      pulse: new Pulse({
        tick: Effect.sync(() => log.tick()),
        meanwhile: Effect.void,
        isBusy: () => false,
        scope: yield* Effect.scope,
      }),
      record: Effect.void,
      encodings: () => 0,
    })
    const say = (text: string) =>
      store.note(0, 0, {
        notice: { _tag: "ListenFailed", endpoint: "", message: text, code: undefined },
        tone: "plain",
      })
    const received = (client: number, text: string | Uint8Array, before = -1) => {
      const run = typeof text === "string" ? utf8(text) : text
      return store.received(0, client, run, framing.count(run), before)
    }
    const texts = (filter?: Assistant.LogFilter, from = 0, count = 1000) =>
      Effect.map(log.rows({ from, count, view: "text", ...(filter === undefined ? {} : { filter }) }), (rows) =>
        rows.map(({ text }) => text),
      )
    return { store, log, say, received, texts }
  })

const saved = (log: LogService, format: LogFormat, filter?: Assistant.LogFilter) =>
  Effect.map(Stream.runCollect(log.save(format, filter)), (pieces) =>
    string(Buffer.concat(Chunk.toReadonlyArray(pieces))),
  )

it.scoped("runs are split into rows on reading, wherever a range starts", () =>
  Effect.gen(function* () {
    const { received, say, store, texts } = yield* makeLog({ framing: Framing.line })
    received(1, "a\nb\r\nc\n")
    say("note")
    received(2, "d\n")
    expect(store.next).toBe(5)
    expect(yield* texts()).toEqual(["a", "b", "c", "note", "d"])
    expect(yield* texts(undefined, 1, 3)).toEqual(["b", "c", "note"])
    expect(yield* texts(undefined, 4, 10)).toEqual(["d"])
    expect(yield* texts(undefined, 5, 10)).toEqual([])
  }),
)

it.scoped("the limit in bytes drops the oldest rows, and counts them exactly", () =>
  Effect.gen(function* () {
    const { log, received, store, texts } = yield* makeLog({ limit: 128 * 1024 })
    for (let count = 0; count < 50_000; count++) received(1, `frame ${count}`)
    const extent = yield* log.extent
    expect(extent.bytes).toBeLessThanOrEqual(128 * 1024)
    expect(extent.next).toBe(50_000)
    expect(extent.dropped).toBe(extent.first)
    expect(extent.next - extent.first).toBeGreaterThan(500)
    expect(yield* texts(undefined, 0, 2)).toEqual([])
    expect(yield* texts(undefined, extent.first, 2)).toEqual([`frame ${extent.first}`, `frame ${extent.first + 1}`])
    store.clear()
    expect(yield* log.extent).toMatchObject({ first: 50_000, next: 50_000, dropped: extent.dropped, bytes: 0 })
  }),
)

it.scoped("a range that is partly dropped returns the rest of its rows", () =>
  Effect.gen(function* () {
    const { log, received, texts } = yield* makeLog({ limit: 64 * 1024 })
    for (let count = 0; count < 10_000; count++) received(1, `${count}`)
    const { first } = yield* log.extent
    expect(yield* texts(undefined, first - 2, 4)).toEqual([`${first}`, `${first + 1}`])
  }),
)

it.scoped("a frame of ten megabytes is shown shortened, and all its bytes can be read", () =>
  Effect.gen(function* () {
    const { log, received } = yield* makeLog({ limit: 64 * 1024 ** 2 })
    received(1, new Uint8Array(10_000_000).fill(0x61))
    const [row] = yield* log.rows({ from: 0, count: 1, view: "both" })
    expect(row).toMatchObject({ bytes: 10_000_000, cut: true })
    expect(row?.text).toHaveLength(1024)
    expect(row?.hex?.length).toBeLessThanOrEqual(1024)
    expect(yield* log.bytes(0)).toHaveLength(10_000_000)
    expect((yield* Effect.flip(log.bytes(1))).reason).toBe("unknown")
  }),
)

it.scoped("a frame that is larger than the log is replaced by a note", () =>
  Effect.gen(function* () {
    const { log, received, texts } = yield* makeLog({ limit: 64 * 1024 })
    received(1, new Uint8Array(100_000))
    received(1, "next")
    expect(yield* texts()).toEqual(["100000 bytes were not kept: the log keeps at most 65536", "next"])
    expect((yield* Effect.flip(log.bytes(0))).message).toMatch(/announcement/)
  }),
)

it.scoped("a payload for several clients is one row, which belongs to each of them", () =>
  Effect.gen(function* () {
    const { log, store, texts } = yield* makeLog()
    store.sent(0, [id(1), id(2), id(3), id(7)], utf8("four"), "")
    store.sent(0, [id(2)], utf8("one"), "greeting")
    store.sent(0, [], utf8("nobody"), "")
    const rows = yield* log.rows({ from: 0, count: 10, view: "hex" })
    expect(rows[0]).toMatchObject({ kind: "sent", to: { count: 4, first: [1, 2, 3, 7] }, hex: "66 6F 75 72" })
    expect(rows[0]?.id).toBeUndefined()
    expect(rows[1]).toMatchObject({ id: 2, by: "greeting" })
    expect(rows[2]?.to).toEqual({ count: 0, first: [] })
    expect(yield* texts({ clients: [id(7)] })).toEqual(["four"])
    expect(yield* texts({ clients: [id(2)] })).toEqual(["four", "one"])
    expect(yield* texts({ clients: [id(4), id(2)], direction: "sent" })).toEqual(["four", "one"])
    expect(yield* texts({ clients: [id(4)] })).toEqual([])
  }),
)

it.scoped("filters by text, expression, hex, direction and client can be combined", () =>
  Effect.gen(function* () {
    const { received, say, store, texts } = yield* makeLog({ framing: Framing.line })
    received(1, "Alpha 1\nbeta 2\n")
    received(2, "ALPHA 3\n")
    store.sent(0, [id(1)], utf8("alpha 4"), "")
    say("alpha joined")
    expect(yield* texts({ text: "alpha" })).toEqual(["Alpha 1", "ALPHA 3", "alpha 4", "alpha joined"])
    expect(yield* texts({ text: "alpha", direction: "received" })).toEqual(["Alpha 1", "ALPHA 3"])
    expect(yield* texts({ text: "alpha", clients: [id(1)] })).toEqual(["Alpha 1", "alpha 4"])
    expect(yield* texts({ regex: "^[a-z]+ [24]$" })).toEqual(["beta 2", "alpha 4"])
    expect(yield* texts({ hex: "61 20 32" })).toEqual(["beta 2"])
    expect(yield* texts({ direction: "announcement" })).toEqual(["alpha joined"])
    expect(yield* texts({ text: "alpha" }, 2, 1)).toEqual(["alpha 4"])
    expect(yield* texts({ text: "" })).toHaveLength(5)
  }),
)

it.scoped("text that is not ASCII is found ignoring case, and in another encoding", () =>
  Effect.gen(function* () {
    const { received, texts } = yield* makeLog()
    received(1, "Straße ÄRGER 中文")
    expect(yield* texts({ text: "ärger" })).toHaveLength(1)
    expect(yield* texts({ text: "文" })).toHaveLength(1)
    const wide = yield* makeLog({ coder: Assistant.utf16leCoder })
    wide.received(1, Buffer.from("temperature", "utf16le"))
    expect(yield* wide.texts({ text: "PERA" })).toEqual(["temperature"])
  }),
)

it.scoped("an invalid filter is refused, and no expression can block the process", () =>
  Effect.gen(function* () {
    const { received, texts } = yield* makeLog()
    received(1, `${"a".repeat(50_000)}!`)
    expect(yield* Effect.flip(texts({ regex: "(" }))).toMatchObject({ reason: "value", field: "regex" })
    expect(yield* Effect.flip(texts({ regex: "(a)\\1" }))).toMatchObject({ reason: "value" })
    expect(yield* Effect.flip(texts({ hex: "xy" }))).toMatchObject({ reason: "value", field: "hex" })
    const begin = performance.now()
    expect(yield* texts({ regex: "(a+)+$" })).toEqual([])
    expect(yield* texts({ regex: "(a|aa)*b|(a*)*c" })).toEqual([])
    // A backtracking engine would take longer than the age of the universe.
    expect(performance.now() - begin).toBeLessThan(20_000)
  }),
)

it.scopedLive("watchers of one filter share a search, which follows the log and ends with the last watcher", () =>
  Effect.gen(function* () {
    const { log, received, texts } = yield* makeLog({ limit: 128 * 1024 })
    const filter = { text: "even" }
    const add = (from: number, to: number) => {
      for (let count = from; count < to; count++) received(1, `${count} ${count % 2 === 0 ? "even" : "odd"}`)
    }
    add(0, 1000)
    const scope = yield* Scope.make()
    const extents: Array<Assistant.LogExtent> = []
    const watch = Stream.runForEach(log.extents(filter), (extent) => Effect.sync(() => extents.push(extent)))
    yield* Effect.forkIn(watch, scope)
    yield* Effect.forkIn(watch, scope)
    const until = (matches: number) =>
      Stream.runHead(Stream.filter(log.extents(filter), ({ complete, next }) => complete && next === matches))
    yield* until(500)
    add(1000, 1200)
    yield* until(600)
    expect(yield* texts(filter, 598, 5)).toEqual(["1196 even", "1198 even"])
    // Matches keep their numbers when the log drops older ones.
    for (let from = 1200; from < 6000; from += 400) {
      add(from, from + 400)
      yield* until(from / 2 + 200)
    }
    const { first } = Option.getOrThrow(yield* until(3000))
    // The watchers have seen it too, because they share the search.
    expect(extents.filter(({ complete, next }) => complete && next >= 500).length).toBeGreaterThan(0)
    expect(first).toBeGreaterThan(0)
    expect(yield* texts(filter, first, 1)).toEqual([`${2 * first} even`])
    yield* Scope.close(scope, Exit.void)
    expect(yield* texts(filter, 0, 1)).not.toEqual([])
  }),
)

it.scoped("a log is saved as text, hex, events and bytes", () =>
  Effect.gen(function* () {
    const { log, received, say, store } = yield* makeLog({ framing: Framing.line })
    received(3, "one\ntwo\n")
    store.sent(0, [id(3)], utf8("reply"), "rule")
    say("joined")
    const lines = (text: string) => text.trimEnd().split("\n")
    expect(lines(yield* saved(log, "text")).map((line) => line.replace(/^\S+ \S+ ?/, ""))).toEqual([
      "#3 < one",
      "#3 < two",
      "#3 [rule] > reply",
      "* joined",
    ])
    expect(yield* saved(log, "hex")).toMatch(/#3 < 3 bytes\n00000000 {2}6F 6E 65 .*\|one\|\n/)
    const events = lines(yield* saved(log, "ndjson")).map((line) => JSON.parse(line))
    expect(events).toMatchObject([
      { _tag: "FrameReceived", seq: 0, id: 3, text: "one" },
      { _tag: "FrameReceived", seq: 1, id: 3, text: "two" },
      { _tag: "FrameSent", seq: 2, to: [3], text: "reply" },
    ])
    expect(yield* saved(log, "raw")).toBe("one\ntwo\n")
    expect(lines(yield* saved(log, "text", { text: "two" }))).toHaveLength(1)
  }),
)

it.scoped(
  "a saved log comes in pieces of a bounded length, also where a frame has 10 MB or a filter skips most rows",
  () =>
    Effect.gen(function* () {
      const { log, received, store } = yield* makeLog({ limit: 64 * 1024 ** 2 })
      const long = new Uint8Array(10_000_003).map((_, at) => at % 251)
      received(1, "before")
      received(1, long)
      for (let count = 0; count < 64; count++) received(2, new Uint8Array(16 * 1024))
      received(1, "behind")
      const pieces = (format: LogFormat, filter?: Assistant.LogFilter) =>
        Effect.map(Stream.runCollect(log.save(format, filter)), Chunk.toReadonlyArray)

      const hex = yield* pieces("hex", { clients: [id(1)] })
      expect(Math.max(...hex.map(({ length }) => length))).toBeLessThan(96 * 1024)
      const dump = Buffer.concat(hex)
      const head = dump.indexOf("10000003 bytes\n")
      const body = dump.subarray(dump.indexOf("\n", head) + 1, dump.lastIndexOf("\n", dump.lastIndexOf("6 bytes")) + 1)
      // Offset, gaps, digits, ASCII and line end: the last line has three characters of ASCII.
      expect(body.length).toBe(79 * 625_000 + 79 - 13)
      for (const line of [0, 255, 256, 400_000, 625_000]) {
        const at = line * 16
        expect(string(body.subarray(79 * line, 79 * (line + 1)))).toBe(
          `${Assistant.hexDump(long.subarray(at, at + 16), at)}\n`,
        )
      }
      expect(dump.indexOf("|behind|")).toBeGreaterThan(head)

      const raw = yield* pieces("raw", { clients: [id(2)] })
      expect(Math.max(...raw.map(({ length }) => length))).toBeLessThan(96 * 1024)
      expect(Buffer.concat(raw).length).toBe(64 * 16 * 1024)

      // A row that the log drops while half of it is saved is counted, and the dump continues with the next row.
      const pull = yield* Stream.toPull(log.save("hex"))
      yield* pull
      for (let count = 0; count < 5; count++) received(3, new Uint8Array(12 * 1024 ** 2))
      const rest = yield* Stream.runCollect(Stream.repeatEffectChunkOption(pull))
      expect(string(Buffer.concat(Chunk.toReadonlyArray(rest)))).toMatch(
        /^\d+ rows were dropped from the log before they were saved\n/,
      )
      expect(store.first).toBeGreaterThan(0)
    }),
)

it.scoped("a million rows are read anywhere within milliseconds", () =>
  Effect.gen(function* () {
    const { log, store } = yield* makeLog({ limit: 256 * 1024 ** 2 })
    const run = utf8("x".repeat(64))
    for (let count = 0; count < 1_000_000; count++) store.received(count, 1, run, 1, count - 1)
    expect(store.next - store.first).toBe(1_000_000)
    let slowest = 0
    for (const from of [0, 123_456, 500_000, 777_777, 999_000]) {
      const begin = performance.now()
      const rows = yield* log.rows({ from, count: 100, view: "both" })
      slowest = Math.max(slowest, performance.now() - begin)
      expect(rows.map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, index) => from + index))
    }
    // The limit is for a busy machine; an idle one needs a fraction of it.
    expect(slowest).toBeLessThan(250)
  }),
)
