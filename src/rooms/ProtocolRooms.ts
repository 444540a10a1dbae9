import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type {
  Codec,
  CodecError,
  Framing,
  InvalidPayloadError,
  MembershipEndedError,
  SendError,
  SettingsError,
  SlowConsumerError,
} from "../domain/index.ts"
import type { HubSubscribeAsOptions } from "../hub/index.ts"
import type { RoomMembership } from "./RoomMembership.ts"
import { Rooms } from "./Rooms.ts"
import type { JoiningConnection, JoinOptions, RoomsOptions, RoomsService } from "./RoomsService.ts"
import type { JoinError } from "./roomErrors.ts"

/** The messages of rooms and their framing. A `Protocol` is one: the messages of its rooms are those to clients. */
export interface RoomProtocol<A, R = never> {
  readonly framing: Framing.Framing
  readonly toClient: Codec.EffectCodec<A, R>
}

/** The membership of a connection in a room that carries messages. */
export interface ProtocolRoomMembership<A, M> extends Omit<RoomMembership<M>, "publish" | "publishAs"> {
  /**
   * Publishes one message to all others in the room, encoded once. The connection does not get it. Waits while the members
   * of the room block publishers.
   */
  readonly publish: (message: A) => Effect.Effect<void, CodecError | SendError | MembershipEndedError>
}

/** Rooms that carry messages of type `A`, with members of type `M`. */
export interface ProtocolRoomsService<A, M>
  extends Pick<RoomsService<M>, "framing" | "members" | "presence" | "names"> {
  /** Joins a room, as `join` of `RoomsService` does. */
  readonly join: (
    connection: JoiningConnection,
    room: string,
    ...options: JoinOptions<M>
  ) => Effect.Effect<ProtocolRoomMembership<A, M>, JoinError, Scope.Scope>
  /**
   * Publishes one message to all members and subscribers of a room, encoded once. Waits while the room blocks publishers. A
   * room without members and subscribers drops the message.
   */
  readonly publish: (room: string, message: A) => Effect.Effect<void, CodecError | InvalidPayloadError>
  /**
   * Subscribes the program to a room at once: the stream gets every message published from now on. It ends with the scope
   * or the rooms. It fails with `SlowConsumerError` when more than its budget is queued for it.
   */
  readonly subscribe: (
    room: string,
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<A, SlowConsumerError | CodecError>, SettingsError, Scope.Scope>
}

/** Options of rooms of a protocol: those of rooms, without the framing. */
export type ProtocolRoomsOptions<M, I, R> = Omit<RoomsOptions<M, I, R>, "framing">

const make = <A, RA = never, M = undefined, I = M, R = never>(
  protocol: RoomProtocol<A, RA>,
  options: ProtocolRoomsOptions<M, I, R> = {},
): Effect.Effect<ProtocolRoomsService<A, M>, SettingsError, Scope.Scope | RA | R> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<RA>()
    const rooms = yield* Rooms.make({ ...options, framing: protocol.framing })
    const { framing, members, names, presence } = rooms
    const { toClient } = protocol
    return {
      framing,
      members,
      names,
      presence,
      join: (connection, room, ...joinOptions) =>
        Effect.map(rooms.join(connection, room, ...joinOptions), (joined) => ({
          room: joined.room,
          get member() {
            return joined.member
          },
          update: joined.update,
          leave: joined.leave,
          publish: (message) => Effect.provide(joined.publishAs(toClient, message), context),
        })),
      publish: (room, message) => Effect.provide(rooms.publishAs(room, toClient, message), context),
      subscribe: (room, subscribeOptions) =>
        Effect.map(rooms.subscribeAs(room, toClient, subscribeOptions), Stream.provideContext(context)),
    }
  })

/** A service of rooms of a protocol: the class is the tag of the service, and `layer` makes it. */
export interface ProtocolRoomsTag<Self, Id extends string, A, M, R>
  extends Context.TagClass<Self, Id, ProtocolRoomsService<A, M>> {
  readonly layer: Layer.Layer<Self, SettingsError, R>
}

const Tag =
  <Self>() =>
  <const Id extends string, A, RA = never, M = undefined, I = M, R = never>(
    id: Id,
    protocol: RoomProtocol<A, RA>,
    options: ProtocolRoomsOptions<M, I, R> = {},
  ): ProtocolRoomsTag<Self, Id, A, M, RA | R> => {
    const tag = Context.Tag(id)<Self, ProtocolRoomsService<A, M>>()
    return Object.assign(tag, { layer: Layer.scoped(tag, make(protocol, options)) })
  }

/**
 * Makes rooms that carry the messages of a protocol: `publish` takes a message, and `subscribe` gives messages. The framing
 * is that of the protocol. `ProtocolRooms.make` makes them in a scope, `ProtocolRooms.Tag` makes a service with a layer.
 *
 * @example
 * import { Effect, Schema, Stream } from "effect"
 * import { Codec, Framing } from "tcpfx/domain"
 * import { ProtocolRooms } from "tcpfx/rooms"
 *
 * const Heard = Schema.Struct({ from: Schema.String, text: Schema.String })
 * const program = Effect.gen(function* () {
 *   const rooms = yield* ProtocolRooms.make({ framing: Framing.line, toClient: Codec.json(Heard) })
 *   const messages = yield* rooms.subscribe("lobby")
 *   yield* rooms.publish("lobby", { from: "the program", text: "welcome" })
 *   return yield* Stream.runCollect(Stream.take(messages, 1))
 * })
 * const [heard] = await Effect.runPromise(Effect.scoped(program))
 * assert.deepEqual(heard, { from: "the program", text: "welcome" })
 */
export const ProtocolRooms = { make, Tag }
