import type * as Command from "@effect/cli/Command"
import type * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { encodingName, encodingNames } from "../../assistant/encodings.ts"
import * as Assistant from "../../domain/assistant/index.ts"
import { mostGapMillis } from "../../domain/framings/gap.ts"
import { Framing, parseDuration } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { ReceivedDefaults } from "../defaults/Default.ts"
import { precisions } from "../output/format.ts"
import { defaultLook, type Look } from "../output/Look.ts"
import { timestampModes } from "../output/Stamps.ts"
import { themes } from "../output/theme.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Dependency } from "./dependencies.ts"
import { type FilterFacts, filterDependencies, filterFlags, filterOf } from "./filterFlags.ts"
import { oneOf, value } from "./flag.ts"
import { environmentError, given } from "./given.ts"

const views = Assistant.LogView.literals

const parseEncoding = (text: string): Either.Either<string, { readonly message: string }> =>
  Either.fromNullable(encodingName(text), () => ({
    message: `${JSON.stringify(text)} is not an encoding${Assistant.suggestion(text, encodingNames)}; there are ${encodingNames.slice(0, 10).join(", ")}, the windows and the ISO 8859 families`,
  }))

const parseGap = (text: string): Either.Either<Duration.Duration, { readonly message: string }> =>
  Either.filterOrLeft(
    parseDuration(text),
    (gap) => Duration.toMillis(gap) >= 1 && Duration.toMillis(gap) <= mostGapMillis,
    () => ({ message: `${JSON.stringify(text)} is not a time from 1ms to ${mostGapMillis / 1000}s, such as 20ms` }),
  )

const parsers = {
  view: oneOf(...views),
  timestamps: oneOf(...timestampModes),
  precision: oneOf(...precisions),
  theme: oneOf(...themes),
}

/** The flags of the form of rows. */
export const viewFlags = {
  view: value("view", views.join("|"), parsers.view, {
    help: "How data is shown: text with escapes (default), hex, text with <HH> for other bytes (mixed), or a dump of offset, hex and ASCII (both).",
  }),
  timestamps: value("timestamps", timestampModes.join("|"), parsers.timestamps, {
    help: "The start of each text row: the time of day (default); date, time and offset from UTC; the time since the row before; or no time.",
  }),
  precision: value("precision", precisions.join("|"), parsers.precision, {
    help: "Whether times have milliseconds (default) or microseconds.",
  }),
  encoding: value("encoding", "ENCODING", parseEncoding, {
    help: "The encoding of received and sent text, such as gbk, shift_jis or latin1 (default utf-8).",
  }),
  gap: value("gap", "TIME", parseGap, {
    help: "Show received data as one block until a pause of TIME, with --frame raw. Sending and relaying do not wait.",
  }),
  ...filterFlags,
  theme: value("theme", themes.join("|"), parsers.theme, {
    help: "The colours in a terminal: sent data red (default), colours for the colour-blind, bold without colours, or none.",
  }),
}

/** The values of {@link viewFlags}. */
export type ViewOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof viewFlags]: (typeof viewFlags)[K]["options"]
}>

/**
 * The look of rows: each part from its flag, or else from its environment variable, or else the default. `hasClients`:
 * the command has clients with numbers.
 */
export const lookOf = (options: ViewOptions, hasClients: boolean): Effect.Effect<Look, CommandFailed> => {
  const { encoding, stamps, theme, view } = defaultLook
  const part = <A>(flag: Option.Option<A>, fallback: Config.Config<A>) =>
    Effect.mapError(given(flag, fallback), environmentError)
  return Effect.all({
    view: part(options.view, variable("VIEW", parsers.view, view)),
    stamps: Effect.all({
      mode: part(options.timestamps, variable("TIMESTAMPS", parsers.timestamps, stamps.mode)),
      precision: part(options.precision, variable("PRECISION", parsers.precision, stamps.precision)),
    }),
    encoding: part(options.encoding, variable("ENCODING", parseEncoding, encoding)),
    filter: filterOf(options, hasClients),
    gap: Effect.succeed(Option.getOrUndefined(options.gap)),
    theme: part(options.theme, variable("THEME", parsers.theme, theme)),
  })
}

const rowKeys = ["view", "timestamps", "precision", "gap", "filter", "only"] as const

/**
 * Whether the command line asks for rows of text. Then the command shows rows in a pipe, too, where it otherwise writes
 * raw data. A default from a file or a variable does not ask for rows.
 */
export const asksForRows = (options: ViewOptions): Effect.Effect<boolean> =>
  Effect.map(ReceivedDefaults, (received) =>
    rowKeys.some((key) => {
      const option: Option.Option<unknown> = options[key]
      return Option.isSome(option) && !received.has(viewFlags[key].shape.name)
    }),
  )

/** Refuses UTF-16 in lines: the framing ends them at the byte 0A, which is half of a character there. */
export const checkEncoding = ({ encoding }: Look, frame: Framing.Framing): Either.Either<void, CommandFailed> =>
  frame === Framing.line && encoding.startsWith("utf-16")
    ? Either.left(
        usageError(
          `--encoding: --frame line ends at the byte 0A, which is half a character of ${encoding}; use --frame delim:${encoding === "utf-16le" ? "0a00" : "000a"}`,
        ),
      )
    : Either.right(undefined)

/** The facts that decide whether a flag of {@link viewFlags} has an effect. */
export interface ViewFacts extends FilterFacts {
  readonly look: Look
  /** Whether the command can send texts or standard input. */
  readonly sendsText: boolean
  /** Whether the framing is `raw`. */
  readonly hasRawFrames: boolean
}

type ViewKey = keyof typeof viewFlags

/** Every flag of {@link viewFlags} that has an effect only under a condition. */
export const viewDependencies: ReadonlyArray<Dependency<ViewKey, ViewFacts>> = [
  {
    flags: ["timestamps"],
    isMet: ({ output }) => output === "text",
    problem: "needs --output text; JSON events have their own times, and raw output has none",
  },
  {
    flags: ["view", "precision", "gap", "theme"],
    isMet: ({ output }) => output === "text",
    problem: "needs --output text; JSON and raw output have the bytes themselves",
  },
  {
    flags: ["encoding"],
    isMet: ({ output, sendsText }) => output === "text" || sendsText,
    problem: "needs --output text, or a text to send; JSON and raw output have the bytes themselves",
  },
  {
    flags: ["precision"],
    isMet: ({ look }) => look.stamps.mode !== "none",
    problem: "has no effect with --timestamps none",
  },
  {
    flags: ["gap"],
    isMet: ({ hasRawFrames }) => hasRawFrames,
    problem: "needs --frame raw; with another framing each frame is a block (--frame gap:TIME makes frames of blocks)",
  },
  {
    flags: ["view", "gap"],
    isMet: ({ showsTraffic }) => showsTraffic,
    problem: "has no effect with --no-traffic, which shows no data",
  },
  ...filterDependencies,
]
