import type { Precision } from "../../src/cli/output/format.ts"
import type { EventTest } from "../../src/cli/output/frameFilter.ts"
import { rowWriters } from "../../src/cli/output/rowWriters.ts"
import { Stamps, type TimestampMode } from "../../src/cli/output/Stamps.ts"
import { ServerText } from "../../src/cli/output/serverText.ts"
import { paletteOf, type Theme } from "../../src/cli/output/theme.ts"
import { Assistant, ConnectionId, closeReasons, type ServerEvent, tcpEndpoint } from "../../src/domain/index.ts"
import { linesOf, shownOf } from "./shown.ts"

/** A time zone whose offset has half an hour, to show that minutes are local too. Tests set TZ to it. */
export const zone = "Asia/Kolkata"
export const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
/** The local time of {@link at} in {@link zone}. */
export const time = "08:34:05.006"
export const utf8 = (text: string) => new TextEncoder().encode(text)
export const id = (number: number) => ConnectionId.make(number)
export const stamp = { seq: 1, at }
export const remote = tcpEndpoint("192.0.2.7", 50123)

export const received = (number: number, bytes: Uint8Array | string): ServerEvent => ({
  _tag: "FrameReceived",
  ...stamp,
  id: id(number),
  bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
})
export const sent = (to: ReadonlyArray<number>, text: string): ServerEvent => ({
  _tag: "FrameSent",
  ...stamp,
  to: to.map(id),
  bytes: utf8(text),
})
export const closed = (number: number): ServerEvent => ({
  _tag: "ConnectionClosed",
  ...stamp,
  id: id(number),
  remote,
  reason: closeReasons.peerClosed,
  bytesIn: 1536,
  bytesOut: 7,
  lifetimeMillis: 61_500,
})

export const closedText = "closed: by the peer; 1.5 KiB in, 7 B out, after 1 m 2 s; 192.0.2.7:50123"

export const renderer = ({
  colour = false,
  whole = false,
  halfClosedKept = false,
  mode = "time" as TimestampMode,
  precision = "ms" as Precision,
  theme = "default" as Theme,
  view = "text" as Assistant.LogView,
  coder = Assistant.utf8Coder,
  admits = undefined as EventTest | undefined,
  together = false,
} = {}) =>
  new ServerText({
    data: paletteOf(theme, colour),
    talk: paletteOf(theme, colour),
    stamps: new Stamps({ mode, precision }, together),
    writers: rowWriters(view, coder),
    admits,
    whole,
    halfClosedKept,
  })

export const lines = (events: ReadonlyArray<ServerEvent>, options?: Parameters<typeof renderer>[0]) =>
  linesOf(shownOf(renderer(options), events))
