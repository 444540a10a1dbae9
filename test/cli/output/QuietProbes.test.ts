import { describe, expect, it } from "@effect/vitest"
import { Page } from "../../../src/cli/output/Page.ts"
import { QuietProbes } from "../../../src/cli/output/QuietProbes.ts"
import { type CloseReason, closeReasons, type RefusalRule, type ServerEvent } from "../../../src/domain/index.ts"
import { id, remote, utf8 } from "../../support/serverTexts.ts"

const opened = (number: number, at: number): ServerEvent => ({
  _tag: "ConnectionOpened",
  seq: 1,
  at,
  id: id(number),
  local: remote,
  remote,
})

interface Close {
  readonly reason?: CloseReason
  readonly bytesIn?: number
  readonly bytesOut?: number
  readonly lasts?: number
}

const closed = (
  number: number,
  at: number,
  { bytesIn = 0, bytesOut = 0, lasts = 1, ...close }: Close = {},
): ServerEvent => ({
  _tag: "ConnectionClosed",
  seq: 1,
  at,
  id: id(number),
  remote,
  reason: close.reason ?? closeReasons.peerClosed,
  bytesIn,
  bytesOut,
  lifetimeMillis: lasts,
})

const halfClosed = (number: number, at: number): ServerEvent => ({
  _tag: "ConnectionHalfClosed",
  seq: 1,
  at,
  id: id(number),
  by: "peer",
})

const received = (number: number, at: number): ServerEvent => ({
  _tag: "FrameReceived",
  seq: 1,
  at,
  id: id(number),
  bytes: utf8("x"),
})

const sent = (to: ReadonlyArray<number>, at: number): ServerEvent => ({
  _tag: "FrameSent",
  seq: 1,
  at,
  to: to.map(id),
  bytes: utf8("x"),
})

const drained = (at: number): ServerEvent => ({ _tag: "DrainFinished", seq: 1, at, graceful: 0, forced: 0 })

/** The rows after the probes are left out: the tag and number of each event, and each line about probes. */
const rowsOf = (events: ReadonlyArray<ServerEvent>, showsTraffic = true): ReadonlyArray<string> => {
  const rows: Array<string> = []
  const quiet = new QuietProbes(
    {
      render: (event) => void rows.push("id" in event ? `${event._tag} ${event.id}` : event._tag),
      tell: (text) => void rows.push(text),
    },
    showsTraffic,
  )
  const page = new Page()
  for (const event of events) quiet.render(event, page)
  return rows
}

const refused = (rule: RefusalRule, at: number): ServerEvent => ({
  _tag: "ConnectionRefused",
  seq: 1,
  at,
  remote,
  rule,
})

describe("the rows without probes", () => {
  it("leave out connections that end before a byte of TLS, and show other refusals", () => {
    const noHello = refused({ _tag: "HandshakeFailed", code: "ERR_TLS_NO_HELLO" }, 1)
    const cutOff = refused({ _tag: "HandshakeFailed", code: "ECONNRESET" }, 2)
    const denied = refused({ _tag: "Denied", range: "192.0.2.0/24" }, 3)
    expect(rowsOf([noHello, cutOff, noHello, denied, drained(1001)])).toEqual([
      "ConnectionRefused",
      "ConnectionRefused",
      expect.stringMatching(/^2 connections in 1 s carried no data/),
      "DrainFinished",
    ])
  })

  it("leave out connections that the client closes or resets without data, and count them at the end", () => {
    const events = [
      ...[opened(1, 0), halfClosed(1, 1), closed(1, 1)],
      ...[opened(2, 2), closed(2, 3, { reason: closeReasons.peerReset }), drained(3000)],
    ]
    expect(rowsOf(events)).toEqual(["2 connections in 3 s carried no data (--quiet-probes)", "DrainFinished"])
  })

  it("show each other connection whole and in order, from its first data on", () => {
    const events = [
      opened(1, 0),
      opened(2, 0),
      received(2, 1),
      sent([1], 2),
      halfClosed(1, 3),
      closed(1, 4, { bytesOut: 1 }),
    ]
    expect(rowsOf(events)).toEqual([
      ...["ConnectionOpened 2", "FrameReceived 2", "ConnectionOpened 1", "FrameSent"],
      ...["ConnectionHalfClosed 1", "ConnectionClosed 1"],
    ])
  })

  it.each<readonly [string, Close]>([
    ["received data that has no row", { bytesIn: 1 }],
    ["got data that has no row", { bytesOut: 1 }],
    ["lasts as long as no probe", { lasts: 5000 }],
    ["does not end by its client", { reason: { _tag: "FirstFrameTimeout", timeoutMillis: 10 } }],
  ])("show a connection that %s", (_what, close) => {
    expect(rowsOf([opened(1, 0), halfClosed(1, 1), closed(1, 2, close)])).toEqual([
      ...["ConnectionOpened 1", "ConnectionHalfClosed 1", "ConnectionClosed 1"],
    ])
  })

  it("show a silent connection with the first event after the longest time of a probe", () => {
    expect(rowsOf([opened(1, 0), opened(2, 4999), closed(2, 5000)])).toEqual(["ConnectionOpened 1"])
  })

  it("show the connections whose end may be among missed events", () => {
    const missed: ServerEvent = { _tag: "EventsMissed", seq: 1, at: 1, missed: 7 }
    expect(rowsOf([opened(1, 0), missed])).toEqual(["ConnectionOpened 1", "EventsMissed"])
  })

  it("have the number of probes once a minute at most, and the total", () => {
    const seconds = Array.from({ length: 130 }, (_, second) => [
      opened(second + 1, second * 1000),
      closed(second + 1, second * 1000),
    ])
    expect(rowsOf([...seconds.flat(), drained(130_000), drained(131_000)])).toEqual([
      "61 connections in 1 m carried no data (--quiet-probes)",
      "61 connections in 1 m carried no data, 122 in total (--quiet-probes)",
      "8 connections in 8 s carried no data, 130 in total (--quiet-probes)",
      ...["DrainFinished", "DrainFinished"],
    ])
  })

  it("use data without rows to tell connections from probes", () => {
    expect(rowsOf([opened(1, 0), received(1, 1), closed(1, 2, { bytesIn: 1 })], false)).toEqual([
      ...["ConnectionOpened 1", "ConnectionClosed 1"],
    ])
  })
})
