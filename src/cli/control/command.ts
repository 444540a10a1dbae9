import * as Either from "effect/Either"
import { Assistant } from "../../domain/index.ts"

/** What a control socket can be told: every command of the assistant, and two questions. */
export type ControlCommand =
  | { readonly _tag: "State" | "Help" }
  | { readonly _tag: "Do"; readonly command: Assistant.Command }

const questions: ReadonlyArray<Assistant.CommandHelp> = [
  {
    verb: "state",
    form: "state",
    what: "where it listens, which connections it has, since when, what went and what waits",
    kind: "both",
  },
  { verb: "help", form: "help", what: "these lines", kind: "both" },
]

/** The commands of a server in words, as `help` shows them. */
export const controlHelp: ReadonlyArray<string> = [...questions, ...Assistant.commandHelp]
  .filter(({ kind }) => kind !== "client")
  .map(({ form, what }) => `${form}: ${what}`)

/** Reads one line. A refusal says what is wrong with it, and where. */
export const parseControl = (line: string): Either.Either<ControlCommand, Assistant.Refusal> => {
  const [verb = "", ...more] = line.trim().split(/\s+/)
  const question = questions.find((help) => help.verb === verb)
  if (question === undefined) {
    return Either.map(Assistant.parseCommand(line.trim(), "server"), (command) => ({ _tag: "Do", command }))
  }
  return more.length === 0
    ? Either.right({ _tag: verb === "state" ? "State" : "Help" })
    : Either.left(new Assistant.Refusal({ reason: "syntax", message: `${verb} takes nothing behind it` }))
}
