import * as Schema from "effect/Schema"
import type { ConnectionClosedError, SettingsError } from "../domain/index.ts"
import { ConnectionId, escapeControls } from "../domain/index.ts"

/** The connection is in the room already. A connection joins a room once, and gets each message once. */
export class AlreadyInRoomError extends Schema.TaggedError<AlreadyInRoomError>("tcpfx/rooms/AlreadyInRoomError")(
  "AlreadyInRoomError",
  { room: Schema.String, id: ConnectionId },
) {
  override get message(): string {
    return `connection #${this.id} is in the room ${escapeControls(this.room)} already; leave the room before joining it again`
  }
}

/** The program has refused a join: `admit` gave a reason, or the value of the member does not fit its schema. */
export class JoinRefusedError extends Schema.TaggedError<JoinRefusedError>("tcpfx/rooms/JoinRefusedError")(
  "JoinRefusedError",
  { room: Schema.String, id: ConnectionId, reason: Schema.String },
) {
  override get message(): string {
    return `connection #${this.id} cannot join the room ${escapeControls(this.room)}: ${escapeControls(this.reason)}`
  }
}

/** A new value of a member does not fit the schema of members. The member keeps the value that it has. */
export class InvalidMemberError extends Schema.TaggedError<InvalidMemberError>("tcpfx/rooms/InvalidMemberError")(
  "InvalidMemberError",
  { room: Schema.String, id: ConnectionId, reason: Schema.String },
) {
  override get message(): string {
    return `connection #${this.id} cannot change its value in the room ${escapeControls(this.room)}: ${escapeControls(this.reason)}`
  }
}

/**
 * The reasons why a connection is not in a room after `join`. `SettingsError`: the rooms have another framing than the
 * connection.
 */
export type JoinError = AlreadyInRoomError | JoinRefusedError | ConnectionClosedError | SettingsError
