import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { RE2JS } from "re2js"
import {
  emptyProject,
  formatProject,
  type Project,
  parseProject,
  readProject,
  writeProject,
} from "../../src/assistant/index.ts"
import { Assistant } from "../../src/domain/index.ts"
import { macro, recipients, repeat, rule, sound } from "../domain/assistant/arbitraries.ts"
import { runs } from "../support/properties.ts"

const example = `# What the line of pumps needs.
rules:
  # The panel asks first.
  - name: greeting # shown in the log
    when: { contains: login }
    from: "@tag:panel"
    after: 500ms
    times: 3
    reply: welcome\\r\\n

  - name: registers
    when:
      hex: 01 03 *
    do:
      - reply: { hex: 01 03 02 00 2A, checksum: modbus }
      - tag: asked
      - close

# Every second.
repeats:
  - every: 1s
    to: all
    send: { hex: 01 03 00 0A 00 02, checksum: modbus }

macros:
  - name: hello # by hand
    send: hello \${client.name}
  - name: old
    send:
      text: 你好
      encoding: gbk
      ending: crlf
# the end
`

const parsed: Project = {
  rules: [
    {
      name: "greeting",
      match: { _tag: "Contains", text: "login" },
      from: "@tag:panel",
      delay: 500,
      count: 3,
      actions: [{ _tag: "Reply", payload: { form: "text", content: "welcome\\r\\n" } }],
    },
    {
      name: "registers",
      match: { _tag: "Hex", pattern: "01 03 *" },
      actions: [
        { _tag: "Reply", payload: { form: "hex", content: "01 03 02 00 2A", checksum: { kind: "modbus" } } },
        { _tag: "Tag", tag: "asked" },
        { _tag: "Close" },
      ],
    },
  ],
  repeats: [
    {
      _tag: "Repeat",
      to: Assistant.everyone,
      interval: 1000,
      payload: { form: "hex", content: "01 03 00 0A 00 02", checksum: { kind: "modbus" } },
    },
  ],
  macros: [
    { name: "hello", payload: { form: "text", content: "hello ${client.name}" } },
    { name: "old", payload: { form: "text", content: "你好", encoding: "gbk", ending: "crlf" } },
  ],
}

const problem = (text: string) => Effect.map(Effect.flip(parseProject(text)), ({ message }) => message)

