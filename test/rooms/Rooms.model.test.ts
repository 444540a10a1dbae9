import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Connection } from "../../src/connection/index.ts"
import { Codec, Framing, type SlowConsumerPolicy } from "../../src/domain/index.ts"
import { type RoomMembership, Rooms } from "../../src/rooms/index.ts"
import type { ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { Chance, replayHint, stressSeeds } from "../support/stressSeeds.ts"
import { string } from "../support/texts.ts"

const roomNames = ["a", "b", "c", "d", "e"]
const peers = 12
const steps = 1500

type Texts = Map<string, Array<string>>
const textsOf = (texts: Texts, room: string): Array<string> => {
  const known = texts.get(room) ?? []
  texts.set(room, known)
  return known
}

/** A client, its connection on the server, what it must receive in each room, and what it has received. */
interface Actor {
  readonly peer: Connection
  readonly connection: ServerConnection
  readonly rooms: Map<string, RoomMembership<undefined>>
  readonly due: Texts
  readonly got: Texts
  isGone: boolean
}

/** Joins, publications, pauses, leaves and resets at random. The model of a room is the list of what each member must get. */
const storm = (seed: number, slowConsumer: SlowConsumerPolicy, budgetBytes: number) =>
  Effect.gen(function* () {
    const chance = new Chance(seed)
    const rooms = yield* Rooms.make({ framing: Framing.line, slowConsumer, budgetBytes, paceLimit: "1 millis" })
    const accepted = yield* Queue.unbounded<ServerConnection>()
    const served = yield* Testing.serve({
      handler: (connection) => Effect.zipRight(Queue.offer(accepted, connection), connection.closed),
      settings: { frame: Framing.line },
    })
    const actors: Array<Actor> = []
    for (let at = 0; at < peers; at++) {
      const peer = yield* served.connect({ inbox: 1000 })
      const got: Texts = new Map()
      actors.push({
        peer,
        connection: yield* Queue.take(accepted),
        rooms: new Map(),
        due: new Map(),
        got,
        isGone: false,
      })
      const receive = (bytes: Uint8Array) =>
        Effect.sync(() => {
          const text = string(bytes)
          textsOf(got, text.slice(0, 1)).push(text)
        })
      yield* Effect.forkScoped(Effect.ignore(peer.runForEach(receive)))
    }

    const published: Texts = new Map()
    const heard: Texts = new Map()
    for (const room of roomNames) {
      const lines = yield* rooms.subscribeAs(room, Codec.text, { budgetBytes: 64 * 1024 * 1024 })
      const hear = (text: string) => Effect.sync(() => textsOf(heard, room).push(text))
      yield* Effect.forkScoped(Effect.ignore(Stream.runForEach(lines, hear)))
    }

    let frames = 0
    const publish = (room: string, by: Actor | undefined) =>
      Effect.gen(function* () {
        const text = `${room} ${by?.connection.id ?? "-"} ${frames++} `.padEnd(chance.between(12, 300), ".")
        textsOf(published, room).push(text)
        for (const actor of actors) {
          if (actor !== by && !actor.isGone && actor.rooms.has(room)) textsOf(actor.due, room).push(text)
        }
        const publication =
          by === undefined
            ? rooms.publishAs(room, Codec.text, text)
            : Effect.suspend(() => by.rooms.get(room)?.publishAs(Codec.text, text) ?? Effect.void)
        // The publication happens before the storm goes on; the publisher may have to wait for much longer.
        yield* Effect.forkScoped(Effect.ignore(publication))
        yield* Effect.yieldNow()
      })

    const act = (actor: Actor, room: string) =>
      Effect.gen(function* () {
        const joined = actor.rooms.get(room)
        const kind = chance.below(100)
        if (kind < 15 && joined === undefined) actor.rooms.set(room, yield* rooms.join(actor.connection, room))
        else if (kind < 20 && joined !== undefined) {
          actor.rooms.delete(room)
          yield* joined.leave
        } else if (kind < 30) yield* actor.peer.pause
        else if (kind < 45) yield* actor.peer.resume
        else if (kind < 80 && joined !== undefined) yield* publish(room, actor)
        else if (kind < 90) yield* publish(room, undefined)
        else if (kind < 99) yield* nextTurn
        else if (chance.percent(50)) {
          yield* actor.peer.reset
          yield* actor.connection.closed
          actor.isGone = true
        }
      })

    for (let step = 0; step < steps; step++) {
      const actor = chance.oneOf(actors.filter(({ isGone }) => !isGone))
      const room = chance.oneOf(roomNames)
      if (actor !== undefined && room !== undefined) yield* act(actor, room)
    }
    for (const { isGone, peer } of actors) if (!isGone) yield* peer.resume
    const total = (texts: Texts) => [...texts.values()].reduce((sum, { length }) => sum + length, 0)
    return { actors, published, heard, total }
  })

/** Whether all elements of `part` are in `whole`, in the same order. */
const isSubsequence = (part: ReadonlyArray<string>, whole: ReadonlyArray<string>): boolean => {
  let at = 0
  for (const text of part) {
    at = whole.indexOf(text, at) + 1
    if (at === 0) return false
  }
  return true
}

describe("rooms in a storm", () => {
  for (const seed of stressSeeds([1, 2, 3, 4])) {
    it.scopedLive(`give each member exactly what others publish while it is in the room, in order (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { actors, heard, published, total } = yield* storm(seed, "block", 4 * 1024 * 1024)
        const isDone = () =>
          total(heard) === total(published) &&
          actors.every(({ due, got, isGone }) => isGone || total(got) >= total(due))
        for (let turn = 0; turn < 20_000 && !isDone(); turn++) yield* nextTurn
        expect([replayHint(seed), heard]).toEqual([replayHint(seed), published])
        for (const { due, got, isGone } of actors) {
          if (!isGone) expect([replayHint(seed), got]).toEqual([replayHint(seed), due])
          for (const [room, texts] of got) expect(texts).toEqual(textsOf(due, room).slice(0, texts.length))
        }
        expect(actors.some(({ isGone }) => isGone)).toBe(true)
      }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 2000 }))),
    )

    it.scopedLive(`drop the oldest of a slow member, and never change the order (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { actors, total } = yield* storm(seed, "drop-oldest", 8000)
        const due = () => actors.reduce((sum, actor) => sum + total(actor.due), 0)
        const got = () => actors.reduce((sum, actor) => sum + total(actor.got), 0)
        let before = -1
        for (let still = 0; still < 50; still++) {
          if (got() !== before) still = 0
          before = got()
          yield* nextTurn
        }
        expect(got()).toBeLessThan(due())
        for (const { due, got } of actors) {
          for (const [room, texts] of got)
            expect([replayHint(seed), isSubsequence(texts, textsOf(due, room))]).toEqual([replayHint(seed), true])
        }
      }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 2000 }))),
    )
  }
})
