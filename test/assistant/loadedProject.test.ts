import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { emptyProject } from "../../src/assistant/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { greetingRule, overMemory, serverWindow, text } from "../support/assistants.ts"
import { utf8 } from "../support/texts.ts"

const line = { settings: { frame: Framing.line } }

it.scoped("a project is loaded at the start, as a whole or not at all, and can be read back", () =>
  overMemory(
    Effect.gen(function* () {
      const project = {
        rules: [greetingRule("hi")],
        repeats: [{ _tag: "Repeat" as const, payload: text("tick"), interval: 1000 }],
        macros: [{ name: "m", payload: text("macro") }],
      }
      const { assistant, connect } = yield* serverWindow({ ...line, project })
      const client = yield* connect()
      yield* client.send(utf8("hello"))
      expect(yield* Testing.receiveText(client)).toBe("hi")
      yield* assistant.execute({ _tag: "RunMacro", name: "m" })
      expect(yield* Testing.receiveText(client)).toBe("macro")
      yield* TestClock.adjust("1 second")
      expect(yield* Testing.receiveText(client)).toBe("tick")
      expect(yield* assistant.project).toEqual(project)
      const broken = { ...project, rules: [greetingRule("x", { match: { _tag: "Regex", source: "(" } })], macros: [] }
      expect(yield* Effect.flip(assistant.loadProject(broken))).toMatchObject({ field: "match" })
      expect(yield* assistant.project).toEqual(project)
      yield* assistant.loadProject(emptyProject)
      expect(yield* assistant.project).toEqual(emptyProject)
    }),
  ),
)

it.scoped("a project that is loaded again sends nothing twice, and ends the repeats that it does not have", () =>
  overMemory(
    Effect.gen(function* () {
      const every = (content: string) => ({ _tag: "Repeat" as const, payload: text(content), interval: 1000 })
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      const repeats = [every("a"), every("b"), every("b")]
      const numbers = Effect.map(assistant.state, (state) => state.repeats.map(({ repeat }) => repeat))
      const receiveSome = (count: number) =>
        Effect.map(Effect.replicateEffect(Testing.receiveText(client), count), (texts) => texts.sort())
      yield* assistant.loadProject({ ...emptyProject, repeats })
      expect(yield* receiveSome(3)).toEqual(["a", "b", "b"])
      yield* assistant.loadProject({ ...emptyProject, repeats })
      expect(yield* numbers).toEqual([1, 2, 3])
      yield* TestClock.adjust("1 second")
      expect(yield* receiveSome(3)).toEqual(["a", "b", "b"])

      yield* assistant.loadProject({ ...emptyProject, repeats: [every("b"), every("c")] })
      expect(yield* numbers).toEqual([2, 4])
      expect(yield* receiveSome(1)).toEqual(["c"])
      yield* TestClock.adjust("1 second")
      expect(yield* receiveSome(2)).toEqual(["b", "c"])
    }),
  ),
)