describe("a project file", () => {
  it.effect("contains rules, repeats and macros", () =>
    Effect.map(parseProject(example), (project) => expect(project).toEqual(parsed)),
  )

  it.effect("may be empty, or have empty sections", () =>
    Effect.gen(function* () {
      for (const text of ["", "# nothing yet\n", "{}", "rules:\nmacros:\n", "rules: []\n"]) {
        expect(yield* parseProject(text)).toEqual(emptyProject)
      }
    }),
  )

  it.effect("contains only strings: a value that looks like a number or a boolean stays unchanged", () =>
    Effect.gen(function* () {
      const text =
        "macros:\n  - { name: 1e3, send: { hex: 0103 } }\n  - { name: no, send: 0x10 }\n  - { name: ~, send: 1.0 }\n"
      expect((yield* parseProject(text)).macros).toEqual([
        { name: "1e3", payload: { form: "hex", content: "0103" } },
        { name: "no", payload: { form: "text", content: "0x10" } },
        { name: "~", payload: { form: "text", content: "1.0" } },
      ])
    }),
  )

  it.effect.each<readonly [string, string]>([
    [
      "rules:\n  - name: a\n    when: { contains: x }\n    times: many\n    reply: ok\n",
      'tcpfx.yaml:4:12: "many" is not a whole number from 1 up\n  4 |     times: many\n                 ^',
    ],
    [
      "rules:\n  - nmae: a\n    when: { contains: x }\n    reply: ok\n",
      'tcpfx.yaml:2:5: "nmae" is not a key here; expected name, when, from, after, times, enabled, reply, do (did you mean "name"?)\n' +
        "  2 |   - nmae: a\n          ^\n" +
        'tcpfx.yaml:2:5: "name" is missing here\n  2 |   - nmae: a\n          ^',
    ],
    [
      "macros:\n  - name: 读取\n    send: { hex: 01 0g }\n",
      'tcpfx.yaml:3:18: "g" is not a hex digit, at character 5\n  3 |     send: { hex: 01 0g }\n                       ^',
    ],
    [
      "macros:\n  - { name: 读取, send: a\\q }\n",
      "tcpfx.yaml:2:23: the escape is unknown or incomplete, at character 2\n" +
        "  2 |   - { name: 读取, send: a\\q }\n                              ^",
    ],
    ["rules: hello\n", "tcpfx.yaml:1:8: a list is expected here\n  1 | rules: hello\n             ^"],
    [
      "rules:\n  - hello\n",
      "tcpfx.yaml:2:5: a rule is expected here, with name, when, from, after, times, enabled, reply, do\n" +
        "  2 |   - hello\n          ^",
    ],
    [
      "macros:\n  - name: a\n    send: { text: x, hex: 01 }\n",
      "tcpfx.yaml:3:11: text and hex exclude each other\n  3 |     send: { text: x, hex: 01 }\n                ^",
    ],
    [
      "macros:\n  - name: a\n    send: ok\n  - name: a\n    send: ok\n",
      'tcpfx.yaml:4:11: the name "a" is given twice\n  4 |   - name: a\n                ^',
    ],
    [
      "rules:\n  - name: a\n    when: { regex: '(' }\n    reply: ok\n",
      "tcpfx.yaml:3:20: the regular expression is invalid: missing closing ): `(`\n" +
        "  3 |     when: { regex: '(' }\n                         ^",
    ],
    [
      "macros:\n  - name: a\n    to: plc/1\n    send: ok\n",
      'tcpfx.yaml:3:9: "plc/1" is not a range of addresses: "plc" is not an IP address, at character 1\n' +
        "  3 |     to: plc/1\n              ^",
    ],
    [
      "macros:\n  - name: a\n    send: { text: x, encoding: gbkk }\n",
      'tcpfx.yaml:3:32: "gbkk" is not an encoding (did you mean "gbk"?)\n' +
        "  3 |     send: { text: x, encoding: gbkk }\n                                     ^",
    ],
    [
      "macros:\n  - name: &a x\n    send: *a\n",
      "tcpfx.yaml:3:11: a project file cannot contain aliases; write the value itself\n  3 |     send: *a\n                ^",
    ],
    [
      "macros:\n  - name: a\n    to: @all\n",
      "tcpfx.yaml:3:9: plain value cannot start with reserved character @\n  3 |     to: @all\n              ^",
    ],
    [
      "macros:\n  - name: !x a\n    send: ok\n",
      "tcpfx.yaml:2:11: unresolved tag: !x\n  2 |   - name: !x a\n                ^",
    ],
    [
      "rules:\n  - name: a\n    when: { contains: x }\n    do: [jump]\n",
      'tcpfx.yaml:4:10: "jump" is not a key here; expected reply, close, reset, rename, tag\n  4 |     do: [jump]\n               ^',
    ],
  ])("reports the place of an error, with the line and a caret: %j", ([text, message]) =>
    Effect.map(problem(text), (told) => expect(told).toBe(message)),
  )

  it.effect("reports ten errors at once, and the number of the others", () =>
    Effect.gen(function* () {
      const text = `macros:\n${"  - name: ''\n    send: ok\n".repeat(12)}`
      const told = (yield* problem(text)).split("\n")
      expect(told.filter((line) => line.startsWith("tcpfx.yaml:"))).toHaveLength(10)
      expect(told.at(-1)).toMatch(/^[0-9]+ more$/)
    }),
  )

  it.effect("shows a part of a long line, and no control characters", () =>
    Effect.gen(function* () {
      const text = `macros: [{ name: "${"x".repeat(300)}", send: ok, jump: "\u202e" }]\n`
      const [, line = "", caret = ""] = (yield* problem(text)).split("\n")
      expect(line.length).toBeLessThan(160)
      expect(line).toContain('jump: "\\u{202e}"')
      expect(line.indexOf("jump")).toBe(caret.indexOf("^"))
    }),
  )
})

