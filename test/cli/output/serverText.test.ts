import { describe, expect, it } from "@effect/vitest"
import { type Endpoint, type ServerEvent, tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { closed, closedText, id, lines, remote, stamp, time, zone } from "../../support/serverTexts.ts"

process.env["TZ"] = zone

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
    [{ _tag: "ConnectionHalfClosed", ...stamp, id: id(3), by: "local" }, "#3 got FIN from this side (half-closed)"],
    [
      { _tag: "ConnectionStalled", ...stamp, id: id(3), pendingBytes: 2 ** 20 },
      "#3 reads too slowly: 1 MiB are queued for it",
    ],
    [{ _tag: "ConnectionRecovered", ...stamp, id: id(3) }, "#3 has caught up"],
    [{ _tag: "FramesDropped", ...stamp, id: id(3), missed: 1, total: 9 }, "#3 missed 1 frame, 9 in total"],
    [{ _tag: "FramesDropped", ...stamp, id: id(3), missed: 2, total: 9 }, "#3 missed 2 frames, 9 in total"],
    [
      { _tag: "ConnectionThrottled", ...stamp, id: id(3), by: "maxRate", bytesPerSecond: 2048 },
      "#3 is throttled: it sends more than 2 KiB a second",
    ],
    [
      { _tag: "ConnectionThrottled", ...stamp, id: id(3), by: "maxRateInAll", bytesPerSecond: 100 },
      "#3 is throttled: all clients together send more than 100 B a second",
    ],
    [{ _tag: "ConnectionUnthrottled", ...stamp, id: id(3) }, "#3 is no longer throttled"],
    [{ _tag: "ConnectionRefused", ...stamp, remote, rule: { _tag: "Draining" } }, "192.0.2.7:50123 refused: draining"],
    [
      {
        _tag: "ConnectionRefused",
        ...stamp,
        remote,
        rule: { _tag: "HandshakeFailed", code: "ERR_SSL_UNSUPPORTED_PROTOCOL" },
      },
      "192.0.2.7:50123 refused: TLS: it speaks no version of TLS that is allowed here (--tls-min, --tls-max, --tls-legacy)",
    ],
    [
      { _tag: "ConnectionRefused", ...stamp, remote, rule: { _tag: "HandshakeFailed", code: "CERT_MISSING" } },
      "192.0.2.7:50123 refused: TLS: it presented no certificate",
    ],
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
      "draining 2 connections for up to 5 s; a second signal ends at once",
    ],
    [{ _tag: "DrainFinished", ...stamp, graceful: 1, forced: 2 }, "1 closed gracefully, 2 reset"],
    [{ _tag: "EventsMissed", ...stamp, missed: 3 }, "3 events not shown: they came faster than they could be written"],
  ])("says on standard error, in one line with the local time: %o", (event, text) => {
    expect(lines([event])).toEqual([`! ${time} ${text}`])
  })

  it("names the listener of a connection only while there are several", () => {
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

  it("shows no line for expected events", () => {
    expect(
      lines([
        { _tag: "Listening", ...stamp, endpoint: remote },
        { _tag: "ConnectionHalfClosed", ...stamp, id: id(3), by: "peer" },
        { _tag: "DrainStarted", ...stamp, connections: 0, deadlineMillis: 5000 },
        { _tag: "DrainFinished", ...stamp, graceful: 2, forced: 0 },
      ]),
    ).toEqual([])
  })

  it("shows the half-close of a client if half-closed clients stay", () => {
    const event: ServerEvent = { _tag: "ConnectionHalfClosed", ...stamp, id: id(3), by: "peer" }
    expect(lines([event], { halfClosedKept: true })).toEqual([`! ${time} #3 sent FIN (half-closed)`])
  })
})
