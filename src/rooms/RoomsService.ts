import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type {
  Codec,
  CodecError,
  ConnectionId,
  Endpoint,
  Frame,
  Framing,
  InvalidPayloadError,
  SettingsError,
  SlowConsumerError,
} from "../domain/index.ts"
import type { HubOptions, HubSubscribeAsOptions, HubSubscribeOptions } from "../hub/index.ts"
import type { ServerConnection } from "../server/index.ts"
import type { PresenceEvent, RoomMember } from "./Presence.ts"
import type { RoomMembership } from "./RoomMembership.ts"
import type { JoinError } from "./roomErrors.ts"

/** A connection that can join a room: a connection of a server, also with typed messages. */
export type JoiningConnection = Pick<ServerConnection, "id" | "remote" | "join">

/** A join that the program can refuse. */
export interface JoinRequest<M> {
  readonly room: string
  readonly id: ConnectionId
  readonly remote: Endpoint
  readonly member: M
  /** The number of members that the room has now. No other connection joins the room before this join has ended. */
  readonly size: number
}

/**
 * Options of rooms. Those of `HubOptions` apply to each room. `budgetBytes` is the maximum number of bytes queued for one
 * connection in all rooms and in the hub of its server together.
 */
export interface RoomsOptions<M, I = M, R = never> extends HubOptions {
  /**
   * The type of the value of a member. The schema checks the value of each join and `update`, because it often comes from
   * the peer. Default: members have no value.
   */
  readonly member?: Schema.Schema<M, I>
  /**
   * Fails with the reason if the program refuses a join. Default: every connection can join every room. The joins of one
   * room run one at a time: while `admit` waits for something, the other joins of the room wait too. So give a slow `admit`
   * a timeout, and do not join the same room in it, which would wait forever. A connection that is in the room already
   * fails with `AlreadyInRoomError`, without `admit`.
   */
  readonly admit?: (request: JoinRequest<M>) => Effect.Effect<void, string, R>
}

/** Options of a join. `member` is the value of the member, and left out if members have no value. */
export type JoinOptions<M> = [M] extends [undefined]
  ? [options?: { readonly member?: M }]
  : [options: { readonly member: M }]

/**
 * Rooms by name: topics whose members are connections, each on a hub of its own. The first join or subscription makes a
 * room. A room without members, subscriptions and readers of its presence ends.
 */
export interface RoomsService<M> {
  /** The framing of all rooms. It must be the framing of the connections. */
  readonly framing: Framing.Framing
  /**
   * Joins a room until the scope closes or the connection ends. The connection gets every payload that others and the
   * program publish there, and not those that it publishes itself. A slow connection is treated as in the hub of a server:
   * above the budget it is closed with `SlowConsumer`, or misses frames, or blocks the publishers of the room, as
   * `slowConsumer` says. Fails with `AlreadyInRoomError` if the connection is in the room, and with `JoinRefusedError` if
   * the program refuses.
   */
  readonly join: (
    connection: JoiningConnection,
    room: string,
    ...options: JoinOptions<M>
  ) => Effect.Effect<RoomMembership<M>, JoinError, Scope.Scope>
  /**
   * Publishes one payload to all members and subscribers of a room. Waits while the room blocks publishers. A room without
   * members and subscribers drops the payload.
   */
  readonly publishTo: (room: string, payload: Uint8Array) => Effect.Effect<void, InvalidPayloadError>
  /** Publishes a value through a codec, which encodes it once. */
  readonly publishAs: <A, R>(
    room: string,
    codec: Codec.EffectCodec<A, R>,
    value: NoInfer<A>,
  ) => Effect.Effect<void, CodecError | InvalidPayloadError, R>
  /**
   * Subscribes the program to a room at once: the stream gets every payload published from now on. It ends with the scope
   * or the rooms. It fails with `SlowConsumerError` when more than its budget is queued for it.
   */
  readonly subscribe: (
    room: string,
    options?: HubSubscribeOptions,
  ) => Effect.Effect<Stream.Stream<Frame, SlowConsumerError>, SettingsError, Scope.Scope>
  /** Like `subscribe`, with each payload decoded by a codec. */
  readonly subscribeAs: <A, R>(
    room: string,
    codec: Codec.EffectCodec<A, R>,
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<A, SlowConsumerError | CodecError, R>, SettingsError, Scope.Scope>
  /** The members of a room now, in the order in which they joined. A room that does not exist has none. */
  readonly members: (room: string) => Effect.Effect<ReadonlyArray<RoomMember<M>>>
  /**
   * The members of a room when the stream runs, then who joins, changes its value and leaves. If more than 1024 changes
   * wait for the reader, it gets a new snapshot instead. The stream ends with the rooms.
   */
  readonly presence: (room: string) => Stream.Stream<PresenceEvent<M>>
  /** The names of the rooms that exist. */
  readonly names: Effect.Effect<ReadonlyArray<string>>
}
