import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { encodingNames, loadEncoding } from "../../src/assistant/index.ts"
import { Assistant } from "../../src/domain/index.ts"
import { cutAt, joinBytes, runs } from "../support/properties.ts"

const { shownText } = Assistant
const load = (name: string) => Effect.runPromise(loadEncoding(name))
const none = new Uint8Array(0)

const coders = new Map(await Promise.all(encodingNames.map(async (name) => [name, await load(name)] as const)))
const coderOf = (name: string): Assistant.TextCoder => {
  const coder = coders.get(name)
  if (coder === undefined) throw new Error(name)
  return coder
}
const encode = (name: string, text: string) => Either.getOrThrow(coderOf(name).encode(text))

/** The rows of a stream that arrived in pieces. Each row gets at most `kept` of the bytes before it. */
const rows = (name: string, pieces: ReadonlyArray<Uint8Array>, kept = Number.POSITIVE_INFINITY) => {
  let before: Uint8Array = none
  return pieces.map((piece) => {
    const { text } = shownText(coderOf(name), before, piece, Number.POSITIVE_INFINITY)
    const all = joinBytes([before, piece])
    before = all.subarray(Math.max(0, all.length - kept))
    return text
  })
}

const samples: Readonly<Record<string, string>> = {
  "utf-8": "a中é😀 b",
  gbk: "a中文 b€龥",
  gb18030: "a中é😀𠮷 b",
  big5: "a中文 b乂",
  shift_jis: "a日本ｱ b語",
  "euc-kr": "a한국어 b똠",
  "euc-jp": "a日本ｱ b語丂",
  "utf-16le": "a中é😀 b",
  "utf-16be": "a中é😀 b",
}

describe("a character that is split over reads", () => {
  it.each(Object.entries(samples))("is shown whole and once, wherever it is split: %s", (name, text) => {
    // JIS X 0212 is decoded, and never encoded.
    const bytes =
      name === "euc-jp"
        ? joinBytes([encode(name, text.slice(0, -1)), Uint8Array.of(0x8f, 0xb0, 0xa1)])
        : encode(name, text)
    for (let at = 0; at <= bytes.length; at++) {
      const [first = "", second = ""] = rows(name, cutAt(bytes, [at]))
      expect(`${first}|${second}`.replace("|", "")).toBe(text)
      expect(text.startsWith(first)).toBe(true)
    }
    expect(
      rows(
        name,
        cutAt(
          bytes,
          Array.from(bytes, (_, at) => at),
        ),
      ).join(""),
    ).toBe(text)
  })
})

/** Bytes that often are the start, the middle or the end of a character. */
const brokenBytes = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constantFrom(0x20, 0x30, 0x39, 0x41, 0x5b, 0x7e, 0x80, 0x81, 0x84, 0x88, 0x8e, 0x8f, 0xa1, 0xa4, 0xff),
    FastCheck.integer({ min: 0x30, max: 0x39 }),
    FastCheck.integer({ min: 0x81, max: 0xfe }),
    FastCheck.integer({ min: 0xc2, max: 0xf4 }),
    FastCheck.integer({ min: 0x80, max: 0xbf }),
    FastCheck.integer({ min: 0x20, max: 0x5b }),
    FastCheck.integer({ min: 0xd8, max: 0xdf }),
  ),
  { maxLength: 40 },
).map((bytes) => Uint8Array.from(bytes))

const places = FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 8 })

