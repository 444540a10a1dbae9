import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"

/** A line on the control socket: a question, or a command of the assistant. */
export type ControlCommand = Assistant.Question | { readonly _tag: "Do"; readonly command: Assistant.Command }

/** Parses one line. The refusal says what is wrong, and where. */
export const parseControl = (line: string): Either.Either<ControlCommand, Assistant.Refusal> => {
  const question = Assistant.parseQuestion(line)
  if (question !== undefined) return Either.right(question)
  const [verb] = line.trim().replace(/^\//, "").split(/\s+/)
  const help = Assistant.questionHelp.find((one) => one.verb === verb)
  return help === undefined
    ? Either.map(Assistant.parseCommand(line.trim(), "server"), (command) => ({ _tag: "Do", command }))
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
    const help = Assistant.helpOf(verb)
    return help === undefined ? undefined : [describeHelp(help)]
  }
  return [...Assistant.questionHelp, ...Assistant.commandHelp].filter(({ kind }) => kind !== "client").map(describeHelp)
}
