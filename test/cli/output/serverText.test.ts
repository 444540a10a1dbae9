import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { formatTime, styleOf } from "../../../src/cli/output/format.ts"
import { Stamps, type TimestampMode } from "../../../src/cli/output/Stamps.ts"
import { ServerText } from "../../../src/cli/output/serverText.ts"
import {
  ConnectionId,
  closeReasons,
  type Endpoint,
  ServerEvent,
  TextView,
  tcpEndpoint,
  unixEndpoint,
} from "../../../src/domain/index.ts"
import { anyOf } from "../../support/eventArbitraries.ts"
import { cutAt, runs } from "../../support/properties.ts"
import { linesOf, shownOf } from "../../support/shown.ts"

// Half an hour off, so that minutes are seen to be local too.
process.env["TZ"] = "Asia/Kolkata"

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
const time = "08:34:05.006"
const utf8 = (text: string) => new TextEncoder().encode(text)
const id = (number: number) => ConnectionId.make(number)
const stamp = { seq: 1, at }
const remote = tcpEndpoint("192.0.2.7", 50123)

const received = (number: number, bytes: Uint8Array | string): ServerEvent => ({
  _tag: "FrameReceived",
  ...stamp,
  id: id(number),
  bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
})
const sent = (to: ReadonlyArray<number>, text: string): ServerEvent => ({
  _tag: "FrameSent",
  ...stamp,
  to: to.map(id),
  bytes: utf8(text),
})
const closed = (number: number): ServerEvent => ({
  _tag: "ConnectionClosed",
  ...stamp,
  id: id(number),
  remote,
  reason: closeReasons.peerClosed,
  bytesIn: 1536,
  bytesOut: 7,
  lifetimeMillis: 61_500,
})

const closedText = "closed: by the peer; 1.5 KiB in, 7 B out, after 1 m 2 s; 192.0.2.7:50123"

const renderer = ({
  colour = false,
  whole = false,
  halfClosedKept = false,
  mode = "time" as TimestampMode,
  together = false,
} = {}) =>
  new ServerText({
    data: styleOf(colour),
    talk: styleOf(colour),
    stamps: new Stamps(mode, together),
    whole,
    halfClosedKept,
  })

const lines = (events: ReadonlyArray<ServerEvent>, options?: Parameters<typeof renderer>[0]) =>
  linesOf(shownOf(renderer(options), events))

