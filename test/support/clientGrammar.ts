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
  BytesSkipped: "",
  MessageInvalid: "",
  EventsMissed: "",
}

// An attempt looks up at most once, dials each address once, and then fails or connects. A connection ends before the
// next attempt. Between two attempts comes one event with the reason and the delay.
const attempt = "l?c*(F|\\([hx]{0,3}\\))"
const life = new RegExp(`^(${attempt}R)*(${attempt}G?)?$`)

/** Asserts that a client that has ended has emitted its attempts and connections in a possible order. */
export const expectWholeAttempts = (events: ReadonlyArray<ClientEvent>): void => {
  expect(events.map(({ _tag }) => letters[_tag]).join("")).toMatch(life)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1))
}
