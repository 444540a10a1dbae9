import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { History } from "../../../src/cli/console/History.ts"
import { historyPath } from "../../../src/cli/console/historyPath.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "tcpfx-history-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true })),
)

describe("the history of the console", () => {
  it.scoped("is kept between runs in a file that only its user can read", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "deep", "er", "history")
      const history = History.open(path)
      expect(history.lines).toEqual([])
      const lines = ["one", "two\nlines", "back\\slash \\n", "你好"]
      expect(lines.map((line) => history.add(line))).toEqual(lines.map(() => undefined))
      expect(History.open(path).lines).toEqual(lines)
      expect(fs.statSync(path).mode & 0o777).toBe(0o600)
      expect(fs.statSync(join(path, "..")).mode & 0o777).toBe(0o700)
    }),
  )

  it.scoped("keeps the latest lines, and no very long one", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "history")
      fs.writeFileSync(path, Array.from({ length: 2001 }, (_, at) => `line ${at}\n`).join(""))
      const history = History.open(path)
      expect([history.lines.length, history.lines[0], history.lines.at(-1)]).toEqual([1000, "line 1001", "line 2000"])
      expect(fs.readFileSync(path, "utf8").split("\n").length).toBe(1001)
      expect(history.add("x".repeat(10_001))).toBeUndefined()
      expect(History.open(path).lines.at(-1)).toBe("line 2000")
    }),
  )

  it.scoped("that cannot be written says so once, and one with control characters shows none", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const history = History.open(path)
      expect(history.add("one")).toBe(`the history is not kept: ${path} cannot be written: it is a folder`)
      expect(history.add("two")).toBeUndefined()
      fs.writeFileSync(join(path, "broken"), "a\u001b[2Jb\u0000\n\n\ufffd\\q\\")
      expect(History.open(join(path, "broken")).lines).toEqual(["a[2Jb", "\ufffd\\q\\"])
    }),
  )

  it("is not kept in /dev/null", () => {
    const history = History.open("/dev/null")
    expect([history.lines, history.add("one")]).toEqual([[], undefined])
  })

  it("has a file for each project", () => {
    const state = { XDG_STATE_HOME: "/state" }
    expect(historyPath(state, undefined)).toBe("/state/tcpfx/history")
    const [one, two] = [historyPath(state, "/a/tcpfx.yaml"), historyPath(state, "/b/tcpfx.yaml")]
    expect(one).toMatch(/^\/state\/tcpfx\/history-[0-9a-f]{12}$/)
    expect(two).not.toBe(one)
    expect(historyPath({ HOME: "/home/x", ...state, TCPFX_HISTORY: "/h" }, "/a/tcpfx.yaml")).toBe("/h")
  })
})