describe("the text of tcpfx serve", () => {
  it.each<readonly [ServerEvent, string]>([
    [
      { _tag: "ConnectionOpened", ...stamp, id: id(3), local: tcpEndpoint("127.0.0.1", 1), remote },
      "#3 connected from 192.0.2.7:50123",
    ],
    [
      { _tag: "ConnectionOpened", ...stamp, id: id(3), local: remote, remote: tcpEndpoint("::1", 9) },
      "#3 connected from [::1]:9",
    ],
    [
      { _tag: "ConnectionOpened", ...stamp, id: id(3), local: unixEndpoint("/x"), remote: unixEndpoint("") },
      "#3 connected from unix:",
    ],
    [closed(3), `#3 ${closedText}`],
    [{ _tag: "ConnectionHalfClosed", ...stamp, id: id(3), by: "local" }, "#3 is sent no more (half-closed)"],
    [
      { _tag: "ConnectionStalled", ...stamp, id: id(3), pendingBytes: 2 ** 20 },
      "#3 reads too slowly, 1 MiB wait for it",
    ],
    [{ _tag: "ConnectionRecovered", ...stamp, id: id(3) }, "#3 has caught up"],
    [{ _tag: "FramesDropped", ...stamp, id: id(3), missed: 1, total: 9 }, "#3 missed 1 frame, 9 in all"],
    [{ _tag: "FramesDropped", ...stamp, id: id(3), missed: 2, total: 9 }, "#3 missed 2 frames, 9 in all"],
    [
      { _tag: "ConnectionThrottled", ...stamp, id: id(3), by: "maxRate", bytesPerSecond: 2048 },
      "#3 is read more slowly: it sends more than 2 KiB a second",
    ],
    [
      { _tag: "ConnectionThrottled", ...stamp, id: id(3), by: "maxRateInAll", bytesPerSecond: 100 },
      "#3 is read more slowly: all together send more than 100 B a second",
    ],
    [{ _tag: "ConnectionUnthrottled", ...stamp, id: id(3) }, "#3 keeps to its rate again"],
    [{ _tag: "ConnectionRefused", ...stamp, remote, rule: { _tag: "Draining" } }, "192.0.2.7:50123 refused: draining"],
    [
      { _tag: "ConnectionRefused", ...stamp, remote, rule: { _tag: "Denied", range: "192.0.2.0/24" } },
      "192.0.2.7:50123 refused: denied by 192.0.2.0/24",
    ],
    [
      { _tag: "AcceptFailed", ...stamp, endpoint: remote, code: "EMFILE" },
      "a connection could not be accepted (EMFILE)",
    ],
    [{ _tag: "ListenStopped", ...stamp, endpoint: unixEndpoint("/run/x") }, "stopped listening on unix:/run/x"],
    [{ _tag: "ListenStopped", ...stamp, endpoint: unixEndpoint("\u001b[2J\n") }, "stopped listening on unix:\\e[2J\\n"],
    [
      { _tag: "DrainStarted", ...stamp, connections: 2, deadlineMillis: 5000 },
      "draining 2 connections for up to 5 s; again to end now",
    ],
    [{ _tag: "DrainFinished", ...stamp, graceful: 1, forced: 2 }, "1 ended in order, 2 by force"],
    [{ _tag: "EventsMissed", ...stamp, missed: 3 }, "3 events not shown: they came faster than they could be written"],
  ])("says on standard error, in one line with the local time: %o", (event, text) => {
    expect(lines([event])).toEqual([`! ${time} ${text}`])
  })

  it("says where a connection came in while there are several ways, and only then", () => {
    const listening = (endpoint: Endpoint): ServerEvent => ({ _tag: "Listening", ...stamp, endpoint })
    const local = tcpEndpoint("127.0.0.1", 80)
    const opened: ServerEvent = { _tag: "ConnectionOpened", ...stamp, id: id(3), local, remote }
    const stopped: ServerEvent = { _tag: "ListenStopped", ...stamp, endpoint: unixEndpoint("/x") }
    expect(
      lines([listening(local), opened, listening(unixEndpoint("/x")), opened, stopped, opened]).map((line) =>
        line.replace(`! ${time} `, ""),
      ),
    ).toEqual([
      "#3 connected from 192.0.2.7:50123",
      "#3 connected from 192.0.2.7:50123 to 127.0.0.1:80",
      "stopped listening on unix:/x",
      "#3 connected from 192.0.2.7:50123",
    ])
  })

  it("says nothing of what goes without saying", () => {
    expect(
      lines([
        { _tag: "Listening", ...stamp, endpoint: remote },
        { _tag: "ConnectionHalfClosed", ...stamp, id: id(3), by: "peer" },
        { _tag: "DrainStarted", ...stamp, connections: 0, deadlineMillis: 5000 },
        { _tag: "DrainFinished", ...stamp, graceful: 2, forced: 0 },
      ]),
    ).toEqual([])
  })

  it("says that a client sends no more where such a client stays", () => {
    const event: ServerEvent = { _tag: "ConnectionHalfClosed", ...stamp, id: id(3), by: "peer" }
    expect(lines([event], { halfClosedKept: true })).toEqual([`! ${time} #3 sends no more (half-closed)`])
  })

  it("shows what a client sent with its number, one row for each line of it", () => {
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

  it("shows characters whole that two clients sent in pieces, by turns", () => {
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

  it("gives the bytes of a character that the end of the connection cut off, before it says the end", () => {
    expect(lines([received(1, utf8("a€").subarray(0, 3)), closed(2), closed(1)])).toEqual([
      `${time} #1 < a`,
      `! ${time} #2 ${closedText}`,
      `${time} #1 < \\xe2\\x82`,
      `! ${time} #1 ${closedText}`,
    ])
  })

  it("carries nothing over events that were missed: what a client had begun is given as bytes there", () => {
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

  it("carries nothing from one frame to the next where frames are lines, and shows an empty line as one", () => {
    expect(
      lines([received(1, utf8("€").subarray(0, 2)), received(1, ""), received(1, "next"), sent([1], "")], {
        whole: true,
      }),
    ).toEqual([`${time} #1 < \\xe2\\x82`, `${time} #1 < `, `${time} #1 < next`, `${time} #1 > `])
  })

  it("lets nobody write on the terminal but their own text", () => {
    expect(lines([received(1, "\u001b[2J\u0007a\u0000\u009b31m\u202eb\u007f")])).toEqual([
      `${time} #1 < \\e[2J\\aa\\0\\u{9b}31m\\u{202e}b\\x7f`,
    ])
  })

  it("names those who are sent something: all of a few, the first of many, or nobody", () => {
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

  it("has the date and the offset with every time, or no time, as it is asked to", () => {
    const iso = "2026-01-02T08:34:05.006+05:30"
    const events = [received(1, "a"), sent([1], "b"), closed(1)]
    const shown = [`${iso} #1 < a`, `${iso} #1 > b`, `! ${iso} #1 ${closedText}`]
    expect(lines(events, { mode: "iso" })).toEqual(shown)
    expect(lines(events, { mode: "none" })).toEqual(shown.map((row) => row.replace(`${iso} `, "")))
  })

  it("tells a new date in a line before the first row that has it, where that row goes", () => {
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

  it("has colours where they are wanted: red for what is sent, dim for talk, none for what is received", () => {
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
