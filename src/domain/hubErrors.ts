import * as Schema from "effect/Schema"
import { ConnectionId } from "./ConnectionId.ts"

/** The connection is a member of the hub already. A connection joins a hub once. */
export class AlreadyMemberError extends Schema.TaggedError<AlreadyMemberError>("tcpfx/domain/AlreadyMemberError")(
  "AlreadyMemberError",
  { id: ConnectionId },
) {
  override get message(): string {
    return `connection #${this.id} is a member of this hub already; leave the hub before joining it again`
  }
}

/** The connection is not, or no longer, a member of the hub. The connection itself can still be open. */
export class MembershipEndedError extends Schema.TaggedError<MembershipEndedError>("tcpfx/domain/MembershipEndedError")(
  "MembershipEndedError",
  { id: ConnectionId },
) {
  override get message(): string {
    return `connection #${this.id} is no longer a member of the hub; join the hub again`
  }
}
