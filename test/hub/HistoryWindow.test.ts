import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { Framing } from "../../src/domain/index.ts"
import { HistoryWindow } from "../../src/hub/HistoryWindow.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const unlimited = { last: Number.POSITIVE_INFINITY, maxAgeMillis: Number.POSITIVE_INFINITY, maxBytes: 1024 * 1024 }

/** A history of lines, and its clock. */
const lines = (limits: Partial<typeof unlimited>, framing: Framing.Framing = Framing.line) => {
  const clock = { now: 0 }
  const window = new HistoryWindow(framing, { ...unlimited, ...limits }, () => clock.now)
  const add = (...texts: ReadonlyArray<string>) => window.add(utf8(texts.map((text) => `${text}\n`).join("")))
  const runs = (most = Number.POSITIVE_INFINITY) => window.runs(most).map(textOf)
  const frames = (most?: number) => runs(most).join("").split("\n").slice(0, -1)
  return { window, clock, add, runs, frames }
}

describe("the history of a hub", () => {
  it("has the last frames, also of a run with more frames", () => {
    const { add, frames, window } = lines({ last: 5 })
    expect(frames()).toEqual([])
    add("1", "2")
    add("3", "4", "5", "6")
    expect(frames()).toEqual(["2", "3", "4", "5", "6"])
    expect(window.frames).toBe(5)
    add("7", "8", "9", "10", "11", "12")
    expect(frames()).toEqual(["8", "9", "10", "11", "12"])
  })

  it("has the frames of the last minute", () => {
    const { add, clock, frames, window } = lines({ maxAgeMillis: 60_000 })
    add("old")
    clock.now = 30_000
    add("young")
    expect(frames()).toEqual(["old", "young"])
    clock.now = 60_001
    expect(frames()).toEqual(["young"])
    window.add(utf8("from NATS\n"), 40_000)
    clock.now = 95_000
    expect(frames()).toEqual(["from NATS"])
    clock.now = 200_000
    expect(frames()).toEqual([])
    expect(window.bytes).toBe(0)
  })

  it("has at most its bytes, and gives each joiner at most what fits its own bound", () => {
    const { add, frames, window } = lines({ maxBytes: 100 })
    for (let at = 10; at < 60; at++) add(`${at}`)
    expect(window.bytes).toBe(99)
    expect(frames()).toEqual(Array.from({ length: 33 }, (_, at) => `${27 + at}`))
    expect(frames(10)).toEqual(["57", "58", "59"])
    expect(frames(2)).toEqual([])
    // One run with more bytes than the history.
    add(...Array.from({ length: 200 }, (_, at) => `${100 + at}`))
    expect(window.bytes).toBeLessThanOrEqual(100)
    expect(frames().at(-1)).toBe("299")
    expect(frames().length).toBeGreaterThan(10)
  })

  it("begins after a frame that is longer than itself", () => {
    const { add, frames } = lines({ maxBytes: 100 })
    add("before")
    add("x".repeat(200))
    expect(frames()).toEqual([])
    add("after")
    expect(frames()).toEqual(["after"])
  })

  it("keeps the boundaries of raw frames, and joins the runs of other framings", () => {
    const raw = lines({ last: 2 }, Framing.raw)
    for (const text of ["1", "2", "3"]) raw.add(text)
    expect(raw.runs()).toEqual(["2\n", "3\n"])
    const line = lines({ last: 2 })
    for (const text of ["1", "2", "3"]) line.add(text)
    expect(line.runs()).toEqual(["2\n3\n"])
  })

  it("does not change what a joiner has got", () => {
    const { add, window } = lines({ last: 3 })
    add("1")
    add("2")
    const before = window.runs(Number.POSITIVE_INFINITY)
    for (let at = 3; at < 5000; at++) add(`${at}`)
    expect(before.map(textOf)).toEqual(["1\n2\n"])
  })

  it("takes the frames of another history at a place, and keeps its bounds", () => {
    const { add, clock, frames, window } = lines({ last: 6, maxAgeMillis: 60_000 })
    add("1")
    add("2")
    const place = window.place()
    const behind = window.empty()
    add("7")
    behind.add(utf8("3\n4\n"))
    behind.add(utf8("5\n6\n"))
    window.insert(place, behind)
    expect(frames()).toEqual(["2", "3", "4", "5", "6", "7"])
    // A later place has moved with the frames behind the first one.
    const end = window.place()
    add("9")
    const eight = window.empty()
    eight.add(utf8("8\n"))
    window.insert(end, eight)
    expect(frames()).toEqual(["4", "5", "6", "7", "8", "9"])
    // Older frames than those that have left already do not come back.
    for (let at = 10; at < 20; at++) add(`${at}`)
    window.insert(place, behind)
    expect(frames()).toEqual(["14", "15", "16", "17", "18", "19"])
    // Inserted frames can be older than those before them.
    clock.now = 1000
    add("young")
    const old = window.empty()
    old.add(utf8("old\n"), 500)
    window.insert(window.place(), old)
    expect(frames().slice(-2)).toEqual(["young", "old"])
    clock.now = 60_600
    expect(frames()).toEqual(["young"])
  })

  it("has no gap when the inserted frames exceed its bounds", () => {
    const { add, frames, window } = lines({ maxBytes: 100 })
    add("before")
    const place = window.place()
    add("after")
    const missed = window.empty()
    for (let at = 10; at < 60; at++) missed.add(utf8(`${at}\n`))
    window.insert(place, missed)
    expect(frames().at(-1)).toBe("after")
    expect(frames()).not.toContain("before")
    const long = window.empty()
    long.add(utf8(`${"x".repeat(200)}\n`))
    window.insert(window.place(), long)
    expect(frames()).toEqual([])
  })

  const run = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 12 })

  it.prop(
    "has the newest frames after any runs, and no others",
    {
      runs: fc.array(run, { maxLength: 60 }),
      last: fc.integer({ min: 1, max: 30 }),
      most: fc.integer({ min: 1, max: 500 }),
    },
    ({ last, most, runs }) => {
      const { add, frames } = lines({ last, maxBytes: 64 * 1024 })
      const all: Array<string> = []
      for (const lengths of runs) {
        const texts = lengths.map((length, at) => `${all.length + at}`.padEnd(length, "."))
        add(...texts)
        all.push(...texts)
      }
      let from = all.length
      let bytes = 0
      while (from > Math.max(0, all.length - last)) {
        bytes += (all[from - 1] ?? "").length + 1
        if (bytes > most) break
        from--
      }
      expect(frames()).toEqual(all.slice(Math.max(0, all.length - last)))
      expect(frames(most)).toEqual(all.slice(from))
    },
  )
})
