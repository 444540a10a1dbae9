import * as Effect from "effect/Effect"
import * as Assistant from "../domain/assistant/index.ts"
import { readPayloadFile } from "./files.ts"
import { Payloads } from "./internal/Payloads.ts"

/**
 * Makes the bytes of a payload for a peer that is not a client of a server window. It loads the encoding and the file,
 * and replaces variables; `sending` is the value of `${counter}`, default 1. `coder` encodes text
 * whose payload names no encoding, by default UTF-8.
 *
 * @example
 * import { Effect } from "effect"
 * import { payloadBytes } from "tcpfx/assistant"
 *
 * const bytes = await Effect.runPromise(payloadBytes({ form: "text", content: "message ${counter}\\n" }, 7))
 * assert.deepEqual(bytes, new TextEncoder().encode("message 7\n"))
 */
export const payloadBytes = (
  spec: Assistant.PayloadSpec,
  sending: number = 1,
  coder: Assistant.TextCoder = Assistant.utf8Coder,
): Effect.Effect<Uint8Array, Assistant.Refusal> =>
  Effect.gen(function* () {
    const payloads = yield* Payloads.make(readPayloadFile)
    return yield* payloads.bytes(yield* payloads.prepare(spec), { coder }, sending)
  })
