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

/**
 * The framing of rooms and the codec of their messages. Every `Protocol` fits: its rooms carry the messages that the
 * server sends to clients.
 */
export interface RoomProtocol<A, R = never> {
  readonly framing: Framing.Framing
  readonly toClient: Codec.EffectCodec<A, R>
}

/** The membership of a connection in a room that carries messages. */
export interface ProtocolRoomMembership<A, M> extends Omit<RoomMembership<M>, "publish" | "publishAs"> {
  /**
   * Publishes one message to all other members and all subscribers of the room, encoded once. Waits while the room
   * blocks publishers.
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
   * Publishes one message to all members and subscribers of a room, encoded once. Waits while the room blocks
   * publishers. If the room has no members and no subscribers, the message is dropped.
   */
  readonly publish: (room: string, message: A) => Effect.Effect<void, CodecError | InvalidPayloadError>
  /**
   * Subscribes the program to a room at once: the stream gets every message published from now on. It ends with the
   * scope or the rooms. It fails with `SlowConsumerError` when more bytes than its budget are queued for it. It fails
   * with `CodecError` after a payload that the codec cannot decode, unless `onInvalid` is given.
   */
  readonly subscribe: (
    room: string,
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<A, SlowConsumerError | CodecError>, SettingsError, Scope.Scope>
}

/** Options of the rooms of a protocol: `RoomsOptions` without the framing. */
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

/** The class of a service of `ProtocolRooms`. The class is the tag of the service, and `layer` makes the service. */
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
 * Makes rooms that carry the messages of a protocol: `publish` takes a message, and `subscribe` returns a stream of
 * messages. The protocol sets the framing. `ProtocolRooms.make` makes them in a scope. `ProtocolRooms.Tag` makes a
 * class that is a service with a layer.
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
