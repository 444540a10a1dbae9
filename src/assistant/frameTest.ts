import * as Effect from "effect/Effect"
import * as Assistant from "../domain/assistant/index.ts"
import { compileRegex } from "./internal/linearRegex.ts"

/** The number of bytes of a frame that a filter tests. */
export const searchedBytes = 64 * 1024

/**
 * Tests the content of a row. `bytes` is `undefined` for an announcement, and otherwise has at most
 * {@link searchedBytes} bytes. `text` is called only if the test needs the text.
 */
export type ContentTest = (bytes: Uint8Array | undefined, text: () => string) => boolean

/**
 * Compiles the conditions of a filter on the content of rows. Returns `undefined` if it has none. An invalid regular
 * expression or hex text is refused.
 */
export const compileContentTest = ({
  hex,
  regex,
  text,
}: Assistant.LogFilter): Effect.Effect<ContentTest | undefined, Assistant.Refusal> =>
  Effect.gen(function* () {
    const tests: Array<ContentTest> = []
    if (hex !== undefined && hex.trim() !== "") {
      const wanted = Buffer.from(yield* Effect.mapError(Assistant.readHex(hex), hexRefused))
      tests.push(
        (bytes) => bytes !== undefined && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(wanted),
      )
    }
    const needle = text === undefined || text === "" ? undefined : text.toLowerCase()
    if (needle !== undefined) {
      const ascii = /^[\x20-\x7e]*$/.test(needle) ? new TextEncoder().encode(needle) : undefined
      tests.push((_, textOf) => textOf().toLowerCase().includes(needle))
      if (ascii !== undefined) tests.unshift((bytes) => bytes === undefined || mayContain(bytes, ascii))
    }
    if (regex !== undefined && regex !== "") {
      const compiled = yield* compileRegex(regex, { field: "regex" })
      tests.push((_, textOf) => compiled.test(textOf()))
    }
    return tests.length === 0 ? undefined : (bytes, textOf) => tests.every((test) => test(bytes, textOf))
  })

const hexRefused = ({ advice, at, message }: Assistant.Refusal): Assistant.Refusal =>
  new Assistant.Refusal({
    reason: "value",
    message,
    field: "hex",
    ...(advice === undefined ? {} : { advice }),
    ...(at === undefined ? {} : { at }),
  })

/**
 * Whether bytes may contain an ASCII text, ignoring case. In every encoding, an ASCII character is encoded as its own
 * byte. In UTF-16, a zero byte stands beside it.
 */
const mayContain = (bytes: Uint8Array, wanted: Uint8Array): boolean => {
  const first = wanted[0] as number
  const last = bytes.length - wanted.length
  for (let at = 0; at < bytes.length; at++) {
    if (lower(bytes[at] as number) !== first) continue
    if (bytes[at + 1] === 0 || (at > 0 && bytes[at - 1] === 0)) return true
    if (at > last) return false
    let same = 1
    while (same < wanted.length && lower(bytes[at + same] as number) === wanted[same]) same++
    if (same === wanted.length) return true
  }
  return false
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)
