import type { ConnectionId } from "../domain/index.ts"

/**
 * A connection in a room, with its value: the value of its join, or of its last `update`. Several members can have
 * equal values, for example the two devices of one user.
 */
export interface RoomMember<M> {
  readonly id: ConnectionId
  readonly member: M
  /**
   * The name of the node of a connection of another node, for rooms that several nodes share. Absent for a connection of
   * this node.
   */
  readonly node?: string
}

/**
 * A change of the members of a room. The stream `presence` begins with a `Snapshot` of the members at that moment.
 * `Joined`, `Changed` and `Left` follow. A later `Snapshot` means that the reader was too slow for the changes in
 * between. It replaces everything before it.
 */
export type PresenceEvent<M> =
  | { readonly _tag: "Snapshot"; readonly members: ReadonlyArray<RoomMember<M>> }
  | { readonly _tag: "Joined"; readonly joined: RoomMember<M> }
  | { readonly _tag: "Changed"; readonly changed: RoomMember<M>; readonly before: M }
  | { readonly _tag: "Left"; readonly left: RoomMember<M> }
