import * as Effect from "effect/Effect"
import type * as Assistant from "../../domain/assistant/index.ts"
import { refusal, unknown } from "./refusals.ts"
import { rulesForbidden, type WindowParts } from "./WindowParts.ts"

/** The outcome of a command that returns nothing. */
export const done: Assistant.Outcome = { _tag: "Done" }

/**
 * Carries out a command that both kinds of window have. Returns `undefined` for another command. `leave` ends the
 * program, if the window can end it.
 */
export const executeShared = (
  parts: WindowParts,
  command: Assistant.Command,
  leave: Effect.Effect<void> | undefined,
): Effect.Effect<Assistant.Outcome, Assistant.Refusal> | undefined => {
  switch (command._tag) {
    case "Cancel":
      return Effect.flatMap(parts.repeats.cancel(command.repeat), (repeats) =>
        repeats.length === 0 && command.repeat !== undefined
          ? refusal("unknown", `repeat ${command.repeat} does not run`, { field: "repeat" })
          : Effect.succeed({ _tag: "Cancelled" as const, repeats }),
      )
    case "AddRule":
      return parts.rulesAct ? Effect.as(parts.rules.add(command.rule), done) : rulesForbidden
    case "RemoveRule":
      return Effect.suspend(() =>
        parts.rules.remove(command.name)
          ? Effect.succeed(done)
          : unknown(
              "rule",
              command.name,
              parts.rules.all.map(({ name }) => name),
            ),
      )
    case "SaveMacro":
      return Effect.as(parts.macros.save(command.macro), done)
    case "RemoveMacro":
      return Effect.as(parts.macros.remove(command.name), done)
    case "ClearLog":
      return Effect.sync(() => {
        parts.store.clear()
        parts.touch()
        return done
      })
    case "Quit":
      return leave === undefined
        ? refusal("forbidden", "this window cannot end the program", { advice: "end the program where it was started" })
        : Effect.as(leave, done)
    default:
      return undefined
  }
}
