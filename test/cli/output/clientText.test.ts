import { describe, expect, it } from "@effect/vitest"
import { ClientText } from "../../../src/cli/output/clientText.ts"
import { formatTime } from "../../../src/cli/output/format.ts"
import { rowWriters } from "../../../src/cli/output/rowWriters.ts"
import { Stamps, type TimestampMode } from "../../../src/cli/output/Stamps.ts"
import { paletteOf } from "../../../src/cli/output/theme.ts"
import { Assistant, ClientEvent, closeReasons, tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { anyOf } from "../../support/eventArbitraries.ts"
import { runs } from "../../support/properties.ts"
import { linesOf, shownOf } from "../../support/shown.ts"

process.env["TZ"] = "America/St_Johns"

const at = Date.UTC(2026, 6, 2, 3, 4, 5, 60)
const time = "00:34:05.060"
const utf8 = (text: string) => new TextEncoder().encode(text)
const stamp = { seq: 1, at }
const remote = tcpEndpoint("192.0.2.7", 80)

const received = (bytes: Uint8Array | string): ClientEvent => ({
  _tag: "FrameReceived",
  ...stamp,
  bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
})
const sent = (text: string): ClientEvent => ({ _tag: "FrameSent", ...stamp, bytes: utf8(text) })
const disconnected: ClientEvent = {
  _tag: "Disconnected",
  ...stamp,
  remote,
  reason: closeReasons.peerReset,
  bytesIn: 10,
  bytesOut: 2048,
  lifetimeMillis: 40,
}

const renderer = ({ colour = false, whole = false, mode = "time" as TimestampMode, together = false } = {}) =>
  new ClientText({
    data: paletteOf("default", colour),
    talk: paletteOf("default", colour),
    stamps: new Stamps({ mode, precision: "ms" }, together),
    writers: rowWriters("text", Assistant.utf8Coder),
    admits: undefined,
    whole,
  })

const lines = (events: ReadonlyArray<ClientEvent>, options?: Parameters<typeof renderer>[0]) =>
  linesOf(shownOf(renderer(options), events))

describe("the text of tcpfx connect", () => {
  it.each<readonly [ClientEvent, string]>([
    [{ _tag: "LookingUp", ...stamp, host: "plc-1" }, "looking up plc-1"],
    [{ _tag: "LookingUp", ...stamp, host: "\u001b[2J" }, "looking up \\e[2J"],
    [{ _tag: "Connecting", ...stamp, endpoint: tcpEndpoint("::1", 80) }, "connecting to [::1]:80"],
    [
      { _tag: "Connected", ...stamp, local: tcpEndpoint("192.0.2.1", 50000), remote },
      "connected to 192.0.2.7:80 from 192.0.2.1:50000",
    ],
    [
      { _tag: "Connected", ...stamp, local: unixEndpoint(""), remote: unixEndpoint("/run/x") },
      "connected to unix:/run/x from unix:",
    ],
    [{ _tag: "HalfClosed", ...stamp, by: "peer" }, "the server sent FIN (half-closed)"],
    [{ _tag: "HalfClosed", ...stamp, by: "local" }, "sent FIN (half-closed); waiting for the server's FIN"],
    [{ _tag: "Closing", ...stamp, pendingBytes: 0 }, "closing"],
    [disconnected, "disconnected: reset by the peer; 10 B in, 2 KiB out, after 40 ms"],
    [
      { _tag: "Reconnecting", ...stamp, attempt: 2, delayMillis: 1500, cause: "connection refused" },
      "connection refused; attempt 2 follows in 1.5 s",
    ],
    [{ _tag: "GaveUp", ...stamp, attempts: 1, cause: "no answer" }, "gave up after 1 attempt"],
    [{ _tag: "EventsMissed", ...stamp, missed: 1 }, "1 event not shown: they came faster than they could be written"],
  ])("says on standard error, in one line with the local time: %o", (event, text) => {
    expect(lines([event])).toEqual([`! ${time} ${text}`])
  })

  it("shows no failed attempt, because the last message of the command reports it", () => {
    const failed: ClientEvent = {
      _tag: "ConnectFailed",
      ...stamp,
      endpoint: remote,
      reason: "Refused",
      code: "ECONNREFUSED",
      cause: "cannot connect",
    }
    expect(lines([failed])).toEqual([])
  })

  it("shows received and sent data, one row for each line", () => {
    expect(lines([received("one\ntwo"), sent("three\nfour\n")])).toEqual([
      `${time} < one\\n`,
      `${time} < two`,
      `${time} > three\\n`,
      `${time} > four\\n`,
    ])
  })

  it("keeps a backslash and an n apart from the end of a line", () => {
    expect(lines([received('"a\\nb"\n'), sent('"a\\nb"')])).toEqual([`${time} < "a\\nb"\\n`, `${time} > "a\\nb"`])
  })

  it("shows a character in pieces as a whole, and an incomplete one at the end as bytes", () => {
    const euro = utf8("€")
    expect(
      lines([received(euro.subarray(0, 1)), received(euro.subarray(1)), received(euro.subarray(0, 2)), disconnected]),
    ).toEqual([
      `${time} < €`,
      `${time} < \\xe2\\x82`,
      `! ${time} disconnected: reset by the peer; 10 B in, 2 KiB out, after 40 ms`,
    ])
  })

  it("does not continue a character in the next connection", () => {
    const euro = utf8("€")
    const rows = lines([received(euro.subarray(0, 2)), disconnected, received(euro.subarray(2)), disconnected])
    expect(rows.filter((row) => row.includes(" < "))).toEqual([`${time} < \\xe2\\x82`, `${time} < \\xac`])
  })

  it("ends an incomplete character of the server at missed events, and shows its bytes", () => {
    const euro = utf8("€")
    const missed: ClientEvent = { _tag: "EventsMissed", ...stamp, missed: 2 }
    expect(lines([received(euro.subarray(0, 1)), missed, received(euro.subarray(1)), received("a")])).toEqual([
      `${time} < \\xe2`,
      `! ${time} 2 events not shown: they came faster than they could be written`,
      `${time} < \\x82\\xac`,
      `${time} < a`,
    ])
  })

  it("has the date and the offset with every time, or no time, by --timestamps", () => {
    const iso = "2026-07-02T00:34:05.060-02:30"
    const events = [received("a"), sent("b"), { _tag: "Closing", ...stamp, pendingBytes: 0 } as const]
    expect(lines(events, { mode: "iso" })).toEqual([`${iso} < a`, `${iso} > b`, `! ${iso} closing`])
    expect(lines(events, { mode: "none" })).toEqual(["< a", "> b", "! closing"])
  })

  it("shows a new date in a line before the first row with it, on the output of that row", () => {
    const later = (event: ClientEvent, millis: number): ClientEvent => ({ ...event, at: at + millis })
    const day = 86_400_000
    const closing: ClientEvent = { _tag: "Closing", ...stamp, pendingBytes: 0 }
    const events = [
      received("a"),
      later(sent("b"), day),
      later(received("c"), day),
      later(closing, day),
      later(closing, 2 * day),
      later(received("d"), 2 * day),
    ]
    const shared = lines(events, { together: true })
    expect(shared).toEqual([
      `${time} < a`,
      "2026-07-03",
      `${time} > b`,
      `${time} < c`,
      `! ${time} closing`,
      "! 2026-07-04",
      `! ${time} closing`,
      `${time} < d`,
    ])
    expect(lines(events)).toEqual([
      ...shared.slice(0, 4),
      "! 2026-07-03",
      ...shared.slice(4, 7),
      "2026-07-04",
      `${time} < d`,
    ])
  })

  it("does not continue a character in the next line frame, and shows an empty line as a row", () => {
    expect(lines([received(utf8("€").subarray(0, 2)), received(""), sent("")], { whole: true })).toEqual([
      `${time} < \\xe2\\x82`,
      `${time} < `,
      `${time} > `,
    ])
  })

  it("has colours on request: red for sent data, dim for talk, none for received data", () => {
    expect(shownOf(renderer({ colour: true }), [received("a"), sent("b"), disconnected])).toEqual([
      ["out", `${time} < a\n\u001b[31m${time} > b\u001b[39m\n`],
      ["err", `\u001b[2m${time} disconnected: reset by the peer; 10 B in, 2 KiB out, after 40 ms\u001b[22m\n`],
    ])
  })
})

it.prop(
  "any event is shown in whole lines without control characters, each with its time",
  [anyOf(ClientEvent)],
  ([event]) => {
    for (const [, text] of shownOf(renderer(), [event])) {
      expect(text.endsWith("\n")).toBe(true)
      for (const line of text.slice(0, -1).split("\n")) {
        expect(line).toMatch(/^[^\p{Cc}\p{Bidi_Control}]*$/u)
        expect(line.startsWith(formatTime(event.at))).toBe(true)
      }
    }
  },
  runs(300),
)
