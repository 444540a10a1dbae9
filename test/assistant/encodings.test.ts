import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { encodingName, encodingNames, loadEncoding } from "../../src/assistant/index.ts"

const encoded = (name: string, text: string) =>
  Effect.map(loadEncoding(name), ({ encode }) => Either.map(encode(text), (bytes) => [...bytes]))

describe("encodings", () => {
  it.effect.each<readonly [string, string, ReadonlyArray<number>]>([
    ["utf-8", "中", [0xe4, 0xb8, 0xad]],
    ["utf-16le", "中", [0x2d, 0x4e]],
    ["utf-16be", "中", [0x4e, 0x2d]],
    ["gbk", "中€", [0xd6, 0xd0, 0x80]],
    ["gb18030", "中😀", [0xd6, 0xd0, 0x94, 0x39, 0xfc, 0x36]],
    ["big5", "中", [0xa4, 0xa4]],
    ["shift_jis", "日ｱ", [0x93, 0xfa, 0xb1]],
    ["euc-jp", "日ｱ", [0xc6, 0xfc, 0x8e, 0xb1]],
    ["euc-kr", "한", [0xc7, 0xd1]],
    ["latin1", "é\u0080", [0xe9, 0x80]],
    ["windows-1252", "é€", [0xe9, 0x80]],
    ["windows-1251", "Ж", [0xc6]],
    ["iso-8859-15", "€", [0xa4]],
    ["iso-8859-9", "ğ", [0xf0]],
    ["koi8-r", "Ж", [0xf6]],
  ])("%s has %s as %j", ([name, text, bytes]) =>
    Effect.gen(function* () {
      expect(yield* encoded(name, text)).toEqual(Either.right(bytes))
      const decoder = (yield* loadEncoding(name)).decoder()
      expect(decoder.write(Uint8Array.from(bytes)) + decoder.end()).toBe(text)
    }),
  )

  it.effect("each one contains ASCII, CR and LF", () =>
    Effect.gen(function* () {
      const ascii = Array.from({ length: 0x5b - 0x20 }, (_, at) => String.fromCharCode(0x20 + at)).join("")
      for (const name of encodingNames) {
        const coder = yield* loadEncoding(name)
        expect(coder.name).toBe(name)
        const bytes = Either.getOrThrow(coder.encode(`${ascii}\r\n`))
        const decoder = coder.decoder()
        expect([name, decoder.write(bytes) + decoder.end()]).toEqual([name, `${ascii}\r\n`])
      }
    }),
  )

  it.effect("each single character that an encoding decodes is encoded to the same bytes", () =>
    Effect.gen(function* () {
      for (const name of encodingNames) {
        const coder = yield* loadEncoding(name)
        if (name.startsWith("utf-16")) continue
        for (let byte = 0; byte < 0x100; byte++) {
          const decoder = coder.decoder()
          const text = decoder.write(Uint8Array.of(byte)) + decoder.end()
          // GB 18030 decodes GBK's byte for the euro sign, and encodes the sign as two bytes of its own.
          if (text === "\ufffd" || (name === "gb18030" && byte === 0x80)) continue
          expect([name, byte, Either.map(coder.encode(text), (bytes) => [...bytes])]).toEqual([
            name,
            byte,
            Either.right([byte]),
          ])
        }
      }
    }),
  )

  it.effect.each<readonly [string, string, number]>([
    ["gbk", "中文😀", 2],
    ["gbk", "😀", 0],
    ["big5", "a€b😀", 3],
    ["shift_jis", "日本한", 2],
    ["latin1", "é€", 1],
    ["windows-1252", "é€Ж", 2],
    ["utf-8", "a\ud800", 1],
    ["utf-8", "a\udc00b", 1],
    ["utf-16le", "😀\ud83d", 2],
    ["gb18030", "中\ud800", 1],
  ])("%s reports that it lacks a character of %j, at %i", ([name, text, at]) =>
    Effect.map(encoded(name, text), (result) => expect(result).toEqual(Either.left(at))),
  )

  it.effect("two streams are decoded independently", () =>
    Effect.gen(function* () {
      const gbk = yield* loadEncoding("gbk")
      const [one, two] = [gbk.decoder(), gbk.decoder()]
      expect(one.write(Uint8Array.of(0xd6))).toBe("")
      expect(two.write(Uint8Array.of(0xce))).toBe("")
      expect(one.write(Uint8Array.of(0xd0))).toBe("中")
      expect(two.write(Uint8Array.of(0xc4))).toBe("文")
      expect(one.write(Uint8Array.of(0xd6)) + one.end()).toBe("\ufffd")
    }),
  )

  it("are found by their common names", () => {
    const same = {
      "utf-8": ["UTF8", "utf-8", " UTF-8 "],
      gbk: ["GBK", "gb2312", "GB_2312", "cp936"],
      gb18030: ["GB18030", "gb-18030"],
      big5: ["Big5", "big-5", "cp950"],
      shift_jis: ["Shift_JIS", "shift-jis", "SJIS", "cp932"],
      latin1: ["Latin-1", "ISO-8859-1", "latin1"],
      "windows-1252": ["cp1252", "Windows-1252"],
      "euc-kr": ["EUC_KR", "cp949"],
    }
    for (const [name, written] of Object.entries(same)) {
      for (const one of written) expect([one, encodingName(one)]).toEqual([one, name])
    }
  })

  it.effect("an unknown encoding is refused, and the nearest name is suggested", () =>
    Effect.gen(function* () {
      const refused = (name: string) => Effect.flip(loadEncoding(name))
      expect(yield* refused("gbkk")).toMatchObject({
        reason: "value",
        field: "encoding",
        message: '"gbkk" is not an encoding (did you mean "gbk"?)',
      })
      expect(yield* refused("")).toMatchObject({ reason: "value", message: '"" is not an encoding' })
      expect((yield* refused("ebcdic")).advice).toContain("utf-8, latin1")
    }),
  )
})
