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

/** Those opened and not closed, as the events have it. */
export const openByEvents = (events: ReadonlyArray<ServerEvent>): ReadonlyArray<ConnectionId> =>
  [...byConnection(events)].filter(([, life]) => life.at(-1)?._tag !== "ConnectionClosed").map(([id]) => id)

/** Asserts for every connection: opened once and first, closed once and last. */
export const expectWholeLives = (events: ReadonlyArray<ServerEvent>): void => {
  for (const [id, life] of byConnection(events)) {
    const tags = life.map((event) => event._tag)
    expect([id, tags[0], tags.at(-1)]).toEqual([id, "ConnectionOpened", "ConnectionClosed"])
    expect([id, tags.filter((tag) => tag === "ConnectionOpened").length]).toEqual([id, 1])
    expect([id, tags.filter((tag) => tag === "ConnectionClosed").length]).toEqual([id, 1])
  }
}
