import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { formatTime } from "../../../src/cli/output/format.ts"
import { ServerEvent, TextView } from "../../../src/domain/index.ts"
import { anyOf } from "../../support/eventArbitraries.ts"
import { cutAt, runs } from "../../support/properties.ts"
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
  utf8,
  zone,
} from "../../support/serverTexts.ts"
import { shownOf } from "../../support/shown.ts"

process.env["TZ"] = zone

describe("the traffic in the text of tcpfx serve", () => {
  it("shows the data of a client with its number, one row for each line", () => {
    expect(lines([received(1, "one\ntwo\r\n\nthree")])).toEqual([
      `${time} #1 < one\\n`,
      `${time} #1 < two\\r\\n`,
      `${time} #1 < \\n`,
      `${time} #1 < three`,
    ])
  })

  it("keeps a backslash and an n apart from the end of a line", () => {
    const json = '{"text":"a\\nb"}'
    expect(lines([received(1, `${json}\n`), sent([1], json)])).toEqual([
      `${time} #1 < ${json}\\n`,
      `${time} #1 > ${json}`,
    ])
    expect(lines([received(1, json), sent([1], json)], { whole: true })).toEqual([
      `${time} #1 < ${json}`,
      `${time} #1 > ${json}`,
    ])
  })

  it("shows the characters of two clients as a whole, when both send pieces by turns", () => {
    const [face, euro] = [utf8("😀"), utf8("€")]
    expect(
      lines([
        received(1, face.subarray(0, 1)),
        received(2, euro.subarray(0, 2)),
        received(1, face.subarray(1, 3)),
        received(2, euro.subarray(2)),
        received(1, face.subarray(3)),
      ]),
    ).toEqual([`${time} #2 < €`, `${time} #1 < 😀`])
  })

  it("shows the bytes of a character that the end of the connection cut off, before the end", () => {
    expect(lines([received(1, utf8("a€").subarray(0, 3)), closed(2), closed(1)])).toEqual([
      `${time} #1 < a`,
      `! ${time} #2 ${closedText}`,
      `${time} #1 < \\xe2\\x82`,
      `! ${time} #1 ${closedText}`,
    ])
  })

  it("ends an incomplete character of a client at missed events, and shows its bytes", () => {
    const missed: ServerEvent = { _tag: "EventsMissed", ...stamp, missed: 2 }
    expect(
      lines([received(1, utf8("€").subarray(0, 2)), missed, received(1, utf8("€").subarray(2)), closed(1)]),
    ).toEqual([
      `${time} #1 < \\xe2\\x82`,
      `! ${time} 2 events not shown: they came faster than they could be written`,
      `${time} #1 < \\xac`,
      `! ${time} #1 ${closedText}`,
    ])
  })

  it("does not continue a character in the next line frame, and shows an empty line as a row", () => {
    expect(
      lines([received(1, utf8("€").subarray(0, 2)), received(1, ""), received(1, "next"), sent([1], "")], {
        whole: true,
      }),
    ).toEqual([`${time} #1 < \\xe2\\x82`, `${time} #1 < `, `${time} #1 < next`, `${time} #1 > `])
  })

  it("shows control characters of a client escaped", () => {
    expect(lines([received(1, "\u001b[2J\u0007a\u0000\u009b31m\u202eb\u007f")])).toEqual([
      `${time} #1 < \\e[2J\\aa\\0\\u{9b}31m\\u{202e}b\\x7f`,
    ])
  })

  it("names the recipients: all of a few, the first of many, or the word nobody", () => {
    expect(lines([sent([1], "a"), sent([1, 2, 3, 4], "b"), sent([1, 2, 3, 4, 5, 6], "c"), sent([], "d\ne\n")])).toEqual(
      [
        `${time} #1 > a`,
        `${time} #1,#2,#3,#4 > b`,
        `${time} #1,#2,#3,#4 and 2 more > c`,
        `${time} nobody > d\\n`,
        `${time} nobody > e\\n`,
      ],
    )
  })

  it("has the date and the offset with every time, or no time, by --timestamps", () => {
    const iso = "2026-01-02T08:34:05.006+05:30"
    const events = [received(1, "a"), sent([1], "b"), closed(1)]
    const shown = [`${iso} #1 < a`, `${iso} #1 > b`, `! ${iso} #1 ${closedText}`]
    expect(lines(events, { mode: "iso" })).toEqual(shown)
    expect(lines(events, { mode: "none" })).toEqual(shown.map((row) => row.replace(`${iso} `, "")))
  })

  it("shows a new date in a line before the first row with it, on the output of that row", () => {
    const tomorrow = (event: ServerEvent): ServerEvent => ({ ...event, at: at + 86_400_000 })
    const euro = utf8("€")
    const events = [
      received(1, "a"),
      received(1, euro.subarray(0, 1)),
      tomorrow({ _tag: "DrainFinished", ...stamp, graceful: 1, forced: 0 }),
      tomorrow(closed(1)),
      tomorrow(received(2, "b")),
      tomorrow(sent([2], "c")),
    ]
    const rest = [`${time} #1 < \\xe2`, `! ${time} #1 ${closedText}`, `${time} #2 < b`, `${time} #2 > c`]
    const [cut = "", end = "", ...others] = rest
    expect(lines(events, { together: true })).toEqual([`${time} #1 < a`, "2026-01-03", cut, end, ...others])
    expect(lines(events)).toEqual([`${time} #1 < a`, "2026-01-03", cut, "! 2026-01-03", end, ...others])
    expect(shownOf(renderer({ colour: true }), [received(1, "a"), tomorrow(received(1, "b"))])).toEqual([
      ["out", `${time} #1 < a\n\u001b[2m2026-01-03\u001b[22m\n${time} #1 < b\n`],
    ])
  })

  it("has colours on request: red for sent data, dim for talk, none for received data", () => {
    expect(shownOf(renderer({ colour: true }), [received(1, "a"), sent([1], "b\nc"), closed(1)])).toEqual([
      ["out", `${time} #1 < a\n\u001b[31m${time} #1 > b\\n\u001b[39m\n\u001b[31m${time} #1 > c\u001b[39m\n`],
      ["err", `\u001b[2m${time} #1 ${closedText}\u001b[22m\n`],
    ])
  })
})

