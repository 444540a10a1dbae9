import { describe, expect, it } from "@effect/vitest"
import { eachForeign, HubLog, startOfRun } from "../../src/hub/HubLog.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const segmentsIn = (log: HubLog<number>): number => log.end().segment - log.begin()

const sealed = (log: HubLog<number>, ...runs: ReadonlyArray<readonly [text: string, publisher: number]>) => {
  for (const [text, publisher] of runs) log.append(utf8(text), publisher)
  const segment = log.seal()
  if (segment === undefined) throw new Error("nothing was sealed")
  return segment
}

const foreign = (log: HubLog<number>, segment: number, run: number, reader: number): ReadonlyArray<string> => {
  const parts: Array<string> = []
  const found = log.at({ segment, run })
  if (found !== undefined) eachForeign(found, run, reader, (part) => parts.push(textOf(part)))
  return parts
}

describe("the log of a hub", () => {
  it("joins the runs of a turn into one buffer that knows the end of each run", () => {
    const log = new HubLog<number>()
    const segment = sealed(log, ["ab", 1], ["c", 2], ["def", 1])
    expect(textOf(segment.bytes)).toBe("abcdef")
    expect(segment.ends).toEqual([2, 3, 6])
    expect(segment.publishers).toEqual([1, 2, 1])
    expect([0, 1, 2].map((run) => startOfRun(segment, run))).toEqual([0, 2, 3])
  })

  it("does not copy a run that is alone in its turn", () => {
    const log = new HubLog<number>()
    const run = utf8("alone")
    log.append(run, 1)
    expect(log.seal()?.bytes).toBe(run)
  })

  it("keeps a small run that stays without the pool that it is a view of", () => {
    const log = new HubLog<number>()
    const run = new Uint8Array(8192).fill(7).subarray(10, 15)
    log.append(run, 1)
    const before = log.seal()
    log.keepNew()
    const kept = log.at({ segment: 0, run: 0 })
    expect([...(kept?.bytes ?? [])]).toEqual([...run])
    expect(kept?.bytes.buffer.byteLength).toBe(5)
    expect(kept).toEqual({ ...before, bytes: kept?.bytes })
    log.keepNew()
    expect(log.at({ segment: 0, run: 0 })).toBe(kept)
  })

  it("makes a segment of each run without a copy when runs stay apart", () => {
    const log = new HubLog<number>()
    const runs = [utf8("first"), new Uint8Array(8192).subarray(10, 15), utf8("last")]
    for (const [at, run] of runs.entries()) log.append(run, at)
    expect([log.openRuns(), log.openBytes()]).toEqual([3, 14])
    expect(log.seal(true)).toBe(log.at({ segment: 2, run: 0 }))
    expect([log.openRuns(), log.openBytes(), segmentsIn(log)]).toEqual([0, 0, 3])
    for (const [at, run] of runs.entries()) {
      expect(log.at({ segment: at, run: 0 })).toEqual({
        bytes: run,
        ends: [run.length],
        publishers: [at],
        start: at * 5,
      })
      expect(log.at({ segment: at, run: 0 })?.bytes).toBe(run)
    }
    expect(log.bytesBehind({ segment: 1, run: 0 })).toBe(9)
    log.keepNew()
    expect(log.at({ segment: 0, run: 0 })?.bytes).toBe(runs[0])
    expect(log.at({ segment: 1, run: 0 })?.bytes.buffer.byteLength).toBe(5)
    expect(log.at({ segment: 2, run: 0 })?.bytes).toBe(runs[2])
  })

  it("seals nothing when nothing was appended", () => {
    const log = new HubLog<number>()
    expect(log.openRuns()).toBe(0)
    expect(log.seal()).toBeUndefined()
    expect(log.isEmpty()).toBe(true)
    log.append(utf8("x"), 1)
    expect(log.openRuns()).toBe(1)
    log.seal()
    expect(log.openRuns()).toBe(0)
    expect(log.seal()).toBeUndefined()
  })

  it("gives a publisher the gaps around its own runs, and all others the whole buffer", () => {
    const log = new HubLog<number>()
    const segment = sealed(log, ["a", 1], ["b", 2], ["c", 3], ["d", 1], ["e", 2])
    expect(foreign(log, 0, 0, 1)).toEqual(["bc", "e"])
    expect(foreign(log, 0, 0, 2)).toEqual(["a", "cd"])
    expect(foreign(log, 0, 0, 9)).toEqual(["abcde"])
    expect(foreign(log, 0, 2, 1)).toEqual(["c", "e"])
    expect(foreign(log, 0, 3, 9)).toEqual(["de"])
    const whole: Array<Uint8Array> = []
    eachForeign(segment, 0, 9, (part) => whole.push(part))
    expect(whole[0]).toBe(segment.bytes)
  })

  it("gives a reader nothing of a turn in which only the reader published", () => {
    const log = new HubLog<number>()
    sealed(log, ["a", 1], ["b", 1])
    expect(foreign(log, 0, 0, 1)).toEqual([])
  })

  it("counts the bytes after a cursor exactly, across segments and runs", () => {
    const log = new HubLog<number>()
    sealed(log, ["abc", 1], ["de", 2])
    sealed(log, ["fghi", 1])
    expect(log.bytesBehind({ segment: 0, run: 0 })).toBe(9)
    expect(log.bytesBehind({ segment: 0, run: 1 })).toBe(6)
    expect(log.bytesBehind({ segment: 1, run: 0 })).toBe(4)
    expect(log.bytesBehind(log.end())).toBe(0)
  })

  it("keeps its numbering when the oldest segments are freed", () => {
    const log = new HubLog<number>()
    sealed(log, ["one", 1])
    sealed(log, ["two", 1])
    const third = sealed(log, ["three", 1])
    log.append(utf8("open"), 1)
    expect(log.retainedBytes()).toBe(15)
    log.trimTo(2)
    expect(log.retainedBytes()).toBe(9)
    expect(log.begin()).toBe(2)
    expect(log.at({ segment: 1, run: 0 })).toBeUndefined()
    expect(log.at({ segment: 2, run: 0 })).toBe(third)
    expect(log.isNewest(third)).toBe(true)
    expect(log.end()).toEqual({ segment: 3, run: 0 })
    log.trimTo(1)
    expect(log.begin()).toBe(2)
    log.trimTo(3)
    log.seal()
    log.trimTo(4)
    expect(log.retainedBytes()).toBe(0)
    expect(log.isEmpty()).toBe(true)
  })
})
