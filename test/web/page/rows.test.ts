import { describe, expect, it } from "@effect/vitest"
import type { LogRow } from "../../../src/domain/assistant/Log.ts"
import { ConnectionId } from "../../../src/domain/ConnectionId.ts"
import { hexDump, hexPairs } from "../../../src/web/ui/log/hexDump.ts"
import { RowCache } from "../../../src/web/ui/log/RowCache.ts"
import { lineOf, markOf, type RowWords, whoText } from "../../../src/web/ui/log/rowText.ts"

const words: RowWords = {
  clients: (count) => `${count} clients`,
  received: "received",
  sent: "sent",
  announcement: "announcement",
}
const row = (number: number, more: Partial<LogRow> = {}): LogRow => ({
  row: number,
  at: new Date(2026, 10, 30, 14, 3, 10, 559).getTime(),
  kind: "received",
  ...more,
})
const byRow = (each: LogRow) => each.row

describe("the cache of rows", () => {
  it("returns the missing range without the cached rows at its ends", () => {
    const cache = new RowCache()
    expect(cache.missing(10, 20)).toEqual({ from: 10, to: 20 })
    cache.put(10, 3, [row(10), row(11), row(12)], byRow)
    cache.put(18, 2, [row(18), row(19)], byRow)
    expect(cache.missing(10, 20)).toEqual({ from: 13, to: 18 })
    cache.put(13, 5, [row(13), row(14), row(15), row(16), row(17)], byRow)
    expect(cache.missing(10, 20)).toBeUndefined()
  })

  it("does not request dropped rows again", () => {
    const cache = new RowCache()
    cache.put(0, 4, [row(2), row(3)], byRow)
    expect(cache.get(0)).toBeNull()
    expect(cache.get(2)?.row).toBe(2)
    expect(cache.missing(0, 4)).toBeUndefined()
  })

  it("returns expired rows until they are read again", () => {
    const cache = new RowCache()
    cache.put(0, 2, [row(0, { name: "old" }), row(1, { name: "old" })], byRow)
    cache.expire()
    expect(cache.missing(0, 2)).toEqual({ from: 0, to: 2 })
    expect(cache.get(1)?.name).toBe("old")
    cache.put(1, 1, [row(1, { name: "new" })], byRow)
    expect([cache.get(0)?.name, cache.get(1)?.name]).toEqual(["old", "new"])
    cache.put(0, 1, [], byRow)
    expect(cache.get(0)).toBeNull()
    cache.clear()
    expect(cache.get(1)).toBeUndefined()
  })

  it("stays small after any number of rows", () => {
    const cache = new RowCache()
    for (let from = 0; from < 100_000; from += 100) {
      cache.put(
        from,
        100,
        Array.from({ length: 100 }, (_, index) => row(from + index)),
        byRow,
      )
    }
    expect(cache.missing(99_900, 100_000)).toBeUndefined()
    expect(cache.missing(0, 100)).toEqual({ from: 0, to: 100 })
  })
})

describe("a row as text", () => {
  it("shows the client, or the number of recipients", () => {
    expect(whoText(row(0, { id: ConnectionId.make(3), name: "plc-1" }), words)).toBe("#3 plc-1")
    expect(whoText(row(0, { id: ConnectionId.make(3) }), words)).toBe("#3")
    const first = [ConnectionId.make(1), ConnectionId.make(2)]
    expect(whoText(row(0, { to: { count: 2, first } }), words)).toBe("2 clients")
    expect(whoText(row(0, { to: { count: 1, first: [ConnectionId.make(7)] } }), words)).toBe("#7")
  })

  it("has time, client, direction and data in this order", () => {
    const sent = row(0, { kind: "sent", id: ConnectionId.make(1), text: "hello", cut: true })
    expect(lineOf(sent, "text", words)).toBe("2026-11-30 14:03:10.559  #1  ▸  hello…")
    expect(lineOf(row(0, { text: "ok", hex: "6F 6B" }), "both", words)).toBe("2026-11-30 14:03:10.559  ◂  6F 6B  ok")
  })

  it("has a different mark for each direction", () => {
    const marks = (["received", "sent", "announcement"] as const).map((kind) => markOf(row(0, { kind })))
    expect(new Set(marks).size).toBe(3)
  })
})

describe("a hex dump", () => {
  it("has offset, hex and ASCII, with sixteen bytes in a line", () => {
    const bytes = new TextEncoder().encode("hello, world!\r\n<&é>")
    expect(hexDump(bytes).split("\n")).toEqual([
      "00000000  68 65 6C 6C 6F 2C 20 77  6F 72 6C 64 21 0D 0A 3C  hello, world!..<",
      "00000010  26 C3 A9 3E                                       &..>",
    ])
    expect(hexPairs(Uint8Array.of(0, 255))).toBe("00 FF")
  })
})
