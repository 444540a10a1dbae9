import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { chooseContenders, chooseRows, parseOptions } from "../../bench/runner/options.ts"
import { rows } from "../../bench/runner/rows.ts"
import { other, ours, raw } from "./figures.ts"

const parse = (...args: ReadonlyArray<string>) => Either.getOrThrow(parseOptions(args))
const problem = (...args: ReadonlyArray<string>) => Either.getOrThrow(Either.flip(parseOptions(args))).message

describe("the options of the bench", () => {
  it("default to five runs of 0.6 seconds, written to bench/results", () => {
    expect(parse()).toMatchObject({ quick: false, runs: 5, seconds: 0.6, out: "bench/results" })
  })

  it("write nothing for a part of the bench, unless a folder is given", () => {
    expect([parse("--quick"), parse("--rows", "echo"), parse("--contenders=cli")].map(({ out }) => out)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(parse("--quick", "--out", "here")).toMatchObject({ runs: 1, out: "here" })
  })

  it("can replace some rows of the stored results", () => {
    expect(parse("--rows", "echo", "--update")).toMatchObject({ update: true, out: "bench/results" })
    expect(problem("--update")).toContain("--update goes with --rows")
    expect(problem("--update", "--rows", "echo", "--contenders", "cli")).toContain("--update goes with --rows")
  })

  it("are refused with a reason if they are wrong", () => {
    expect(problem("--runs", "0")).toBe('--runs: expected a whole number from 1 to 100, not "0"')
    expect(problem("--seconds", "x")).toBe('--seconds: expected seconds from 0.1 to 60, not "x"')
    expect(problem("--rows", "(")).toBe('--rows: "(" is not a regular expression')
    expect(problem("--what")).toContain("--what")
    expect(problem("more")).toContain("more")
  })

  it("choose rows and contenders, and always include the raw loop", () => {
    const chosen = Either.getOrThrow(chooseRows(rows, parse("--rows", "^echo-50-")))
    expect(chosen.map(({ id }) => id)).toEqual(["echo-50-1", "echo-50-32"])
    expect(Either.getOrThrow(chooseContenders([raw, ours, other], parse("--contenders", "lib")))).toEqual([raw, ours])
    expect(Either.isLeft(chooseRows(rows, parse("--rows", "nothing")))).toBe(true)
    expect(Either.isLeft(chooseContenders([raw], parse("--contenders", "nothing")))).toBe(true)
  })

  it("choose from rows with unique names, some of them for a quick run", () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    expect(Either.getOrThrow(chooseRows(rows, parse("--quick"))).length).toBeGreaterThan(5)
  })
})
