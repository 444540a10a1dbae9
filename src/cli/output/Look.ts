import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { loadEncoding } from "../../assistant/encodings.ts"
import * as Assistant from "../../domain/assistant/index.ts"
import { withPreciseClock } from "../../runtime/preciseTime.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { StampForm } from "./Stamps.ts"
import type { Theme } from "./theme.ts"

/** The look of rows that the user has chosen, and the choice of the rows that are shown. */
export interface Look {
  readonly view: Assistant.LogView
  readonly stamps: StampForm
  /** The name of the encoding of text. */
  readonly encoding: string
  readonly theme: Theme
  /** The filter for data; `undefined` if all data is shown. */
  readonly filter: Assistant.LogFilter | undefined
  /** The pause that separates blocks of received data; `undefined` if each read is a block. */
  readonly gap: Duration.Duration | undefined
}

/** The form of rows by default. */
export const defaultLook: Look = {
  view: "text",
  stamps: { mode: "time", precision: "ms" },
  encoding: Assistant.utf8Coder.name,
  theme: "default",
  filter: undefined,
  gap: undefined,
}

/** Loads the encoding of a look. */
export const coderOf = ({ encoding }: Look): Effect.Effect<Assistant.TextCoder, CommandFailed> =>
  Effect.mapError(loadEncoding(encoding), ({ message }) => usageError(`--encoding: ${message}`))

/** Sets the encoding of a window, for its rows, typed lines and rules. */
export const setEncoding = (
  execute: (command: Assistant.Command) => Effect.Effect<unknown, Assistant.Refusal>,
  { encoding }: Look,
): Effect.Effect<void, CommandFailed> =>
  encoding === defaultLook.encoding
    ? Effect.void
    : Effect.mapError(Effect.asVoid(execute({ _tag: "SetEncoding", encoding })), ({ message }) => usageError(message))

/** Runs an effect whose events have times with the precision of a look. */
export const withClockOf =
  ({ stamps }: Look) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    stamps.precision === "us" ? withPreciseClock(effect) : effect
