import type * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import { parseDeadline, ValueSyntaxError } from "../../domain/index.ts"
import { anyText, value, values } from "./flag.ts"
import { refusalLine } from "./refusalLine.ts"

const parseRule = (text: string) =>
  Either.mapLeft(Assistant.parseRule(text), (refusal) => ({ message: refusalLine(refusal) }))

/** Reads the interval of a repeat, in milliseconds. */
const parseInterval = (input: string): Either.Either<number, ValueSyntaxError> =>
  Either.filterOrLeft(
    Either.map(parseDeadline(input), Duration.toMillis),
    (millis) => millis <= Assistant.longestMillis,
    () =>
      new ValueSyntaxError({
        input,
        kind: "an interval",
        problem: "it is longer than a day",
        expected: "a time such as 5s",
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

/** The values of {@link automationFlags}. */
export type AutomationOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof automationFlags]: (typeof automationFlags)[K]["options"]
}>
