import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { InvalidPayloadError, type SettingsError } from "../domain/index.ts"
import { parseErrorLine } from "../domain/ParseErrorText.ts"
import { makeHubs } from "../hub/index.ts"
import { Admissions } from "./internal/Admissions.ts"
import { JoinedRoom } from "./internal/JoinedRoom.ts"
import { RemoteMembers, valueCodec } from "./internal/RemoteMembers.ts"
import type { Room } from "./internal/Room.ts"
import { RoomTable } from "./internal/RoomTable.ts"
import type { RoomMember } from "./Presence.ts"
import type { JoiningConnection, RoomsOptions, RoomsService } from "./RoomsService.ts"
import { AlreadyInRoomError, JoinRefusedError } from "./roomErrors.ts"

const make = <M = undefined, I = M, R = never>(
  options: RoomsOptions<M, I, R> = {},
): Effect.Effect<RoomsService<M>, SettingsError, Scope.Scope | R> =>
  Effect.gen(function* () {
    const { admit, hubs: given, member: schema, ...hubOptions } = options
    const hubs = given ?? (yield* makeHubs(hubOptions))
    const context = yield* Effect.context<R>()
    const table = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const remote = hubs.members === undefined ? undefined : new RemoteMembers(hubs.members, valueCodec(schema))
        return new RoomTable<M>(hubs, remote)
      }),
      (made) => Effect.sync(() => made.close()),
    )
    const problemOf = schema === undefined ? () => undefined : problemBy(schema)
    const admissions = new Admissions()

    const checked = ({ id }: JoiningConnection, room: string, member: M) =>
      Effect.suspend(() => {
        const reason = problemOf(member)
        return reason === undefined ? Effect.void : Effect.fail(new JoinRefusedError({ room, id, reason }))
      })

    const enter = (connection: JoiningConnection, name: string, member: M) =>
      Effect.suspend(() => {
        const room = table.acquire(name)
        const entry: RoomMember<M> = { id: connection.id, member }
        let ended = false
        const onEnded = () => {
          ended = true
          room.remove(connection)
          table.release(room)
        }
        return connection.join(room, { onEnded }).pipe(
          Effect.tapError(() => Effect.sync(() => table.release(room))),
          Effect.catchTag("AlreadyMemberError", ({ id }) => Effect.fail(new AlreadyInRoomError({ room: name, id }))),
          Effect.map((membership) => {
            if (!ended) room.add(connection, entry)
            return new JoinedRoom(room, connection, entry, membership, problemOf)
          }),
        )
      }).pipe(Effect.uninterruptible)

    const admitted = (ask: Admit<M, R>, connection: JoiningConnection, room: string, member: M) =>
      Effect.suspend((): Effect.Effect<void, AlreadyInRoomError | JoinRefusedError> => {
        const { id, remote } = connection
        const found = table.find(room)
        if (found?.has(connection) === true) return Effect.fail(new AlreadyInRoomError({ room, id }))
        return ask({ room, id, remote, member, size: found?.size ?? 0 }).pipe(
          Effect.mapError((reason) => new JoinRefusedError({ room, id, reason })),
          Effect.provide(context),
        )
      })

    const publishTo = (name: string, payload: Uint8Array) =>
      Effect.suspend(() => {
        const run = hubs.encode(payload)
        if (run instanceof InvalidPayloadError) return Effect.fail(run)
        const found = table.find(name)
        if (found !== undefined) return publishIn(found, run)
        return hubs.isShared ? Effect.scoped(using(name, (room) => publishIn(room, run))) : Effect.void
      })

    const publishIn = ({ hub }: Room<M>, run: Uint8Array) => (hub.publish(run) ? Effect.void : hub.unblocked)

    const using = <A, E, RA>(name: string, use: (room: Room<M>) => Effect.Effect<A, E, RA>) =>
      Effect.flatMap(table.use(name), use)

    return {
      framing: hubs.framing,
      join: (connection, room, ...[joinOptions]) => {
        // If the options set no type of members, `M` is `undefined`.
        const member = joinOptions?.member as M
        const entered = enter(connection, room, member)
        const joined =
          admit === undefined
            ? entered
            : admissions.inTurn(room, Effect.zipRight(admitted(admit, connection, room, member), entered))
        return Effect.zipRight(checked(connection, room, member), joined)
      },
      publishTo,
      publishAs: (room, codec, value) => Effect.flatMap(codec.encode(value), (payload) => publishTo(room, payload)),
      subscribe: (name, subscribeOptions) =>
        using(name, (room) => hubs.serviceOf(room.hub).subscribe(subscribeOptions)),
      subscribeAs: (name, codec, subscribeOptions) =>
        using(name, (room) => hubs.serviceOf(room.hub).subscribeAs(codec, subscribeOptions)),
      members: (name) => Effect.sync(() => table.members(name)),
      presence: (name) =>
        Stream.unwrapScoped(
          using(name, (room) =>
            Effect.map(
              Effect.acquireRelease(
                Effect.sync(() => room.watch()),
                (watch) => Effect.sync(() => room.unwatch(watch)),
              ),
              (watch) => watch.stream,
            ),
          ),
        ),
      names: Effect.sync(() => table.names),
    }
  })

