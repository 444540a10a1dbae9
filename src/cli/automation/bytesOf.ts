import * as Effect from "effect/Effect"
import { payloadBytes } from "../../assistant/payloadBytes.ts"
import type * as Assistant from "../../domain/assistant/index.ts"
import type { Framing } from "../../domain/index.ts"
import { checkPayloads } from "../flags/payloads.ts"
import { refusalLine } from "../flags/refusalLine.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Automation } from "./Automation.ts"

/** The bytes that `tcpfx connect` sends for its flags. Refuses payloads that the framing cannot encode. */
export const bytesOf = (
  { sendings }: Automation,
  settings: { readonly frame: Framing.Framing; readonly maxFrame: number },
  coder: Assistant.TextCoder,
): Effect.Effect<ReadonlyArray<Uint8Array>, CommandFailed> =>
  Effect.forEach(sendings, ({ flag, payload }, index) =>
    payloadBytes(payload, index + 1, coder).pipe(
      Effect.mapError((refusal) => usageError(`${flag}: ${refusalLine(refusal)}`)),
      Effect.tap((bytes) => checkPayloads(flag.slice("--".length), [bytes], settings)),
    ),
  )
