import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { loadEncoding } from "../../../src/assistant/index.ts"
import { EncodedText, encodeEscapes, encodeText } from "../../../src/cli/input/encodeText.ts"
import { type InputOptions, inputPayloads } from "../../../src/cli/input/inputPayloads.ts"
import { PayloadForm } from "../../../src/cli/input/PayloadForm.ts"
import { Assistant, Framing } from "../../../src/domain/index.ts"
import { cutAt, joinBytes, runs } from "../../support/properties.ts"
import { ScriptedInput } from "../../support/scriptedInput.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const gbk = await Effect.runPromise(loadEncoding("gbk"))
const gbkOf = (text: string) => Either.getOrThrow(gbk.encode(text))

/** The payloads of an input in GBK, and the reports. */
const payloads = (chunks: ReadonlyArray<Uint8Array>, options: Partial<InputOptions> = {}) =>
  Effect.gen(function* () {
    const input = new ScriptedInput()
    input.offer(...chunks)
    input.end()
    const reports: Array<string> = []
    const made = inputPayloads(input, {
      frame: Framing.raw,
      maxFrame: 100,
      form: new PayloadForm({ hex: false, ending: undefined, checksum: undefined, coder: gbk }),
      onSkipped: () => {},
      onRefused: (message) => reports.push(message),
      ...options,
    })
    const all: Array<Uint8Array> = []
    while (yield* made.more) all.push(...made.take())
    return { all, reports }
  })

describe("a text of the command line in another encoding", () => {
  it("has escapes, and a byte that stays the same in every encoding", () => {
    const bytes = Either.getOrThrow(encodeEscapes("你\\xff\\r\\n\\u{597d}", gbk))
    expect(bytes).toEqual(Buffer.concat([gbkOf("你"), Uint8Array.of(0xff, 0x0d, 0x0a), gbkOf("好")]))
    expect(Either.getOrThrow(encodeEscapes("a\\n", Assistant.utf16leCoder))).toEqual(Buffer.from("a\n", "utf16le"))
  })

  it("is refused with a character that the encoding lacks, or with an unknown escape", () => {
    expect(Either.getOrThrow(Either.flip(encodeText("a😀", gbk))).message).toBe('gbk has no character "😀"')
    expect(Either.isLeft(encodeEscapes("\\q", gbk))).toBe(true)
  })

  it("has its line end in the same encoding", () => {
    const form = new PayloadForm({ hex: false, ending: "crlf", checksum: undefined, coder: Assistant.utf16leCoder })
    expect(Either.getOrThrow(form.ofText("a"))).toEqual(Buffer.from("a\r\n", "utf16le"))
    expect(Either.getOrThrow(form.ofText("a\\r\\n"))).toEqual(Buffer.from("a\r\n", "utf16le"))
  })
})

describe("standard input in another encoding", () => {
  it.prop(
    "is the same wherever it is cut",
    [FastCheck.array(FastCheck.nat({ max: 30 }), { maxLength: 6 })],
    ([places]) => {
      const text = new EncodedText(gbk, () => {})
      const pieces = cutAt(utf8("你好, a中文!"), places).map((piece) => text.push(piece))
      expect(Buffer.from(joinBytes([...pieces, text.end()]))).toEqual(Buffer.from(gbkOf("你好, a中文!")))
    },
    runs(50),
  )

  it.effect("keeps bytes that are not UTF-8, and reports what the encoding lacks", () =>
    Effect.gen(function* () {
      const chunk = Buffer.concat([utf8("你"), Uint8Array.of(0xff, 0xe4), utf8("好😀!"), Uint8Array.of(0xe4, 0xbd)])
      const { all, reports } = yield* payloads([chunk])
      const wanted = [gbkOf("你"), Uint8Array.of(0xff, 0xe4), gbkOf("好?!"), Uint8Array.of(0xe4, 0xbd)]
      expect(Buffer.concat(all)).toEqual(Buffer.concat(wanted))
      expect(reports).toEqual(['standard input: gbk has no character "😀"; "?" is sent for it'])
    }),
  )

  it.effect("has a line that the encoding lacks left out, with a report", () =>
    Effect.gen(function* () {
      const { all, reports } = yield* payloads([utf8("你\n😀\n好\n")], { frame: Framing.line })
      expect(all.map((line) => Buffer.from(line))).toEqual(["你", "好"].map((line) => Buffer.from(gbkOf(line))))
      expect(reports).toEqual(['"😀" of standard input was not sent: gbk has no character "😀"'])
    }),
  )
})