describe("a project that is written", () => {
  it.effect("leaves a file unchanged if the project is unchanged", () =>
    Effect.map(formatProject(parsed, example), (text) => expect(text).toBe(example)),
  )

  it.effect("keeps the comments of unchanged items", () =>
    Effect.gen(function* () {
      const [greeting, registers] = parsed.rules
      const [hello] = parsed.macros
      if (greeting === undefined || registers === undefined || hello === undefined) throw new Error("no example")
      const changed: Project = {
        rules: [registers, { ...greeting, count: 4 }],
        repeats: [],
        macros: [{ name: "new", payload: { form: "text", content: "x", ending: "lf" } }, hello],
      }
      const text = yield* formatProject(changed, example)
      expect(yield* parseProject(text)).toEqual(changed)
      for (const kept of [
        "# What the line of pumps needs.",
        "# The panel asks first.",
        "# shown in the log",
        "# by hand",
        "# the end",
      ]) {
        expect(text).toContain(kept)
      }
      expect(text).toContain("  # The panel asks first.\n  - name: greeting # shown in the log\n")
      expect(text).not.toMatch(/[ \t]$/m)
      expect(text).toContain("times: 4")
      expect(text).toContain("repeats: []")
      expect(text).not.toContain("你好")
    }),
  )

  it.effect("keeps the defaults of flags of the command, and their comments", () =>
    Effect.gen(function* () {
      const defaults = "# Mine.\nserve:\n  max-conns: 5 # few\n\nconnect: { endpoint: plc-1:502 }\nui:\n"
      const text = `${defaults}macros:\n  - name: a\n    send: x\n`
      const project = yield* parseProject(text)
      expect(project.macros).toHaveLength(1)
      const saved = yield* formatProject({ ...project, macros: [] }, text)
      expect(saved).toBe(`${defaults}macros: []\n`)
    }),
  )

  it.effect("replaces the actions of a rule in each form of writing them", () =>
    Effect.gen(function* () {
      const [greeting, registers] = parsed.rules
      if (greeting === undefined || registers === undefined) throw new Error("no example")
      const swapped: Project = {
        ...parsed,
        rules: [
          { ...greeting, actions: registers.actions },
          { ...registers, actions: greeting.actions },
        ],
      }
      const text = yield* formatProject(swapped, example)
      expect(yield* parseProject(text)).toEqual(swapped)
      expect(text).toContain("# shown in the log")
    }),
  )

  it.effect("is written into a file with comments and empty sections", () =>
    Effect.gen(function* () {
      const macros: Project = { ...emptyProject, macros: [{ name: "a", payload: { form: "text", content: "ok" } }] }
      const item = "  - name: a\n    send: ok\n"
      expect(yield* formatProject(macros, "# mine\n")).toBe(`# mine\n\nmacros:\n${item}`)
      expect(yield* formatProject(macros, "macros:\n# mine\n")).toBe(`macros:\n  # mine\n${item}`)
      expect(yield* formatProject(macros, "{}\n")).toBe(`macros:\n${item}`)
      expect(yield* formatProject(macros, `rules: []\nmacros: []\n`)).toBe(`rules: []\nmacros:\n${item}`)
    }),
  )

  it.effect("does not overwrite a file that is not a valid project", () =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(formatProject(parsed, "rules: {\n"))
      expect(refusal).toMatchObject({ reason: "syntax", field: "project" })
    }),
  )

  it.effect("refuses a project that could not be read again", () =>
    Effect.gen(function* () {
      const broken: Project = { ...emptyProject, macros: [{ name: "a", payload: { form: "hex", content: "0" } }] }
      expect(yield* Effect.flip(formatProject(broken))).toMatchObject({ reason: "syntax" })
    }),
  )

  /** Whether the engine of the rules accepts an expression. It accepts fewer than JavaScript. */
  const compiles = ({ match }: Assistant.Rule): boolean => {
    if (match._tag !== "Regex") return true
    try {
      RE2JS.compile(match.source)
      return true
    } catch {
      return false
    }
  }

  const projects: FastCheck.Arbitrary<Project> = FastCheck.record({
    rules: FastCheck.uniqueArray(
      rule(recipients.map(Assistant.formatRecipients)).filter((one) => sound.rule(one) && compiles(one)),
      {
        selector: ({ name }) => name,
        maxLength: 4,
      },
    ),
    repeats: FastCheck.array(repeat.filter(sound.repeat), { maxLength: 3 }),
    macros: FastCheck.uniqueArray(macro(recipients.map(Assistant.formatRecipients)).filter(sound.macro), {
      selector: ({ name }) => name,
      maxLength: 4,
    }),
  })

  it.effect.prop(
    "is read back unchanged, also after it has replaced another one",
    [projects, projects],
    ([first, second]) =>
      Effect.gen(function* () {
        const text = yield* formatProject(first)
        expect(yield* parseProject(text)).toEqual(first)
        const replaced = yield* formatProject(second, text)
        expect(yield* parseProject(replaced)).toEqual(second)
      }),
    runs(20),
  )
})

