import type { Refusal } from "./contract.ts"

/** Returns why a payload above the limit is refused, or `undefined` for a payload within the limit. */
export const aboveLimit = (payload: Uint8Array, maxFrameBytes: number): string | undefined =>
  payload.length > maxFrameBytes ? `its ${payload.length} bytes are above the limit of ${maxFrameBytes}` : undefined

/**
 * Refuses to encode a payload. The problem begins with "it" or "its", because it follows "the payload cannot be sent".
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * assert.deepEqual(Framing.refuse("it is empty"), { _tag: "Refusal", problem: "it is empty" })
 */
export const refuse = (problem: string): Refusal => ({ _tag: "Refusal", problem })
