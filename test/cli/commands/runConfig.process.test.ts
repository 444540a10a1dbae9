import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpfxRun } from "../../support/tcpfxProcess.ts"

const world = Effect.acquireRelease(
  Effect.sync(() => {
    const cwd = mkdtempSync(join(tmpdir(), "tcpfx-config-"))
    mkdirSync(join(cwd, "xdg", "tcpfx"), { recursive: true })
    writeFileSync(
      join(cwd, "xdg", "tcpfx", "tcpfx.yaml"),
      "serve:\n  frame: line\n  max-conns: 7\nconnect:\n  proxy: socks5://me:secret@proxy:1080\n",
    )
    writeFileSync(join(cwd, "tcpfx.yaml"), "serve:\n  max-conns: 5\n")
    return { cwd, env: { TCPFX_CONFIG: undefined, XDG_CONFIG_HOME: join(cwd, "xdg") } }
  }),
  ({ cwd }) => Effect.sync(() => rmSync(cwd, { recursive: true })),
)

/** The rows of a table: name, value and source. */
const rowsOf = (text: string) => new Map(text.split("\n").map((row) => [row.trim().split(/ {2,}/)[0], row.trim()]))

describe("tcpfx config", () => {
  it.scopedLive("shows each value with its source, and hides passwords", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* world
      const { code, stderr, stdout } = yield* tcpfxRun(["config", "serve"], "", {
        cwd,
        env: { ...env, TCPFX_BACKLOG: "9", TCPFX_SERVE_HUB: "nats://token@one,nats://me:secret@two:4222" },
      })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      const rows = rowsOf(stdout)
      expect(rows.get("--hub")).toMatch(/^--hub +nats:\/\/\*\*\*@one,nats:\/\/me:\*\*\*@two:4222 /)
      expect(rows.get("--frame")).toMatch(/^--frame +line +\S*xdg\/tcpfx\/tcpfx\.yaml:2$/)
      expect(rows.get("--max-conns")).toMatch(/^--max-conns +5 +tcpfx\.yaml:2$/)
      expect(rows.get("--backlog")).toMatch(/^--backlog +9 +TCPFX_BACKLOG$/)
      expect(rows.get("--output")).toMatch(/^--output +text +default$/)
      expect(rows.get("endpoint")).toMatch(/^endpoint +127\.0\.0\.1:12345 +default$/)
      const connect = yield* tcpfxRun(["config", "connect"], "", { cwd, env })
      expect(rowsOf(connect.stdout).get("--proxy")).toMatch(
        /^--proxy +socks5:\/\/me:\*\*\*@proxy:1080 +\S*xdg\/tcpfx\/tcpfx\.yaml:5$/,
      )
      const all = yield* tcpfxRun(["config"], "", { cwd, env })
      expect(all.stdout.match(/^\w+:$/gm)).toEqual(["serve:", "connect:", "ui:"])
      expect(all.stdout).not.toContain("secret")
    }),
  )

  it.scopedLive("explains a command line, also one of netcat", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* world
      const lines = ["serve 9000 -m 3", "-lk 9000 -m 3"]
      for (const line of lines) {
        const { code, stdout } = yield* tcpfxRun(["config", "--", ...line.split(" ")], "", { cwd, env })
        expect(code).toBe(0)
        const rows = rowsOf(stdout)
        expect(rows.get("--max-conns")).toMatch(/^--max-conns +3 +command line$/)
        expect(rows.get("endpoint")).toMatch(/^endpoint +9000 +command line$/)
        expect(rows.get("--frame")).toContain("line")
      }
    }),
  )

  it.scopedLive("refuses a value of a command line that the command refuses", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* world
      const { code, stderr, stdout } = yield* tcpfxRun(["config", "--", "serve", "--frame", "lin"], "", { cwd, env })
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toMatch(/^tcpfx: --frame: "lin" is not a framing: .*\(did you mean line\?\)/)
    }),
  )

  it.scopedLive("writes one value in each line with --output json", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* world
      const { stdout } = yield* tcpfxRun(["config", "serve", "--output", "json"], "", { cwd, env })
      const values = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const find = (name: string) => values.find((value) => value.name === name)
      const common = { v: 1, _tag: "ConfigValue", command: "serve" }
      expect(find("--max-conns")).toEqual({
        ...common,
        name: "--max-conns",
        values: ["5"],
        source: "ProjectFile",
        path: "tcpfx.yaml",
        line: 2,
      })
      expect(find("--frame")).toMatchObject({ source: "UserFile", line: 2 })
      expect(find("--mode")).toEqual({ ...common, name: "--mode", values: [], default: "console", source: "Default" })
    }),
  )

  it.scopedLive("prints the paths of the files with --path", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* world
      expect((yield* tcpfxRun(["config", "--path"], "", { cwd, env })).stdout).toBe(
        `project  ${join(cwd, "tcpfx.yaml")}\nuser     ${join(cwd, "xdg", "tcpfx", "tcpfx.yaml")}\n`,
      )
      const named = yield* tcpfxRun(["config", "--path", "--config", "other"], "", { cwd, env })
      expect(named.stdout).toBe(`user     ${join(cwd, "other")}  (no such file)\n`)
      expect((yield* tcpfxRun(["config", "--path", "--config", "none"], "", { cwd, env })).stdout).toBe("")
    }),
  )

  it.scopedLive("ends with 2 for a broken file, a wrong variable, and a word that is not a command with defaults", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* world
      const expected = "tcpfx config takes one of serve, connect, ui"
      for (const args of [["x"], ["serve", "ui"], ["--", "interfaces"]]) {
        const { code, stderr } = yield* tcpfxRun(["config", ...args], "", { cwd, env })
        expect([code, stderr]).toEqual([2, expect.stringContaining(expected)])
      }
      const variable = yield* tcpfxRun(["config"], "", { cwd, env: { ...env, TCPFX_MAX_CONNS: "x" } })
      expect([variable.code, variable.stderr]).toEqual([2, expect.stringContaining("TCPFX_MAX_CONNS: ")])
      writeFileSync(join(cwd, "tcpfx.yaml"), "ui:\n  ui-prot: 1\n")
      const broken = yield* tcpfxRun(["config", "serve"], "", { cwd, env })
      expect([broken.code, broken.stdout, broken.stderr]).toEqual([
        2,
        "",
        'tcpfx: tcpfx.yaml:2:3: "ui-prot" is not a flag of tcpfx ui (did you mean "ui-port"?)\n',
      ])
    }),
  )
})
