import * as Effect from "effect/Effect"
import { type ConnectionId, MembershipEndedError } from "../../domain/index.ts"
import type { HubMembership } from "../../server/index.ts"
import type { RoomMember } from "../Presence.ts"
import type { RoomMembership } from "../RoomMembership.ts"
import type { JoiningConnection } from "../RoomsService.ts"
import { InvalidMemberError } from "../roomErrors.ts"
import type { Room } from "./Room.ts"

/**
 * The membership of a connection in a room. Its getters make the effects on access, so a membership holds no closures
 * and a room with many members stays small.
 */
export class JoinedRoom<M> implements RoomMembership<M> {
  private readonly joined: Room<M>
  private readonly connection: JoiningConnection
  private readonly membership: HubMembership
  private readonly problemOf: (member: M) => string | undefined
  private entry: RoomMember<M>

  /** `problemOf` returns the reason why a value does not fit the schema of members, or `undefined` if it fits. */
  constructor(
    joined: Room<M>,
    connection: JoiningConnection,
    entry: RoomMember<M>,
    membership: HubMembership,
    problemOf: (member: M) => string | undefined,
  ) {
    this.joined = joined
    this.connection = connection
    this.entry = entry
    this.membership = membership
    this.problemOf = problemOf
  }

  get room(): string {
    return this.joined.name
  }

  get member(): M {
    return this.entry.member
  }

  get update(): RoomMembership<M>["update"] {
    return (member) => Effect.suspend(() => this.updateNow(this.entry.id, member))
  }

  private updateNow(id: ConnectionId, member: M): Effect.Effect<void, InvalidMemberError | MembershipEndedError> {
    const reason = this.problemOf(member)
    if (reason !== undefined) return Effect.fail(new InvalidMemberError({ room: this.room, id, reason }))
    const changed: RoomMember<M> = { id, member }
    if (!this.joined.change(this.connection, this.entry, changed)) return Effect.fail(new MembershipEndedError({ id }))
    this.entry = changed
    return Effect.void
  }

  get publish(): RoomMembership<M>["publish"] {
    return this.membership.publish
  }

  get publishAs(): RoomMembership<M>["publishAs"] {
    const { publish } = this.membership
    return (codec, value) => Effect.flatMap(codec.encode(value), publish)
  }

  get leave(): RoomMembership<M>["leave"] {
    return this.membership.leave
  }
}
