import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { counted } from "../../domain/counted.ts"
import { escapeControls } from "../../domain/index.ts"
import { Connections, State, Summary } from "../control/answers.ts"
import { mostCommandBytes } from "../control/bounds.ts"
import type { ControlAnswer } from "../control/ControlClient.ts"
import { findServer } from "../control/findServer.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { exitCode, networkError, signalExitCode, usageError } from "../process/exit.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { clientTable } from "../top/clientTable.ts"
import { summaryText } from "../top/summaryText.ts"
import type { CtlOptions } from "./ctl.ts"

/** The command for the server: the words with a space between them, as `ssh` joins the words of a command. */
const commandOf = (words: ReadonlyArray<string>) => {
  const command = words.join(" ").trim()
  if (command === "") return usageError("a command is missing; tcpfx ctl help lists the commands of the server")
  if (/[\r\n]/.test(command)) return usageError("a command is one line; write a line end in a text as \\n")
  return Buffer.byteLength(command) > mostCommandBytes
    ? usageError(`the command is longer than ${mostCommandBytes} bytes; send a longer payload with file PATH`)
    : Effect.succeed(command)
}

/** Runs `tcpfx ctl`. Returns the exit code. */
export const runCtl = (options: CtlOptions, commands: CommandShapes) =>
  Effect.gen(function* () {
    const command = yield* commandOf(options.args)
    const stdio = yield* Stdio
    const signals = yield* Signals
    const answer = yield* signals.unlessEnded(
      Effect.flatMap(findServer(options.control, commands), ({ client }) => client.ask(command)),
    )
    const isJson = Option.contains(options.output, "json")
    if (isJson) yield* stdio.writeLines(`${JSON.stringify(answer)}\n`)
    if (answer.ok) {
      if (!isJson)
        yield* stdio.writeLines(
          linesOf(answer)
            .map((line) => `${line}\n`)
            .join(""),
        )
      return exitCode.ok
    }
    const code = answer["reason"] === "syntax" ? exitCode.usage : exitCode.network
    if (isJson) return code
    const message = [answer["error"], answer["advice"]].filter((part) => typeof part === "string").join("; ")
    return yield* code === exitCode.usage ? usageError(message) : networkError(message)
  }).pipe(
    Effect.catchTag("EndedBySignal", ({ signal }) => Effect.succeed(signalExitCode[signal])),
    Effect.scoped,
  )

const numbers = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map((id) => `#${id}`) : [])

const texts = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : [])

/** An answer as lines for people. A field of an unknown answer is shown as JSON. */
const linesOf = (answer: ControlAnswer): ReadonlyArray<string> => {
  const { ok: _, ...fields } = answer
  if (Schema.is(Summary)(fields)) return summaryText(fields)
  if (Schema.is(State)(fields)) {
    const { accepting, connections, listening, remote = [] } = fields
    return [
      ...listening.map((endpoint) => escapeControls(`listening on ${endpoint}`)),
      ...(accepting === "yes" ? [] : [`accepting: ${accepting}`]),
      ...(connections.length + remote.length === 0 ? ["no client is connected"] : clientTable(fields, Date.now())),
    ]
  }
  if (Schema.is(Connections)(fields)) {
    const { connections, matching, remote, remoteMatching = 0, remoteTotal = 0, total } = fields
    return [
      ...clientTable(fields, Date.now()),
      `${connections.length} of ${counted(matching, "client")}${matching === total ? "" : ` (${total} connected)`}`,
      ...(remote === undefined
        ? []
        : [
            `${remote.length} of ${counted(remoteMatching, "client")} of other servers${remoteMatching === remoteTotal ? "" : ` (${remoteTotal} connected)`}`,
          ]),
    ]
  }
  if ("commands" in fields) return texts(fields["commands"]).map(escapeControls)
  return [escapeControls(outcomeText(fields))]
}

const outcomeText = (fields: Readonly<Record<string, unknown>>): string => {
  const { bytes, ended, endpoints, listening, repeat, repeats, to, unmatched } = fields
  const others = texts(unmatched).length === 0 ? "" : `; ${texts(unmatched).join(", ")} matched no client`
  if (typeof listening === "string") return `listening on ${listening}`
  if (endpoints !== undefined) return `stopped listening on ${texts(endpoints).join(", ")}; ${ended} clients ended`
  if (bytes !== undefined) return `${bytes} bytes for ${numbers(to).join(", ") || "no client of this server"}${others}`
  if (to !== undefined)
    return `${numbers(to).length === 0 ? "nothing changed" : `done for ${numbers(to).join(", ")}`}${others}`
  if (repeat !== undefined) return `repeat ${repeat} runs; cancel ${repeat} ends it`
  if (repeats !== undefined)
    return texts(repeats).length === 0 ? "no repeat runs" : `ended: repeat ${texts(repeats).join(", ")}`
  return Object.keys(fields).length === 0 ? "done" : JSON.stringify(fields)
}
