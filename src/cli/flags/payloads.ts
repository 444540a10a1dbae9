import * as Effect from "effect/Effect"
import { Framing, InvalidPayloadError } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/** Refuses a payload of a flag that cannot be sent as one frame. */
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
