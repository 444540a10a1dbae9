import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { RE2JS } from "re2js"
import { emptyProject, formatProject, type Project, parseProject } from "../../src/assistant/index.ts"
import { Assistant } from "../../src/domain/index.ts"
import { macro, recipients, repeat, rule, sound } from "../domain/assistant/arbitraries.ts"
import { exampleProject, exampleText } from "../support/exampleProject.ts"
import { runs } from "../support/properties.ts"

describe("a project that is written", () => {
  it.effect("leaves a file unchanged if the project is unchanged", () =>
    Effect.map(formatProject(exampleProject, exampleText), (text) => expect(text).toBe(exampleText)),
  )

  it.effect("keeps the comments of unchanged items", () =>
    Effect.gen(function* () {
      const [greeting, registers] = exampleProject.rules
      const [hello] = exampleProject.macros
      if (greeting === undefined || registers === undefined || hello === undefined) throw new Error("no example")
      const changed: Project = {
        rules: [registers, { ...greeting, count: 4 }],
        repeats: [],
        macros: [{ name: "new", payload: { form: "text", content: "x", ending: "lf" } }, hello],
      }
      const text = yield* formatProject(changed, exampleText)
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
      const [greeting, registers] = exampleProject.rules
      if (greeting === undefined || registers === undefined) throw new Error("no example")
      const swapped: Project = {
        ...exampleProject,
        rules: [
          { ...greeting, actions: registers.actions },
          { ...registers, actions: greeting.actions },
        ],
      }
      const text = yield* formatProject(swapped, exampleText)
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
      const refusal = yield* Effect.flip(formatProject(exampleProject, "rules: {\n"))
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