describe("reading and writing the file", () => {
  const folder = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-project-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true })),
  )

  it.scopedLive("a written project is read back, and no other file is left in the folder", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "tcpfx.yaml")
      yield* writeProject(path, parsed)
      expect(yield* readProject(path)).toEqual(parsed)
      writeFileSync(path, example)
      yield* writeProject(path, { ...parsed, repeats: [] })
      expect(readFileSync(path, "utf8")).toContain("# shown in the log")
      expect((yield* readProject(path)).repeats).toEqual([])
      expect(readdirSync(join(path, ".."))).toEqual(["tcpfx.yaml"])
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.scopedLive("the mode of the file and a symbolic link are kept", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      const file = join(dir, "real.yaml")
      const link = join(dir, "tcpfx.yaml")
      writeFileSync(file, example, { mode: 0o600 })
      symlinkSync(file, link)
      yield* writeProject(link, emptyProject)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(yield* readProject(file)).toEqual(emptyProject)
      expect(readdirSync(dir).sort()).toEqual(["real.yaml", "tcpfx.yaml"])
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.scopedLive("a file that cannot be read or written is refused with its reason", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      const missing = yield* Effect.flip(readProject(join(dir, "none.yaml")))
      expect(missing).toMatchObject({
        reason: "file",
        code: "ENOENT",
        message: `${join(dir, "none.yaml")} cannot be read: there is no such file or folder`,
      })
      expect(yield* Effect.flip(readProject(dir))).toMatchObject({
        reason: "file",
        message: `${dir} cannot be read: it is not a regular file`,
      })
      expect(yield* Effect.flip(writeProject(join(dir, "no", "x.yaml"), parsed))).toMatchObject({
        reason: "file",
        code: "ENOENT",
      })
      writeFileSync(join(dir, "latin.yaml"), Uint8Array.of(0x23, 0xff))
      expect(yield* Effect.flip(readProject(join(dir, "latin.yaml")))).toMatchObject({
        message: expect.stringContaining("it is not UTF-8"),
      })
      writeFileSync(join(dir, "big.yaml"), new Uint8Array(5 * 1024 * 1024))
      expect(yield* Effect.flip(readProject(join(dir, "big.yaml")))).toMatchObject({
        message: expect.stringContaining("more than 4 MiB"),
      })
      writeFileSync(join(dir, "bad.yaml"), "rules: {\n")
      expect(yield* Effect.flip(writeProject(join(dir, "bad.yaml"), parsed))).toMatchObject({ reason: "syntax" })
      expect(readFileSync(join(dir, "bad.yaml"), "utf8")).toBe("rules: {\n")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})
