import { expect } from "@effect/vitest"
import type { ClientEvent } from "../../src/domain/index.ts"

const letters: Readonly<Record<ClientEvent["_tag"], string>> = {
  LookingUp: "l",
  Connecting: "c",
  ConnectFailed: "F",
  Connected: "(",
  FrameReceived: "",
  FrameSent: "",
  HalfClosed: "h",
  Closing: "x",
  Disconnected: ")",
  Reconnecting: "R",
  GaveUp: "G",
  FramesDropped: "",
  EventsMissed: "",
}

// An attempt looks up once at most, dials each address once, and fails or connects; a connection ends before the next
// attempt; between two attempts stands why and when.
const attempt = "l?c*(F|\\([hx]{0,3}\\))"
const life = new RegExp(`^(${attempt}R)*(${attempt}G?)?$`)

/** Asserts that a client that has come to its end told its attempts and connections in the order in which they happen. */
export const expectWholeAttempts = (events: ReadonlyArray<ClientEvent>): void => {
  expect(events.map(({ _tag }) => letters[_tag]).join("")).toMatch(life)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1))
}
