import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import {
  escapeControls,
  type Framing,
  parseCount,
  parseDeadline,
  parseDuration,
  parseEscapes,
  parseSize,
} from "../../domain/index.ts"
import { encodeEscapes } from "../input/encodeText.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Pacing } from "../talk/Pace.ts"
import type { Until, Untils } from "../talk/Until.ts"
import { anyText, toggle, value, values } from "./flag.ts"

/** A value of `--until`. Its text is not encoded yet. */
type GivenUntil = Exclude<Until, { readonly _tag: "Text" }> | { readonly _tag: "Text"; readonly text: string }

const parsers: Readonly<Record<string, (text: string) => Either.Either<GivenUntil, { readonly message: string }>>> = {
  quiet: (text) =>
    Either.map(parseDeadline(text), (time) => ({
      _tag: "Quiet",
      millis: Duration.toMillis(time),
      needsReply: false,
    })),
  bytes: (text) => Either.map(parseSize(text), (count) => ({ _tag: "Bytes", count })),
  text: (text) => Either.map(parseEscapes(text), () => ({ _tag: "Text", text })),
  frames: (text) => Either.map(parseCount(text), (count) => ({ _tag: "Frames", count })),
}

const parseUntil = (input: string): Either.Either<GivenUntil, { readonly message: string }> => {
  const [, kind = "", rest = ""] = /^([a-z]+):(.+)$/s.exec(input) ?? []
  const parse = Object.hasOwn(parsers, kind) ? parsers[kind] : undefined
  return parse === undefined
    ? Either.left({
        message: `${JSON.stringify(input)} is not a condition; expected quiet:TIME, bytes:N, text:TEXT or frames:N`,
      })
    : parse(rest)
}

/** The flags of the conversation with the server. */
export const talkFlags = {
  once: toggle("once", {
    help: "Exit after the first reply: one frame, or with --frame raw all bytes until a pause of 50 ms.",
  }),
  until: values("until", "CONDITION", parseUntil, {
    help: "Exit with 0 when CONDITION holds: quiet:TIME, bytes:N, text:TEXT (with escapes) or frames:N. May be given several times: the first condition that holds ends the command. The end of the input sends no FIN, unless -N is given.",
  }),
  noShutdown: toggle("no-shutdown", { help: "Do not send FIN at the end of the input: many servers close at FIN." }),
  quit: value("quit", "TIME", parseDuration, {
    alias: "q",
    help: "Wait at most TIME for the server to close after the end of the input; then exit with 1.",
  }),
  noStdin: toggle("no-stdin", {
    alias: "d",
    help: "Do not read standard input, and send no FIN (unless -N is given).",
  }),
  recvOnly: toggle("recv-only", { help: "Only receive: do not read standard input, and send nothing." }),
  sendOnly: toggle("send-only", {
    help: "Only send: drop what the server sends, and exit at the end of the input.",
  }),
  delay: value("delay", "TIME", parseDeadline, {
    help: "Wait TIME before each line of standard input, and before each --send.",
  }),
  lockstep: toggle("lockstep", {
    help: "Send each line of standard input, and each --send, after the answer to the line before. An answer is one frame, or with --frame raw a line and a pause of 50 ms. Waits up to 1 s for a greeting before the first line.",
  }),
  onConnect: values("on-connect", "TEXT", anyText, {
    help: "Send TEXT (with escapes) first on each connection, also after --reconnect. May be given several times.",
  }),
}

interface TalkOptions {
  readonly once: boolean
  readonly until: ReadonlyArray<GivenUntil>
  readonly delay: Option.Option<Duration.Duration>
  readonly lockstep: boolean
}

// With `--once` in raw framing, a reply ends when the server sends nothing for this time.
const replyPauseMillis = 50

/** The bytes that end each frame, and that no payload contains. Undefined for other framings. */
const markOf = ({ name }: Framing.Framing): Buffer | undefined => {
  if (name === "line") return Buffer.from("\n")
  return name.startsWith("delim:") ? Buffer.from(name.slice("delim:".length), "hex") : undefined
}

/** The conditions of `--until` or `--once`. Undefined without these flags. */
export const untilsOf = (
  { once, until }: TalkOptions,
  frame: Framing.Framing,
  { coder }: PayloadForm,
): Either.Either<Untils | undefined, CommandFailed> =>
  Either.gen(function* () {
    const isStream = frame.delimited === false && frame.pause === undefined
    const joins = frame.delimited === false
    if (once) {
      const first: Until = isStream
        ? { _tag: "Quiet", millis: replyPauseMillis, needsReply: true }
        : { _tag: "Frames", count: 1 }
      return { conditions: [first], joins, isOnce: true }
    }
    if (until.length === 0) return undefined
    if (isStream && until.some((one) => one._tag === "Frames")) {
      return yield* Either.left(
        usageError(
          "--until frames:N needs a framing, such as --frame line; with raw, a frame is only what one read gets",
        ),
      )
    }
    const conditions: Array<Until> = []
    for (const one of until) {
      if (one._tag !== "Text") conditions.push(one)
      else {
        const bytes = yield* Either.mapLeft(encodeEscapes(one.text, coder), ({ message }) =>
          usageError(`--until text: ${message}`),
        )
        const mark = markOf(frame)
        if (mark !== undefined && Buffer.from(bytes).includes(mark)) {
          return yield* Either.left(
            usageError(
              `--until text:${escapeControls(one.text)} never holds: it contains the end of a frame of --frame ${frame.name}, and one frame must contain the text`,
            ),
          )
        }
        conditions.push({ _tag: "Text", bytes, shown: one.text })
      }
    }
    return { conditions, joins, isOnce: false }
  })

/** When payloads of the input may be sent. Undefined if they may be sent at once. */
export const pacingOf = (
  { delay, lockstep }: TalkOptions,
  { idleTimeout }: Pick<Pacing, "idleTimeout">,
): Pacing | undefined =>
  lockstep || Option.isSome(delay)
    ? { delay: Option.getOrElse(delay, () => Duration.zero), lockstep, idleTimeout }
    : undefined
