import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import { parseConnections, type WatchQuestion, watchQuestions } from "./watchQuestions.ts"

/** A line on the control socket: a question, or a command of the assistant. */
export type ControlCommand =
  | Assistant.Question
  | WatchQuestion
  | { readonly _tag: "Do"; readonly command: Assistant.Command }

const questions = [...Assistant.questionHelp, ...watchQuestions]
const helps = [...questions, ...Assistant.commandHelp].filter(({ kind }) => kind !== "client")

/** A list of commands in the advice becomes the list of the control socket, which has other commands than a window. */
const ofControl = (refusal: Assistant.Refusal): Assistant.Refusal => {
  const { advice, at, message, reason } = refusal
  if (advice === undefined || !advice.startsWith("Commands: ")) return refusal
  return new Assistant.Refusal({
    reason,
    message,
    advice: `Commands: ${helps.map(({ verb }) => verb).join(", ")}.`,
    ...(at !== undefined && { at }),
  })
}

/** Parses one line. The refusal says what is wrong, and where. */
export const parseControl = (line: string): Either.Either<ControlCommand, Assistant.Refusal> => {
  const question = Assistant.parseQuestion(line)
  if (question !== undefined) return Either.right(question)
  const [, verb = "", words = ""] = /^\/?(\S*)\s*(.*)$/s.exec(line.trim()) ?? []
  if (verb === "connections") return parseConnections(words)
  if (verb === "summary" && words === "") return Either.right({ _tag: "Summary" })
  const help = questions.find((one) => one.verb === verb)
  return help === undefined
    ? Either.mapBoth(Assistant.parseCommand(line.trim(), "server"), {
        onLeft: ofControl,
        onRight: (command) => ({ _tag: "Do", command }),
      })
    : Either.left(tooManyWords(help))
}

const tooManyWords = ({ form, verb }: Assistant.CommandHelp): Assistant.Refusal =>
  new Assistant.Refusal({
    reason: "syntax",
    message: `too many words follow "${verb}"`,
    advice: `The form is: ${form}.`,
  })

const describeHelp = ({ form, what }: Assistant.CommandHelp): string => `${form}: ${what}`

/** The help of all commands of a server, or of the command with the verb. Undefined if the verb is unknown. */
export const controlHelp = (verb: string | undefined): ReadonlyArray<string> | undefined => {
  if (verb !== undefined) {
    const help = watchQuestions.find((one) => one.verb === verb) ?? Assistant.helpOf(verb)
    return help === undefined ? undefined : [describeHelp(help)]
  }
  return helps.map(describeHelp)
}
