import type { ConnectionId } from "../domain/index.ts"

/** A member of a room on another node. */
export interface RemoteMember {
  /** The name of its node. */
  readonly node: string
  /** Its id on its node. */
  readonly id: ConnectionId
  /** The value of the member as JSON. Empty if it has no value. */
  readonly json: string
}

/** Callbacks for the members of a room on other nodes. */
export interface MembersObserver {
  readonly onJoined: (joined: RemoteMember) => void
  readonly onChanged: (changed: RemoteMember, before: RemoteMember) => void
  readonly onLeft: (left: RemoteMember) => void
}

/** A member of a room on this node, as the other nodes get it. */
export interface OwnMember {
  /** Tells the other nodes the new value of the member. */
  readonly change: (json: string) => void
  readonly leave: () => void
}

/** The members of the rooms on all nodes that share the rooms. */
export interface SharedMembers {
  /** Tells the other nodes of a member of this node. */
  readonly join: (room: string, id: ConnectionId, json: string) => OwnMember
  /** The members of a room on the other nodes, as far as this node has heard of them. */
  readonly of: (room: string) => ReadonlyArray<RemoteMember>
  /** Observes the members of a room on the other nodes, until the returned function is called. */
  readonly observe: (room: string, observer: MembersObserver) => () => void
}
