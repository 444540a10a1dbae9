import * as Effect from "effect/Effect"
import type { Assistant } from "../../assistant/Assistant.ts"
import * as Domain from "../../domain/assistant/index.ts"
import type { Framing } from "../../domain/index.ts"
import { checkPayloads } from "../flags/payloads.ts"
import { refusalLine } from "../flags/refusalLine.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Automation, Sending } from "./Automation.ts"

const refused = (flag: string) => (refusal: Domain.Refusal) => usageError(`${flag}: ${refusalLine(refusal)}`)

/** Adds the rules of the command line to a window, and refuses payloads that can never be sent. */
export const automate = (
  assistant: Assistant,
  { rules, sendings }: Automation,
  settings: { readonly frame: Framing.Framing; readonly maxFrame: number },
): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    for (const rule of rules) {
      const flag = `--rule ${JSON.stringify(rule.name)}`
      yield* Effect.mapError(assistant.execute({ _tag: "AddRule", rule }), refused(flag))
      const replies = rule.actions.flatMap((action) => (action._tag === "Reply" ? [action.payload] : []))
      for (const payload of replies) yield* checked(assistant, { flag, payload }, settings)
    }
    for (const sending of sendings) yield* checked(assistant, sending, settings)
  })

/** Refuses a payload that can never be sent. A payload with variables is checked when the variables have values. */
const checked = (
  assistant: Assistant,
  { flag, payload }: Pick<Sending, "flag" | "payload">,
  settings: { readonly frame: Framing.Framing; readonly maxFrame: number },
): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    if (Domain.variablesIn(payload).length > 0) return
    const { bytes, length } = yield* Effect.mapError(assistant.preview(payload), refused(flag))
    // A preview contains the first part of a long payload only.
    if (bytes.length === length) yield* checkPayloads(flag.slice("--".length), [bytes], settings)
  })

/** Starts the repeats of the command line. */
export const startRepeats = (
  assistant: Assistant,
  { interval, sendings }: Automation,
): Effect.Effect<void, CommandFailed> =>
  interval === undefined
    ? Effect.void
    : Effect.forEach(
        sendings,
        ({ flag, payload, to }) =>
          Effect.flatMap(recipientsOf(to), (recipients) =>
            assistant.execute({ _tag: "Repeat", payload, interval, to: recipients }),
          ).pipe(Effect.mapError(refused(flag))),
        { discard: true },
      )

/** The recipients of a payload of the command line. */
export const recipientsOf = (to: Sending["to"]): Effect.Effect<Domain.Recipients, Domain.Refusal> =>
  to === undefined ? Effect.succeed(Domain.everyone) : Domain.parseRecipients(to)
