import { InvalidPayloadError } from "../errors.ts"
import type { Framing, Refusal } from "./contract.ts"
import { cutOf, refusesOf } from "./partsOf.ts"
import { refuse } from "./refusals.ts"

// A framing can be written in JavaScript, and can then return anything.
const problemOf = (encoded: Partial<Refusal> | undefined): string =>
  typeof encoded?.problem === "string" ? encoded.problem : "encode of the framing returned neither bytes nor a refusal"

/** Encodes one payload as a frame. Returns the error if the framing refuses the payload or throws. */
export const encodeFrame = (
  framing: Pick<Framing, "encode" | "name" | "refuses">,
  payload: Uint8Array,
  maxFrameBytes: number,
): Uint8Array | InvalidPayloadError => {
  try {
    const problem = refusesOf(framing)(payload, maxFrameBytes)
    const encoded = problem === undefined ? framing.encode(payload) : refuse(problem)
    if (encoded instanceof Uint8Array) return encoded
    return new InvalidPayloadError({ framing: framing.name, problem: problemOf(encoded) })
  } catch (error) {
    return new InvalidPayloadError({
      framing: framing.name,
      problem: error instanceof Error ? error.message : `${error}`,
    })
  }
}

/**
 * Encodes a payload that was received or checked before. A payload that the framing refuses is returned unchanged. The
 * limit is not checked.
 */
export const wireOf = (framing: Pick<Framing, "encode">, payload: Uint8Array): Uint8Array => {
  const encoded = framing.encode(payload)
  return encoded instanceof Uint8Array ? encoded : payload
}

/**
 * Calls `each` with payloads of a run of whole frames, starting at offset `from`, and returns the offset after the last
 * one. A framing with `cut` yields at most `most` payloads; another framing yields all payloads of the run.
 */
export const cutSome = (
  framing: Pick<Framing, "cut" | "payloads">,
  run: Uint8Array,
  from: number,
  most: number,
  each: (payload: Uint8Array) => void,
): number => {
  const cut = cutOf(framing)
  if (cut !== undefined) {
    const next = cut(run, from, most, each)
    // A `cut` that makes no progress must not cause an endless loop.
    return next > from ? next : run.length
  }
  framing.payloads(run, each)
  return run.length
}
