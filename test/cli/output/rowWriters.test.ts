import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { encodingNames, loadEncoding } from "../../../src/assistant/index.ts"
import { largeFrameBytes, Page } from "../../../src/cli/output/Page.ts"
import { rowFrame } from "../../../src/cli/output/rows.ts"
import { rowWriters } from "../../../src/cli/output/rowWriters.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import { Assistant, type ServerEvent } from "../../../src/domain/index.ts"
import { cutAt, joinBytes, runs } from "../../support/properties.ts"
import {
  at,
  closed,
  closedText,
  lines,
  received,
  renderer,
  sent,
  stamp,
  time,
  zone,
} from "../../support/serverTexts.ts"
import { recordedStdio, shownOf } from "../../support/shown.ts"

process.env["TZ"] = zone

const load = (name: string) => Effect.runPromise(loadEncoding(name))
const coders = new Map(await Promise.all(encodingNames.map(async (name) => [name, await load(name)] as const)))
const coderOf = (name: string): Assistant.TextCoder => {
  const coder = coders.get(name)
  if (coder === undefined) throw new Error(name)
  return coder
}
const encode = (name: string, text: string) => Either.getOrThrow(coderOf(name).encode(text))

/** The rows of clients, without the time and the mark of the client. */
const rowsOf = (shown: ReadonlyArray<string>, number: number) => {
  const mark = `${time} #${number} < `
  return shown.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length))
}

describe("characters that are split over reads of two clients at once", () => {
  const text = "你好"
  it.each(["utf-8", "gbk", "gb18030", "big5", "utf-16le", "utf-16be"])("are shown whole: %s", (name) => {
    const bytes = encode(name, text)
    for (const view of ["text", "mixed"] as const) {
      for (let first = 0; first <= bytes.length; first++) {
        for (let second = 0; second <= bytes.length; second++) {
          const [a, b] = [cutAt(bytes, [first]), cutAt(bytes, [second])]
          const events = [
            received(1, a[0] ?? ""),
            received(2, b[0] ?? ""),
            received(1, a[1] ?? ""),
            received(2, b[1] ?? ""),
          ]
          const shown = lines(
            events.filter((event) => "bytes" in event && event.bytes.length > 0),
            {
              view,
              coder: coderOf(name),
            },
          )
          expect([first, second, rowsOf(shown, 1).join(""), rowsOf(shown, 2).join("")]).toEqual([
            first,
            second,
            text,
            text,
          ])
        }
      }
    }
  })

  it.each(["utf-8", "gbk"])("are shown whole when each byte is a read of its own: %s", (name) => {
    const events = [...encode(name, text)].flatMap((byte) => [1, 2].map((id) => received(id, Uint8Array.of(byte))))
    const shown = lines(events, { coder: coderOf(name) })
    expect([rowsOf(shown, 1), rowsOf(shown, 2)]).toEqual([
      ["你", "好"],
      ["你", "好"],
    ])
  })

  it("stay whole when the frame with their first byte is not shown", () => {
    const bytes = encode("gbk", text)
    let isFirst = true
    const admits = () => {
      const isShown = !isFirst
      isFirst = false
      return isShown
    }
    for (const name of ["utf-8", "gbk"]) {
      isFirst = true
      const [head = bytes, tail = bytes] = cutAt(encode(name, text), [1])
      expect(rowsOf(lines([received(1, head), received(1, tail)], { coder: coderOf(name), admits }), 1)).toEqual([text])
    }
  })
})

describe("a stream that is cut anywhere", () => {
  for (const name of encodingNames.filter((known) => known !== "utf-8")) {
    it.prop(
      `has the rows of the whole stream, as the assistant shows it: ${name}`,
      [FastCheck.uint8Array({ maxLength: 16 }), FastCheck.array(FastCheck.nat({ max: 16 }), { maxLength: 4 })],
      ([content, places]) => {
        // The zeros after the content end every incomplete character, also in UTF-16.
        const bytes = joinBytes([content, new Uint8Array(content.length % 2 === 0 ? 2 : 3)])
        const pieces = cutAt(bytes, places).filter((piece) => piece.length > 0)
        const shown = (...frames: ReadonlyArray<Uint8Array>) =>
          rowsOf(lines([...frames.map((frame) => received(1, frame)), closed(1)], { coder: coderOf(name) }), 1).join("")
        expect(shown(...pieces)).toBe(shown(bytes))
        const { text } = Assistant.shownText(coderOf(name), new Uint8Array(0), bytes, Number.POSITIVE_INFINITY)
        expect(shown(bytes).startsWith(text)).toBe(true)
      },
      runs(60),
    )
  }
})

describe("text in another encoding than UTF-8", () => {
  it("begins a new row after each LF, and shows malformed bytes and an incomplete end as escapes", () => {
    const gbk = coderOf("gbk")
    const bytes = joinBytes([encode("gbk", "中\n文\r\n"), Uint8Array.of(0xff, 0x41, 0xd6)])
    const rows = ["中\\n", "文\\r\\n", "\\xffA", "\\xd6"]
    expect(rowsOf(lines([received(1, bytes), closed(1)], { coder: gbk }), 1)).toEqual(rows)
    expect(rowsOf(lines([received(1, bytes), closed(1)], { coder: gbk, view: "mixed" }), 1)).toEqual([
      "中<0A>",
      "文<0D><0A>",
      "<FF>A",
      "<D6>",
    ])
    expect(lines([received(1, bytes), received(1, "")], { coder: gbk, whole: true })).toEqual([
      ...["中\\n", "文\\r\\n", "\\xffA\\xd6", ""].map((row) => `${time} #1 < ${row}`),
    ])
    expect(lines([{ _tag: "FrameSent", ...stamp, to: [], bytes }], { coder: gbk })).toEqual(
      ["中\\n", "文\\r\\n", "\\xffA\\xd6"].map((row) => `${time} nobody > ${row}`),
    )
  })
})

