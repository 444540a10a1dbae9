import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Assistant from "../domain/assistant/index.ts"

/** Encodings without tables. */
const plain: ReadonlyMap<string, Assistant.TextCoder> = new Map(
  [Assistant.utf8Coder, Assistant.latin1Coder, Assistant.utf16leCoder, Assistant.utf16beCoder].map((coder) => [
    coder.name,
    coder,
  ]),
)

const singleByte = [
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "windows-1257",
  "windows-1258",
  "windows-874",
  "iso-8859-2",
  "iso-8859-3",
  "iso-8859-4",
  "iso-8859-5",
  "iso-8859-6",
  "iso-8859-7",
  "iso-8859-8",
  "iso-8859-9",
  "iso-8859-10",
  "iso-8859-11",
  "iso-8859-13",
  "iso-8859-14",
  "iso-8859-15",
  "iso-8859-16",
  "koi8-r",
  "koi8-u",
  "ibm866",
  "macintosh",
  "x-mac-cyrillic",
]

/** Names of the encodings. The most common ones come first. */
export const encodingNames: ReadonlyArray<string> = [...plain.keys(), ...Assistant.mixedEncodings, ...singleByte]

/** Other common names. On the web, `latin1` means windows-1252; here it means ISO 8859-1. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["utf8", "utf-8"],
  ["utf-16", "utf-16le"],
  ["utf16", "utf-16le"],
  ["utf16le", "utf-16le"],
  ["utf16be", "utf-16be"],
  ["ucs-2", "utf-16le"],
  ["latin-1", "latin1"],
  ["iso-8859-1", "latin1"],
  ["iso8859-1", "latin1"],
  ["gb2312", "gbk"],
  ["gb-2312", "gbk"],
  ["cp936", "gbk"],
  ["windows-936", "gbk"],
  ["gb-18030", "gb18030"],
  ["big-5", "big5"],
  ["cp950", "big5"],
  ["shift-jis", "shift_jis"],
  ["shiftjis", "shift_jis"],
  ["sjis", "shift_jis"],
  ["cp932", "shift_jis"],
  ["windows-31j", "shift_jis"],
  ["eucjp", "euc-jp"],
  ["euckr", "euc-kr"],
  ["cp949", "euc-kr"],
  ["windows-949", "euc-kr"],
  ["cp866", "ibm866"],
  ["mac", "macintosh"],
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((number) => [`cp125${number}`, `windows-125${number}`] as const),
  ["latin2", "iso-8859-2"],
  ["latin9", "iso-8859-15"],
])

/** Returns the main name of an encoding that has the given name. Returns `undefined` if no encoding has the name. */
export const encodingName = (written: string): string | undefined => {
  const name = written.trim().toLowerCase().replaceAll("_", "-").replace(/\s+/g, "-")
  const known = aliases.get(name) ?? name
  return encodingNames.find((candidate) => candidate === known)
}

/**
 * Loads an encoding by any of its names. The tables of all encodings except UTF-8, UTF-16 and Latin-1 are read at their
 * first use. Fails with the reason `value` if no encoding has the name.
 *
 * @example
 * import { Effect, Either } from "effect"
 * import { loadEncoding } from "tcpfx/assistant"
 *
 * const gbk = await Effect.runPromise(loadEncoding("GBK"))
 * assert.deepEqual(gbk.encode("中"), Either.right(Uint8Array.of(0xd6, 0xd0)))
 * assert.deepEqual(gbk.encode("a😀"), Either.left(1))
 */
export const loadEncoding = (written: string): Effect.Effect<Assistant.TextCoder, Assistant.Refusal> => {
  const name = encodingName(written)
  if (name === undefined) {
    return new Assistant.Refusal({
      reason: "value",
      message: `${JSON.stringify(written)} is not an encoding${Assistant.suggestion(written, [...encodingNames, ...aliases.keys()])}`,
      field: "encoding",
      advice: `Encodings: ${encodingNames.slice(0, 10).join(", ")}, the windows and the ISO 8859 families.`,
    })
  }
  const coder = plain.get(name)
  if (coder !== undefined) return Effect.succeed(coder)
  return Assistant.mixedEncodings.includes(name) ? loadMixed(name) : loadSingle(name)
}

const loaded = <A>(load: () => Promise<A>): Effect.Effect<A, Assistant.Refusal> =>
  Effect.tryPromise({
    try: load,
    catch: (error) =>
      new Assistant.Refusal({
        reason: "file",
        message: `the tables of encodings cannot be read: ${error instanceof Error ? error.message : error}`,
        field: "encoding",
      }),
  })

const loadMixed = (name: string) =>
  Effect.map(
    loaded(() => import("@exodus/bytes/multi-byte.js")),
    ({ createMultibyteDecoder, createMultibyteEncoder }): Assistant.TextCoder => ({
      name,
      encode: strictEncoder(createMultibyteEncoder(name)),
      decoder: () => {
        const decode = createMultibyteDecoder(name, true)
        return { write: (bytes) => decode(bytes, true), end: () => decode(nothing, false) }
      },
    }),
  )

const loadSingle = (name: string) =>
  Effect.map(
    loaded(() => import("@exodus/bytes/single-byte.js")),
    ({ createSinglebyteDecoder, createSinglebyteEncoder }): Assistant.TextCoder => ({
      name,
      encode: strictEncoder(createSinglebyteEncoder(name)),
      decoder: () => ({ write: createSinglebyteDecoder(name, true), end: () => "" }),
    }),
  )

const nothing = new Uint8Array(0)

/**
 * Makes an `encode` that returns the offset of the first character that the encoding lacks. The library only throws,
 * without the offset.
 */
const strictEncoder =
  (encode: (text: string) => Uint8Array): Assistant.TextCoder["encode"] =>
  (text) => {
    const encodes = (part: string): boolean => {
      try {
        encode(part)
        return true
      } catch {
        return false
      }
    }
    try {
      return Either.right(encode(text))
    } catch (error) {
      let at = 0
      for (const character of text) {
        if (!encodes(character)) return Either.left(at)
        at += character.length
      }
      throw error
    }
  }
