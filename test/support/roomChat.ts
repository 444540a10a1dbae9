import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import { Codec, Framing } from "../../src/domain/index.ts"
import type { PresenceEvent, RoomMembership, RoomsService } from "../../src/rooms/index.ts"
import type { ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { string, utf8 } from "./texts.ts"

/** The framing of the rooms of {@link chat}. */
export const line = { framing: Framing.line }
/** The value of a member. */
export const Nick = Schema.Struct({ nick: Schema.NonEmptyString })
export type Nick = typeof Nick.Type

/** A server whose connections join rooms by commands: `+ROOM` joins, `-ROOM` leaves, other lines go to all rooms. */
export const chat = (rooms: RoomsService<Nick>) =>
  Effect.gen(function* () {
    const problems = yield* Queue.unbounded<unknown>()
    const handler = (connection: ServerConnection) => {
      const joined = new Map<string, RoomMembership<Nick>>()
      return connection.runForEach((bytes) => {
        const text = string(bytes)
        const name = text.slice(1)
        if (text.startsWith("+")) {
          return rooms.join(connection, name, { member: { nick: `n${connection.id}` } }).pipe(
            Effect.flatMap((room) => {
              joined.set(name, room)
              return connection.send(utf8(`in ${name}`))
            }),
            Effect.catchAll((problem) => Queue.offer(problems, problem)),
          )
        }
        if (text.startsWith("-")) {
          return Effect.zipRight(joined.get(name)?.leave ?? Effect.void, connection.send(utf8(`left ${name}`)))
        }
        return Effect.forEach(joined.values(), (room) => room.publishAs(Codec.text, `${room.room}: ${text}`), {
          discard: true,
        }).pipe(Effect.catchTag("MembershipEndedError", (problem) => Queue.offer(problems, problem)))
      })
    }
    const served = yield* Testing.serve({ handler, settings: { frame: Framing.line } })
    const connect = (...names: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const peer = yield* served.connect()
        for (const name of names) {
          yield* peer.send(utf8(`+${name}`))
          expect(yield* Testing.receiveText(peer)).toBe(`in ${name}`)
        }
        return peer
      })
    return { ...served, connect, problems }
  })

const tagged = (event: PresenceEvent<Nick>): ReadonlyArray<string> => {
  switch (event._tag) {
    case "Snapshot":
      return ["Snapshot", ...event.members.map(({ member }) => member.nick)]
    case "Joined":
      return ["Joined", event.joined.member.nick]
    case "Changed":
      return ["Changed", event.before.nick, event.changed.member.nick]
    case "Left":
      return ["Left", event.left.member.nick]
  }
}
/** Events of a presence, as a tag and the names of the members. */
export const tags = (events: Iterable<PresenceEvent<Nick>>) => Array.from(events, tagged)