describe("the view", () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, place) => (place === 3 ? 0x0a : 0x41 + place))
  const show = (view: Assistant.LogView, ...frames: ReadonlyArray<Uint8Array | string>) =>
    lines(
      frames.map((frame) => received(1, frame)),
      { view },
    )

  it("hex is one row of pairs for each frame", () => {
    expect(show("hex", bytes, "")).toEqual([
      `${time} #1 < 41 42 43 0A 45 46 47 48 49 4A 4B 4C 4D 4E 4F 50 51 52 53 54`,
      `${time} #1 < `,
    ])
  })

  it("mixed is text with <HH> for each byte that is not a printable character", () => {
    expect(show("mixed", "a<\u001b[2J\r\n\u202eé😀", Uint8Array.of(0xff, 0xe2, 0x82), "x")).toEqual([
      `${time} #1 < a<<1B>[2J<0D><0A>`,
      `${time} #1 < <E2><80><AE>é😀`,
      `${time} #1 < <FF>`,
      `${time} #1 < <E2><82>x`,
    ])
  })

  it("both is the length of the frame, and below it a dump as of hexdump -C", () => {
    expect(show("both", bytes, "")).toEqual([
      `${time} #1 < 20 bytes`,
      "00000000  41 42 43 0A 45 46 47 48  49 4A 4B 4C 4D 4E 4F 50  |ABC.EFGHIJKLMNOP|",
      "00000010  51 52 53 54                                       |QRST|",
      `${time} #1 < 0 bytes`,
    ])
  })

  it("applies to sent data, too", () => {
    expect(lines([sent([1, 2], "ab")], { view: "hex" })).toEqual([`${time} #1,#2 > 61 62`])
  })

  it.effect.each(["hex", "both", "mixed"] as const)("%s of a large frame is written in pieces, without a gap", (view) =>
    Effect.gen(function* () {
      const large = Uint8Array.from({ length: largeFrameBytes + 17 }, (_, place) => place % 251)
      const page = new Page()
      const { shown, stdio } = recordedStdio()
      const frame = rowFrame("> ", (text) => text)
      rowWriters(view, coderOf(view === "mixed" ? "latin1" : "utf-8"))
        .ofStream()
        .write(large, frame, page)
      yield* Effect.provideService(page.flush, Stdio, stdio)
      expect(shown().length).toBeGreaterThan(4)
      const text = shown()
        .map(([, piece]) => piece)
        .join("")
        .replace(/\n$/, "")
        .split("\n")
      const part = (from: number, to?: number) => large.subarray(from, to)
      if (view === "hex") expect(text).toEqual([`> ${Assistant.shownHex(large, large.length).hex}`])
      if (view === "both") {
        expect(text[0]).toBe(`> ${large.length} bytes`)
        expect(text.slice(1).join("\n") === Assistant.hexDump(large)).toBe(true)
      }
      if (view === "mixed") {
        const latin1 = coderOf("latin1")
        const whole = Assistant.shownText(latin1, part(0, 0), large, large.length, "mixed").text
        expect(text.map((row) => row.slice(2)).join("") === whole).toBe(true)
      }
    }),
  )
})

describe("times of rows with delta", () => {
  it("count from the row before, and are zero in the later rows of one frame", () => {
    const later = (event: ServerEvent, millis: number): ServerEvent => ({ ...event, at: at + millis })
    const events = [
      received(1, "a\nb\nc"),
      later(received(1, "d"), 1500),
      later(received(1, "e"), 1500),
      later(sent([1], "f\ng"), 1750),
      later(closed(1), 2000),
    ]
    expect(lines(events, { mode: "delta", together: true })).toEqual([
      "+0.000 #1 < a\\n",
      "+0.000 #1 < b\\n",
      "+0.000 #1 < c",
      "+1.500 #1 < d",
      "+0.000 #1 < e",
      "+0.250 #1 > f\\n",
      "+0.000 #1 > g",
      `! +0.250 #1 ${closedText}`,
    ])
  })
})

describe("a theme", () => {
  const shown = (theme: "blue-orange" | "mono" | "none") =>
    shownOf(renderer({ theme, colour: true }), [received(1, "a"), sent([1], "b"), closed(1)]).map(([, text]) => text)

  it("colours received and sent data and messages of a terminal", () => {
    expect(shown("blue-orange")).toEqual([
      `\u001b[38;5;33m${time} #1 < a\u001b[39m\n\u001b[38;5;208m${time} #1 > b\u001b[39m\n`,
      `\u001b[2m${time} #1 ${closedText}\u001b[22m\n`,
    ])
    expect(shown("mono")[0]).toBe(`${time} #1 < a\n\u001b[1m${time} #1 > b\u001b[22m\n`)
  })

  it("none has no codes, and neither has an output without colours", () => {
    const plain = [`${time} #1 < a\n${time} #1 > b\n`, `${time} #1 ${closedText}\n`]
    expect(shown("none")).toEqual(plain)
    const events = [received(1, "a"), sent([1], "b"), closed(1)]
    expect(shownOf(renderer({ theme: "blue-orange" }), events).map(([, text]) => text)).toEqual(plain)
  })
})
