import type * as Effect from "effect/Effect"
import type { Codec, CodecError, MembershipEndedError, SendError } from "../domain/index.ts"
import type { InvalidMemberError } from "./roomErrors.ts"

/** The membership of a connection in a room. */
export interface RoomMembership<M> {
  readonly room: string
  /** The value of the connection in the room: that of its join, or of the last {@link update}. */
  readonly member: M
  /**
   * Changes the value of the connection in the room, for example the nick of a user. The connection keeps its place in
   * `members`, and readers of the presence get `Changed`. `admit` is not called. Fails with `InvalidMemberError` if the
   * value does not fit the schema of members, and with `MembershipEndedError` after the membership has ended.
   */
  readonly update: (member: M) => Effect.Effect<void, InvalidMemberError | MembershipEndedError>
  /**
   * Publishes one payload to all others in the room. The connection does not get it. Waits while the members of the room
   * block publishers; the connection does not read meanwhile.
   */
  readonly publish: (payload: Uint8Array) => Effect.Effect<void, SendError | MembershipEndedError>
  /** Publishes a value through a codec, which encodes it once. */
  readonly publishAs: <A, R>(
    codec: Codec.EffectCodec<A, R>,
    value: NoInfer<A>,
  ) => Effect.Effect<void, CodecError | SendError | MembershipEndedError, R>
  /**
   * Leaves the room. The connection still gets everything published before. The end of the scope of `join` does the same.
   * A second call has no effect.
   */
  readonly leave: Effect.Effect<void>
}