type Admit<M, R> = NonNullable<RoomsOptions<M, M, R>["admit"]>

/** Makes a function that returns the reason why a value does not fit a schema, or `undefined` if it fits. */
const problemBy = <M, I>(schema: Schema.Schema<M, I>) => {
  const validate = Schema.validateEither(schema)
  return (member: M): string | undefined => {
    const valid = validate(member)
    return valid._tag === "Right" ? undefined : parseErrorLine(valid.left)
  }
}

/** The class of a service of rooms. The class is the tag of the service, and `layer` makes the service. */
export interface RoomsTag<Self, Id extends string, M, R> extends Context.TagClass<Self, Id, RoomsService<M>> {
  readonly layer: Layer.Layer<Self, SettingsError, R>
}

const Tag =
  <Self>() =>
  <const Id extends string, M = undefined, I = M, R = never>(
    id: Id,
    options: RoomsOptions<M, I, R> = {},
  ): RoomsTag<Self, Id, M, R> => {
    const tag = Context.Tag(id)<Self, RoomsService<M>>()
    return Object.assign(tag, { layer: Layer.scoped(tag, make(options)) })
  }

/**
 * Makes rooms: topics whose members are connections. `Rooms.make` makes them in a scope, whose end ends all rooms.
 * `Rooms.Tag` makes a class that is a service with a layer.
 *
 * @example
 * import { Effect, Option, Schema } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Codec, Framing } from "tcpfx/domain"
 * import { Rooms } from "tcpfx/rooms"
 * import { Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * class Chat extends Rooms.Tag<Chat>()("app/Chat", {
 *   framing: Framing.line,
 *   member: Schema.Struct({ nick: Schema.NonEmptyString }),
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const chat = yield* Chat
 *   const server = yield* Server.make({
 *     settings: { frame: Framing.line },
 *     handler: (connection) =>
 *       Effect.gen(function* () {
 *         const lobby = yield* chat.join(connection, "lobby", { member: { nick: `guest-${connection.id}` } })
 *         yield* chat.publishAs("lobby", Codec.text, `${lobby.member.nick} is here`)
 *         yield* connection.runForEach((line) => lobby.publish(line))
 *       }),
 *   })
 *   const { endpoint } = yield* server.listen("127.0.0.1:0")
 *   const client = yield* Client.make({ frame: Framing.line })
 *   const connection = yield* client.connect(endpoint)
 *   return yield* Codec.text.decode(Option.getOrThrow(yield* connection.receive))
 * })
 *
 * const text = await Effect.runPromise(
 *   program.pipe(Effect.scoped, Effect.provide(Chat.layer), Effect.provide(MemoryTransport.layer())),
 * )
 * assert.equal(text, "guest-1 is here")
 */
export const Rooms = { make, Tag }
