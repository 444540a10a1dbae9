import { expect } from "@effect/vitest"
import type { ConnectionId, ServerEvent } from "../../src/domain/index.ts"

/** The events of each connection, in order. */
export const byConnection = (events: ReadonlyArray<ServerEvent>): ReadonlyMap<ConnectionId, Array<ServerEvent>> => {
  const lives = new Map<ConnectionId, Array<ServerEvent>>()
  for (const event of events) {
    if (!("id" in event)) continue
    const life = lives.get(event.id) ?? []
    life.push(event)
    lives.set(event.id, life)
  }
  return lives
}

/** The connections that the events open and do not close. */
export const openByEvents = (events: ReadonlyArray<ServerEvent>): ReadonlyArray<ConnectionId> =>
  [...byConnection(events)].filter(([, life]) => life.at(-1)?._tag !== "ConnectionClosed").map(([id]) => id)

/** Asserts that each connection has one opened event, the first, and one closed event, the last. */
export const expectWholeLives = (events: ReadonlyArray<ServerEvent>): void => {
  for (const [id, life] of byConnection(events)) {
    const tags = life.map((event) => event._tag)
    expect([id, tags[0], tags.at(-1)]).toEqual([id, "ConnectionOpened", "ConnectionClosed"])
    expect([id, tags.filter((tag) => tag === "ConnectionOpened").length]).toEqual([id, 1])
    expect([id, tags.filter((tag) => tag === "ConnectionClosed").length]).toEqual([id, 1])
  }
}

const letters: Readonly<Partial<Record<ServerEvent["_tag"], string>>> = {
  ConnectionOpened: "(",
  FrameReceived: "r",
  FrameSent: "",
  FramesDropped: "d",
  BytesSkipped: "",
  MessageInvalid: "",
  ConnectionStalled: "s",
  ConnectionRecovered: "S",
  ConnectionThrottled: "t",
  ConnectionUnthrottled: "T",
  ConnectionClosed: ")",
}

const letterOf = (event: ServerEvent): string =>
  event._tag === "ConnectionHalfClosed" ? (event.by === "peer" ? "p" : "l") : (letters[event._tag] ?? "?")

// No frame comes after the peer's FIN, and each side ends once. A stall comes before its recovery, and a throttling
// before its end.
const wrong = [/p.*r/, /p.*p/, /l.*l/, /s[^S]*s/, /^[^s]*S/, /S[^s]*S/, /t[^T]*t/, /^[^t]*T/, /T[^t]*T/, /\?/]

/** Asserts that each event of a stream agrees with the events before it. */
export const expectGrammar = (events: ReadonlyArray<ServerEvent>): void => {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1))
  for (const [id, life] of byConnection(events)) {
    const told = life.map(letterOf).join("")
    expect([id, told]).toEqual([id, expect.stringMatching(/^\([^()]*\)?$/)])
    for (const pattern of wrong) expect([id, told]).toEqual([id, expect.not.stringMatching(pattern)])
    let missed = 0
    for (const event of life) {
      if (event._tag !== "FramesDropped") continue
      missed += event.missed
      expect([id, event.total]).toEqual([id, missed])
    }
  }
  const drains = events.filter((event) => event._tag === "DrainStarted" || event._tag === "DrainFinished")
  for (const [at, event] of drains.entries()) {
    expect(event._tag).toBe(at % 2 === 0 ? "DrainStarted" : "DrainFinished")
    const before = drains[at - 1]
    if (event._tag === "DrainFinished" && before?._tag === "DrainStarted") {
      expect(event.graceful + event.forced).toBe(before.connections)
    }
  }
}
