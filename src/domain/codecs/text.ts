import * as Either from "effect/Either"
import { CodecError } from "../errors.ts"
import { wellFormedLength } from "../utf8.ts"
import type { Codec } from "./contract.ts"

/** A codec that returns the bytes unchanged. */
export const bytes: Codec<Uint8Array> = { name: "bytes", encode: Either.right, decode: Either.right }

const encoder = new TextEncoder()
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Encodes text as UTF-8. */
export const encodeUtf8 = (value: string): Uint8Array => encoder.encode(value)

/** Decodes UTF-8. Throws an error that names the problem if the bytes are not UTF-8. */
export const decodeUtf8 = (payload: Uint8Array): string => {
  try {
    return strictUtf8.decode(payload)
  } catch {
    throw new Error(utf8Problem(payload))
  }
}

const utf8Problem = (payload: Uint8Array): string => {
  const at = wellFormedLength(payload)
  const byte = (payload[at] ?? 0).toString(16).padStart(2, "0")
  return `the payload is not UTF-8: no character begins with the byte 0x${byte} at offset ${at}`
}

/** UTF-8 text. Decoding fails on bytes that are not UTF-8. */
export const text: Codec<string> = {
  name: "text",
  encode: (value) => Either.right(encodeUtf8(value)),
  decode: (payload) =>
    Either.try({
      try: () => strictUtf8.decode(payload),
      catch: () => new CodecError({ codec: "text", problem: utf8Problem(payload) }),
    }),
}
