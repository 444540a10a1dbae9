import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { readResults, refusalOf, replaceResults, writePartial } from "../../bench/runner/results.ts"
import { measured, raw, reportOf, row } from "./figures.ts"

const reportWith = (...ids: ReadonlyArray<string>) =>
  reportOf(ids.map((id) => [row(id), [{ contender: raw, runs: [measured(4e7)] }]]))

const rowsIn = (folder: string) => readResults(folder)?.rows.map((one) => one.row.id)

describe("the results on disk", () => {
  let folder = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tcpfx-results-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it("stay as they are while a bench is not complete", () => {
    replaceResults(folder, reportWith("one", "two"))
    const before = ["results.json", "results.md", "results.svg"].map((name) => readFileSync(join(folder, name), "utf8"))
    expect(writePartial(folder, reportWith("one"))).toBe(join(folder, "results.*.partial"))
    expect(rowsIn(folder)).toEqual(["one", "two"])
    expect(
      ["results.json", "results.md", "results.svg"].map((name) => readFileSync(join(folder, name), "utf8")),
    ).toEqual(before)
    const partial = readFileSync(join(folder, "results.md.partial"), "utf8")
    expect(partial).toMatch(/^\*\*Not complete\*\*/)
    expect(partial).toContain("fan-out one")
  })

  it("are replaced by complete results, and the partial files are removed", () => {
    writePartial(folder, reportWith("one"))
    replaceResults(folder, reportWith("one", "two"))
    expect(rowsIn(folder)).toEqual(["one", "two"])
    expect(readdirSync(folder).sort()).toEqual(["results.json", "results.md", "results.svg"])
    expect(readFileSync(join(folder, "results.md"), "utf8")).toMatch(/^# Results/)
  })

  it("are checked for a writable folder before the measurement", () => {
    expect(refusalOf(join(folder, "some", "where"))).toBeUndefined()
    expect(readdirSync(join(folder, "some", "where"))).toEqual([])
    writeFileSync(join(folder, "file"), "")
    expect(refusalOf(join(folder, "file"))).toBe("ENOTDIR")
    expect(refusalOf("/proc/none/at/all")).toBe("ENOENT")
  })

  it("are undefined in an empty folder", () => {
    expect(readResults(folder)).toBeUndefined()
  })
})
