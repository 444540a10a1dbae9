import type { CodecError, SendError } from "../domain/index.ts"
import type { RequestTimeout } from "./RequestTimeout.ts"

/**
 * The reasons why a request fails: its deadline passed (`RequestTimeout`), the connection ended
 * (`ConnectionClosedError`), the request could not be encoded or a received message could not be decoded
 * (`CodecError`), or the framing cannot carry the request (`InvalidPayloadError`).
 */
export type RequestError = RequestTimeout | SendError | CodecError
