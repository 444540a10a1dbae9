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
import type { HubOptions, HubSubscribeAsOptions, HubSubscribeOptions, Hubs } from "../hub/index.ts"
import type { ServerConnection } from "../server/index.ts"
import type { PresenceEvent, RoomMember } from "./Presence.ts"
import type { RoomMembership } from "./RoomMembership.ts"
import type { JoinError } from "./roomErrors.ts"

/** A connection that can join a room: a connection of a server, with or without typed messages. */
export type JoiningConnection = Pick<ServerConnection, "id" | "remote" | "join">

/** A request to join, which `admit` accepts or refuses. */
export interface JoinRequest<M> {
  readonly room: string
  readonly id: ConnectionId
  readonly remote: Endpoint
  readonly member: M
  /**
   * The number of members of the room on this node. No other connection of this node joins the room before this join has
   * ended.
   */
  readonly size: number
}

/**
 * Options of rooms. The options of `HubOptions` apply to each room. `budgetBytes` is the maximum number of bytes queued
 * for one connection in all rooms and in the hub of its server together.
 */
export interface RoomsOptions<M, I = M, R = never> extends Omit<HubOptions, "history"> {
  /**
   * The schema of the value of a member. It checks the value of each join and `update`, because the value often comes
   * from the peer. Default: members have no value.
   */
  readonly member?: Schema.Schema<M, I>
  /**
   * Decides each join: success admits the connection, and a failure refuses it with the reason. Default: every
   * connection can join every room. The joins of one room run one at a time: while `admit` waits, the other joins of
   * the room wait too. So give a slow `admit` a timeout. Do not join the same room inside `admit`: that join would wait
   * forever. If the connection is in the room already, `join` fails with `AlreadyInRoomError` and does not call
   * `admit`.
   */
  readonly admit?: (request: JoinRequest<M>) => Effect.Effect<void, string, R>
  /**
   * The hubs of the rooms. `rooms` of a `NatsHub` makes rooms that several nodes share: what is published in a room reaches
   * its members on all nodes. `members` and `presence` have the members of all nodes, a tenth of a second later than on
   * their own node; values travel as JSON by the schema `member`. `admit` and `names` know this node only. The framing, the
   * budget and the policy are those of the hubs; do not set them here. Default: hubs in memory.
   */
  readonly hubs?: Hubs
}

/** Options of a join. `member` is the value of the member. Omit it if members have no value. */
export type JoinOptions<M> = [M] extends [undefined]
  ? [options?: { readonly member?: M }]
  : [options: { readonly member: M }]

/**
 * Rooms by name. A room is a topic whose members are connections, and it has its own hub. The first join, subscription
 * or reader of its presence makes a room. The room ends when it has no members, no subscriptions and no readers of its
 * presence.
 */
export interface RoomsService<M> {
  /** The framing of all rooms. It must be the framing of the connections. */
  readonly framing: Framing.Framing
  /**
   * Joins a room until the scope closes or the connection ends. The connection gets every payload that the program and
   * the other members publish in the room, but not its own payloads. `slowConsumer` sets what happens to a connection
   * above its budget, as in the hub of a server: it is closed with `SlowConsumer`, or misses frames, or blocks the
   * publishers of the room. Fails with `AlreadyInRoomError` if the connection is in the room already, and with
   * `JoinRefusedError` if `admit` refuses the join or the value of the member does not fit its schema.
   */
  readonly join: (
    connection: JoiningConnection,
    room: string,
    ...options: JoinOptions<M>
  ) => Effect.Effect<RoomMembership<M>, JoinError, Scope.Scope>
  /**
   * Publishes one payload to all members and subscribers of a room. Waits while the room blocks publishers. If the room
   * has no members and no subscribers, the payload is dropped. If several nodes share the rooms, it is dropped only where
   * the room has none.
   */
  readonly publishTo: (room: string, payload: Uint8Array) => Effect.Effect<void, InvalidPayloadError>
  /** Encodes a value once with a codec and publishes it, as `publishTo` does. */
  readonly publishAs: <A, R>(
    room: string,
    codec: Codec.EffectCodec<A, R>,
    value: NoInfer<A>,
  ) => Effect.Effect<void, CodecError | InvalidPayloadError, R>
  /**
   * Subscribes the program to a room at once: the stream gets every payload published from now on. It ends with the
   * scope or the rooms. It fails with `SlowConsumerError` when more bytes than its budget are queued for it.
   */
  readonly subscribe: (
    room: string,
    options?: HubSubscribeOptions,
  ) => Effect.Effect<Stream.Stream<Frame, SlowConsumerError>, SettingsError, Scope.Scope>
  /** Subscribes as `subscribe` does, and decodes each payload with a codec. */
  readonly subscribeAs: <A, R>(
    room: string,
    codec: Codec.EffectCodec<A, R>,
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<A, SlowConsumerError | CodecError, R>, SettingsError, Scope.Scope>
  /**
   * The members of a room now, in the order in which they joined; if several nodes share the rooms, the members of the other
   * nodes follow. The list is empty if the room does not exist.
   */
  readonly members: (room: string) => Effect.Effect<ReadonlyArray<RoomMember<M>>>
  /**
   * The members of a room at the start of the stream, then each join, change of a value and leave. If more than 1024
   * changes wait for the reader, it gets a new snapshot instead. The stream ends with the rooms.
   */
  readonly presence: (room: string) => Stream.Stream<PresenceEvent<M>>
  /** The names of the rooms that exist. */
  readonly names: Effect.Effect<ReadonlyArray<string>>
}
