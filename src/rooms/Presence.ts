import type { ConnectionId } from "../domain/index.ts"

/**
 * A connection in a room, and its value: that of its join, or of its last `update`. Several members can have equal values,
 * such as one user with two devices.
 */
export interface RoomMember<M> {
  readonly id: ConnectionId
  readonly member: M
}

/**
 * A change of the members of a room. A stream of presence begins with `Snapshot`: the members at that moment. `Joined`,
 * `Changed` and `Left` follow. A later `Snapshot` replaces everything before it: the reader was too slow for the changes in between.
 */
export type PresenceEvent<M> =
  | { readonly _tag: "Snapshot"; readonly members: ReadonlyArray<RoomMember<M>> }
  | { readonly _tag: "Joined"; readonly joined: RoomMember<M> }
  | { readonly _tag: "Changed"; readonly changed: RoomMember<M>; readonly before: M }
  | { readonly _tag: "Left"; readonly left: RoomMember<M> }
