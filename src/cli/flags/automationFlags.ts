import type * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import { parseDuration, ValueSyntaxError } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { anyText, value, values } from "./flag.ts"
import { refusalLine } from "./refusalLine.ts"

const parseRule = (text: string) =>
  Either.mapLeft(Assistant.parseRule(text), (refusal) => ({
    // The assistant's examples begin with the command `rule`, which the flag replaces.
    message: /^rule\s+\S+\s+when\s/.test(text)
      ? 'leave the word "rule" out: the flag has the name, "when" and so on'
      : refusalLine(refusal).replace("rule NAME when", "NAME when"),
  }))

/** Reads the interval of a repeat, in milliseconds. */
const parseInterval = (input: string): Either.Either<number, ValueSyntaxError> =>
  Either.filterOrLeft(
    Either.map(parseDuration(input), Duration.toMillis),
    (millis) => millis >= 1 && millis <= Assistant.longestMillis,
    () =>
      new ValueSyntaxError({
        input,
        kind: "an interval",
        problem: "it is out of range",
        expected: "a time from 1ms to 24h, such as 5s",
      }),
  )

/** The flags that make a command act by itself: rules, macros and repeats. */
export const automationFlags = {
  rule: values("rule", "RULE", parseRule, {
    help: "Act on received frames, in the words of the assistant, such as 'hello when contains login reply welcome\\n'. May be given several times.",
  }),
  rules: values("rules", "PATH", anyText, {
    help: "Take the rules of a project file, after those of --rule. May be given several times.",
  }),
  macro: values("macro", "NAME", anyText, {
    help: "As --send, with the payload of a macro of the project file (--project, or tcpfx.yaml in this folder).",
  }),
  repeat: value("repeat", "TIME", parseInterval, {
    help: "Send the payloads of --send and --macro again and again, every TIME.",
  }),
}

/** Refuses rules for `tcpfx connect` that select, name or tag clients, which only a server has. */
export const checkClientRules = (rules: ReadonlyArray<Assistant.Rule>): Either.Either<void, CommandFailed> => {
  for (const { actions, from, name } of rules) {
    const word = from === undefined ? actions.find(({ _tag }) => _tag === "Rename" || _tag === "Tag")?._tag : "from"
    if (word !== undefined) {
      const rule = `--rule ${JSON.stringify(name)}`
      return Either.left(usageError(`${rule}: ${word.toLowerCase()} is for clients, and tcpfx connect has one server`))
    }
  }
  return Either.right(undefined)
}

/** The values of {@link automationFlags}. */
export type AutomationOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof automationFlags]: (typeof automationFlags)[K]["options"]
}>
