import type * as Effect from "effect/Effect"
import type { Codec, CodecError, MembershipEndedError, SendError } from "../domain/index.ts"
import type { InvalidMemberError } from "./roomErrors.ts"

/** The membership of a connection in a room. */
export interface RoomMembership<M> {
  readonly room: string
  /** The value of the connection in the room: the value of its join, or of the last {@link update}. */
  readonly member: M
  /**
   * Changes the value of the connection in the room, for example the nick of a user. The connection keeps its place in
   * `members`, and readers of `presence` get `Changed`. `admit` is not called. Fails with `InvalidMemberError` if the
   * value does not fit the schema of members, and with `MembershipEndedError` after the membership has ended.
   */
  readonly update: (member: M) => Effect.Effect<void, InvalidMemberError | MembershipEndedError>
  /**
   * Publishes one payload to all other members and all subscribers of the room. While the room blocks publishers,
   * `publish` waits and the connection does not read.
   */
  readonly publish: (payload: Uint8Array) => Effect.Effect<void, SendError | MembershipEndedError>
  /** Encodes a value once with a codec and publishes it, as `publish` does. */
  readonly publishAs: <A, R>(
    codec: Codec.EffectCodec<A, R>,
    value: NoInfer<A>,
  ) => Effect.Effect<void, CodecError | SendError | MembershipEndedError, R>
  /**
   * Leaves the room. The connection still gets every payload published before. The end of the scope of `join` also
   * leaves the room. A second call has no effect.
   */
  readonly leave: Effect.Effect<void>
}
