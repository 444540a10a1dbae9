import { describe, expect, it } from "@effect/vitest"
import { type Cursor, eachForeign, HubLog } from "../../src/hub/HubLog.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const segmentsIn = (log: HubLog<number>): number => log.end().segment - log.begin()

const small = { mostSegments: 4, joinedBytes: 40 }

/** Appends and seals each text as a turn of its own. Three publishers alternate. */
const sealAll = (log: HubLog<number>, texts: ReadonlyArray<string>, cursors: ReadonlyArray<Cursor> = []) => {
  for (const [index, text] of texts.entries()) {
    log.append(utf8(text), index % 3)
    log.seal()
    if (log.isFragmented()) log.compact(cursors)
  }
}

/** The text that a reader must get from a cursor on. */
const rest = (log: HubLog<number>, cursor: Cursor, reader: number): string => {
  let text = ""
  const at = { ...cursor }
  for (let segment = log.at(at); segment !== undefined; segment = log.at(at)) {
    eachForeign(segment, at.run, reader, (part) => {
      text += textOf(part)
    })
    at.segment++
    at.run = 0
  }
  return text
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `${from + index}\n`)
const publisherOf = (index: number) => index % 3

describe("a log of many small turns", () => {
  it("keeps few segments however many turns there are, and every byte in its place", () => {
    const log = new HubLog<number>()
    const cursor = log.end()
    const texts = Array.from({ length: 20_000 }, () => "x\n")
    sealAll(log, texts, [cursor])
    expect(segmentsIn(log)).toBeLessThanOrEqual(1024 + 1)
    expect(log.retainedBytes()).toBe(40_000)
    expect(log.bytesBehind(cursor)).toBe(40_000)
    expect(rest(log, cursor, 9)).toBe(texts.join(""))
  })

  it("moves every cursor to the same run: lagging ones, within a segment, and at the end", () => {
    const log = new HubLog<number>({ ...small, mostSegments: 100 })
    const texts = numbers(10, 40)
    const cursors = [log.end()]
    for (const [index, text] of texts.entries()) {
      log.append(utf8(text), publisherOf(index))
      if (index % 2 === 1) {
        log.seal()
        cursors.push(log.end())
      }
    }
    cursors.push({ segment: 3, run: 1 })
    const before = cursors.map((cursor) => [0, 1, 2, 9].map((reader) => rest(log, cursor, reader)))
    const behind = cursors.map((cursor) => log.bytesBehind(cursor))
    log.compact(cursors)
    expect(segmentsIn(log)).toBeLessThan(5)
    expect(cursors.map((cursor) => [0, 1, 2, 9].map((reader) => rest(log, cursor, reader)))).toEqual(before)
    expect(cursors.map((cursor) => log.bytesBehind(cursor))).toEqual(behind)
    expect(cursors.at(-2)).toEqual(log.end())
  })

  it("advances run by run from the middle of a segment, and frees the segments before", () => {
    const log = new HubLog<number>(small)
    const cursor = log.end()
    sealAll(log, numbers(10, 50), [cursor])
    for (let run = 0; run < 17; run++) log.advance(cursor)
    expect(rest(log, cursor, 9)).toBe(numbers(27, 50).join(""))
    log.trimTo(cursor.segment)
    const held = segmentsIn(log)
    sealAll(log, numbers(50, 70), [cursor])
    expect(segmentsIn(log)).toBeLessThan(held + 5)
    expect(rest(log, cursor, 9)).toBe(numbers(27, 70).join(""))
    log.trimTo(log.end().segment)
    expect([log.retainedBytes(), log.isEmpty()]).toEqual([0, true])
    sealAll(log, numbers(70, 90), [])
    expect(rest(log, { segment: log.begin(), run: 0 }, 9)).toBe(numbers(70, 90).join(""))
  })

  it("does not copy large segments, and joins none above the size", () => {
    const log = new HubLog<number>(small)
    const large = Array.from({ length: 10 }, (_, index) => `${index}`.padEnd(20, "."))
    sealAll(log, ["a", ...large, "b"])
    expect(segmentsIn(log)).toBe(12)
    const kept = Array.from({ length: segmentsIn(log) }, (_, index) => log.at({ segment: index, run: 0 }))
    sealAll(log, numbers(10, 30))
    const now = Array.from({ length: segmentsIn(log) }, (_, index) => log.at({ segment: index, run: 0 }))
    for (const segment of kept.slice(0, 11)) expect(now).toContain(segment)
    for (const segment of now) expect(segment?.bytes.length).toBeLessThanOrEqual(small.joinedBytes)
  })

  it("copies each byte a bounded number of times, however long the log grows", () => {
    const log = new HubLog<number>(small)
    const seen = new Set<unknown>()
    let copied = 0
    for (const text of numbers(1000, 5000)) {
      log.append(utf8(text), 1)
      log.seal()
      if (!log.isFragmented()) continue
      log.compact([])
      for (let index = log.begin(); index < log.end().segment; index++) {
        const segment = log.at({ segment: index, run: 0 })
        if (segment !== undefined && segment.ends.length > 1 && !seen.has(segment)) copied += segment.bytes.length
        seen.add(segment)
      }
    }
    expect(copied).toBeGreaterThan(4000 * 5 * 0.9)
    expect(copied).toBeLessThan(4000 * 5 * 2)
  })
})
