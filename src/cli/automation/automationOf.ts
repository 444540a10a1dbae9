import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { projectFileName } from "../../assistant/projectFile.ts"
import { type Macro, type Rule, suggestion } from "../../domain/assistant/index.ts"
import { projectOf } from "../files/projectOf.ts"
import type { AutomationOptions } from "../flags/automationFlags.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import type { Automation } from "./Automation.ts"

interface Options extends AutomationOptions {
  readonly send: ReadonlyArray<string>
  readonly project: Option.Option<string>
}

type Reading<A> = Effect.Effect<A, CommandFailed, FileSystem.FileSystem | Stdio>

/** Reads the files that the flags name, and returns the rules and payloads of the command. */
export const automationOf = (options: Options, form: PayloadForm): Reading<Automation> =>
  Effect.gen(function* () {
    return {
      rules: yield* rulesOf(options),
      sendings: [
        ...options.send.map((text) => ({ flag: "--send", payload: form.specOf(text), to: undefined })),
        ...(yield* macrosOf(options)).map(({ name, payload, to }) => ({ flag: `--macro ${name}`, payload, to })),
      ],
      interval: Option.getOrUndefined(options.repeat),
    }
  })

/**
 * The rules of the command line, then those of the files. A rule of the command line replaces a file's rule of the same
 * name.
 */
const rulesOf = ({ rule, rules }: Options): Reading<ReadonlyArray<Rule>> =>
  Effect.gen(function* () {
    const named = new Map<string, Rule>()
    for (const one of rule) {
      if (named.has(one.name)) return yield* usageError(`--rule: two rules have the name ${JSON.stringify(one.name)}`)
      named.set(one.name, one)
    }
    for (const path of rules) {
      const project = yield* projectOf("rules", path)
      if (project.rules.length === 0) return yield* usageError(`--rules: ${path} has no rules`)
      for (const one of project.rules) if (!named.has(one.name)) named.set(one.name, one)
    }
    return [...named.values()]
  })

const macrosOf = ({ macro, project }: Options): Reading<ReadonlyArray<Macro>> =>
  Effect.gen(function* () {
    if (macro.length === 0) return []
    const path = Option.getOrElse(project, () => projectFileName)
    const { macros } = yield* projectOf(Option.isSome(project) ? "project" : "macro", path)
    return yield* Effect.forEach(macro, (name) => {
      const found = macros.find((one) => one.name === name)
      const near = suggestion(
        name,
        macros.map((one) => one.name),
      )
      return found === undefined
        ? usageError(`--macro: ${path} has no macro ${JSON.stringify(name)}${near}`)
        : Effect.succeed(found)
    })
  })