it.prop(
  "any event is shown in whole lines without control characters, each with its time",
  [anyOf(ServerEvent), FastCheck.boolean()],
  ([event, whole]) => {
    for (const [, text] of shownOf(renderer({ whole }), [event])) {
      expect(text.endsWith("\n")).toBe(true)
      for (const line of text.slice(0, -1).split("\n")) {
        expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u)
        expect(line.startsWith(formatTime(event.at))).toBe(true)
      }
    }
  },
  runs(300),
)

it.prop(
  "however two clients' bytes are cut and interleaved, each one's rows join to its text",
  [
    FastCheck.tuple(FastCheck.uint8Array({ maxLength: 20 }), FastCheck.string({ unit: "binary", maxLength: 12 })),
    FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 6 }),
    FastCheck.array(FastCheck.boolean(), { maxLength: 20 }),
  ],
  ([[first, second], places, turns]) => {
    const streams = [first, utf8(second)]
    const queues = streams.map((bytes) => [...cutAt(bytes, places)].filter((piece) => piece.length > 0))
    const events: Array<ServerEvent> = []
    for (const turn of [...turns, ...places.flatMap(() => [true, false]), true, false]) {
      const number = turn ? 1 : 0
      const piece = queues[number]?.shift()
      if (piece !== undefined) events.push(received(number + 1, piece))
    }
    const shown = lines([...events, closed(1), closed(2)])
    for (const [index, bytes] of streams.entries()) {
      const mark = `${time} #${index + 1} < `
      const rows = shown.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length))
      const view = new TextView()
      expect(rows.join("")).toBe(view.push(bytes) + view.end())
    }
  },
  runs(300),
)
