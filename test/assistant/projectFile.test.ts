import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { emptyProject, parseProject } from "../../src/assistant/index.ts"
import { exampleProject, exampleText } from "../support/exampleProject.ts"

const problem = (text: string) => Effect.map(Effect.flip(parseProject(text)), ({ message }) => message)

describe("a project file", () => {
  it.effect("contains rules, repeats and macros", () =>
    Effect.map(parseProject(exampleText), (project) => expect(project).toEqual(exampleProject)),
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
      "tcpfx.yaml:3:9: @plc/1 names a client of another server, which only commands of that server reach, at character 1\n" +
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
