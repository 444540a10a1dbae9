import * as Effect from "effect/Effect"
import type { HubMembership } from "../../server/index.ts"
import type { RoomMembership } from "../RoomMembership.ts"

/** A connection in a room. Each effect is made when it is used, because rooms have many members. */
export class JoinedRoom<M> implements RoomMembership<M> {
  readonly room: string
  readonly member: M
  private readonly membership: HubMembership

  constructor(room: string, member: M, membership: HubMembership) {
    this.room = room
    this.member = member
    this.membership = membership
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
