import type * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Assistant from "../../domain/assistant/index.ts"
import type { Framing } from "../../domain/index.ts"
import { innerEnding } from "../input/innerEnding.ts"
import { PayloadForm } from "../input/PayloadForm.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { oneOf, toggle, value } from "./flag.ts"
import { refusalLine } from "./refusalLine.ts"

const endings = Assistant.LineEnding.literals

/** Reads a checksum in the written form of the assistant. */
const parseChecksum = (text: string) =>
  Either.mapLeft(Assistant.parseChecksum(text), (refusal) => ({ message: refusalLine(refusal) }))

/** The flags that shape sent payloads: those of flags with a text, and those of standard input. */
export const payloadFlags = {
  eol: value("eol", endings.join("|"), oneOf(...endings), {
    help: "The line end of each sent text and of each line of standard input. An existing CRLF stays.",
  }),
  crlf: toggle("crlf", { alias: "C", help: "The same as --eol crlf." }),
  hex: toggle("hex", {
    help: "Read sent texts and lines of standard input as bytes in hex: 0103, 01 03, 0x01,0x03, 01:03 or \\x01\\x03.",
  }),
  checksum: value("checksum", "NAME", parseChecksum, {
    help: "Append a checksum to each sent payload, such as modbus, lrc or crc32. --frame raw then sends each line as a payload.",
  }),
}

/** The values of {@link payloadFlags}. */
export type PayloadOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof payloadFlags]: (typeof payloadFlags)[K]["options"]
}>

/** The form of sent payloads that the flags request. */
export const payloadFormOf = (
  { checksum, crlf, eol, hex }: PayloadOptions,
  frame: Framing.Framing,
  coder: Assistant.TextCoder,
): Effect.Effect<PayloadForm, CommandFailed> =>
  Effect.gen(function* () {
    if (crlf && Option.isSome(eol) && eol.value !== "crlf") {
      return yield* usageError(`--eol ${eol.value} and -C (--crlf) exclude each other`)
    }
    const wanted = crlf ? "crlf" : Option.getOrUndefined(eol)
    const flag = crlf ? "--crlf" : "--eol"
    if (hex && wanted !== undefined) {
      return yield* usageError(`${flag} has no effect with --hex, whose payloads are bytes; give the line end in hex`)
    }
    const ending = wanted === undefined ? undefined : innerEnding(frame, wanted)
    if (ending !== undefined && Either.isLeft(ending)) return yield* usageError(`${flag}: ${ending.left}`)
    return new PayloadForm({ hex, ending: ending?.right, checksum: Option.getOrUndefined(checksum), coder })
  })
