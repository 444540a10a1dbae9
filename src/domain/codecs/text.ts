import * as Either from "effect/Either"
import { CodecError } from "../errors.ts"
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
    throw new Error(`the ${payload.length} bytes are not UTF-8`)
  }
}

/** UTF-8 text. Decoding fails on bytes that are not UTF-8. */
export const text: Codec<string> = {
  name: "text",
  encode: (value) => Either.right(encodeUtf8(value)),
  decode: (payload) =>
    Either.try({
      try: () => strictUtf8.decode(payload),
      catch: () => new CodecError({ codec: "text", problem: `the ${payload.length} bytes are not UTF-8` }),
    }),
}