describe("rows of any bytes", () => {
  for (const name of encodingNames) {
    // A character of one byte has no middle.
    const often = name in samples ? 300 : 20
    it.prop(
      `are together the text of all bytes: ${name}`,
      [brokenBytes, places],
      ([bytes, cuts]) => {
        const whole = rows(name, [bytes]).join("")
        expect(rows(name, cutAt(bytes, cuts)).join("")).toBe(whole)
      },
      runs(often),
    )

    it.prop(
      `contain the characters that the decoder finds, and an escape for each broken byte: ${name}`,
      [brokenBytes],
      ([bytes]) => {
        const plain = (text: string) => text.replace(/[^\p{L}\p{N} [~]/gu, "")
        const decoded = coderOf(name).decoder().write(bytes)
        const shown = rows(name, [bytes]).join("")
        expect(plain(shown.replace(/\\x[0-9a-f]{2}|\\u\{[0-9a-f]+\}/g, ""))).toBe(plain(decoded))
      },
      runs(often),
    )
  }
})

describe("the bytes of a stream before a row", () => {
  it.each([...Assistant.mixedEncodings, "utf-8"])("may begin in the middle of a character: %s", (name) => {
    const text = samples[name] ?? ""
    const bytes = encode(name, name === "euc-jp" ? text.slice(0, -1) : text)
    const wanted = rows(
      name,
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
    )
    // The bytes before the blank in the sample have no effect on the characters after it.
    const blank = bytes.indexOf(0x20)
    for (let from = 0; from <= blank; from++) {
      for (let at = blank + 1; at < bytes.length; at++) {
        const { text: row } = shownText(coderOf(name), bytes.subarray(from, at), bytes.subarray(at, at + 1), 100)
        expect([from, at, row]).toEqual([from, at, wanted[at]])
      }
    }
  })

  it.each(["utf-16le", "utf-16be"])("show by their zero bytes where characters start: %s", (name) => {
    const bytes = encode(name, "plain text, 中 and é and 😀")
    for (const from of [0, 1, 2, 3]) {
      const [first = none, second = none] = cutAt(bytes, [bytes.length - 3])
      expect(shownText(coderOf(name), first.subarray(from), second, 100).text).toBe("😀")
    }
  })
})

describe("a row", () => {
  it("shows the bytes of a peer without control characters", () => {
    const sent = encode("gbk", "中\u001b[2J\r\n")
    expect(shownText(coderOf("gbk"), none, sent, 100)).toEqual({ text: "中\\e[2J\\r\\n", cut: false })
    const bidi = encode("utf-8", "a\u202eb\u2028")
    expect(shownText(Assistant.utf8Coder, none, bidi, 100).text).toBe("a\\u{202e}b\\u{2028}")
    expect(shownText(Assistant.latin1Coder, none, Uint8Array.of(0x9b, 0xad, 0xe9), 100).text).toBe("\\u{9b}\\u{ad}é")
  })

  it("shows each broken byte once, as an escape", () => {
    const shown = (name: string, ...bytes: ReadonlyArray<number>) =>
      shownText(coderOf(name), none, Uint8Array.from(bytes), 100).text
    expect(shown("utf-8", 0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0x62)).toBe("a\\xff\\xc3(\\xe2\\x82b")
    expect(shown("gbk", 0x61, 0xff, 0xd6, 0x20, 0xd6, 0xd0)).toBe("a\\xff\\xd6 中")
    expect(shown("gb18030", 0x81, 0x30, 0x41, 0xd6, 0xd0)).toBe("\\x810A中")
    expect(shown("gb18030", 0x84, 0x31, 0xa4, 0x37)).toBe("\ufffd")
    expect(shown("shift_jis", 0x81, 0x20, 0xa0, 0xb1)).toBe("\\x81 \\xa0ｱ")
    expect(shown("utf-16be", 0xd8, 0x00, 0x00, 0x41, 0xdc, 0x00, 0x00, 0x42)).toBe("\\xd8\\x00A\\xdc\\x00B")
    expect(shown("iso-8859-8", 0x61, 0xa1, 0xe0)).toBe("a\\xa1א")
  })

  it("shows the start of a long frame, without the character at the cut", () => {
    const bytes = encode("gbk", "中文中文")
    expect(shownText(coderOf("gbk"), none, bytes, 5)).toEqual({ text: "中文", cut: true })
    expect(shownText(Assistant.utf8Coder, none, encode("utf-8", "é€"), 4)).toEqual({ text: "é", cut: true })
    expect(shownText(Assistant.utf8Coder, none, encode("utf-8", "é€"), 5)).toEqual({ text: "é€", cut: false })
  })
})

describe("hex", () => {
  it("is pairs with spaces between them", () => {
    expect(Assistant.shownHex(Uint8Array.of(0, 0x0a, 0xff), 100)).toEqual({ hex: "00 0A FF", cut: false })
    expect(Assistant.shownHex(Uint8Array.of(0, 0x0a, 0xff), 2)).toEqual({ hex: "00 0A", cut: true })
    expect(Assistant.shownHex(none, 2)).toEqual({ hex: "", cut: false })
  })

  it("has offset, hex and ASCII as a dump", () => {
    const bytes = Uint8Array.from({ length: 18 }, (_, at) => 0x5f + at * 3)
    expect(Assistant.hexDump(bytes).split("\n")).toEqual([
      "00000000  5F 62 65 68 6B 6E 71 74  77 7A 7D 80 83 86 89 8C  |_behknqtwz}.....|",
      "00000010  8F 92                                             |..|",
    ])
    expect(Assistant.hexDump(none)).toBe("")
  })
})
