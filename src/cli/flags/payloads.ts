import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { Framing, InvalidPayloadError } from "../../domain/index.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { refusalLine } from "./refusalLine.ts"

/** Makes a payload of each text that a flag has as its value. */
export const payloadsOf = (
  flag: string,
  texts: ReadonlyArray<string>,
  form: PayloadForm,
): Either.Either<ReadonlyArray<Uint8Array>, CommandFailed> =>
  Either.mapLeft(Either.all(texts.map((text) => form.ofText(text))), (error) =>
    usageError(`--${flag}: ${refusalLine(error)}`),
  )

/** Fails if the framing cannot send one of the payloads of a flag as one frame. */
export const checkPayloads = (
  flag: string,
  payloads: ReadonlyArray<Uint8Array>,
  { frame, maxFrame }: { readonly frame: Framing.Framing; readonly maxFrame: number },
): Effect.Effect<void, CommandFailed> =>
  Effect.forEach(
    payloads,
    (payload) => {
      const wire = Framing.encodeFrame(frame, payload, maxFrame)
      return wire instanceof InvalidPayloadError ? usageError(`--${flag}: ${wire.message}`) : Effect.void
    },
    { discard: true },
  )
