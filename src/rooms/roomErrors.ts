import * as Schema from "effect/Schema"
import type { ConnectionClosedError, SettingsError } from "../domain/index.ts"
import { ConnectionId, escapeControls } from "../domain/index.ts"

/** The connection is in the room already. A connection can join a room only once, so that it gets each message once. */
export class AlreadyInRoomError extends Schema.TaggedError<AlreadyInRoomError>("tcpfx/rooms/AlreadyInRoomError")(
  "AlreadyInRoomError",
  { room: Schema.String, id: ConnectionId },
) {
  override get message(): string {
    return `connection #${this.id} is in the room ${escapeControls(this.room)} already; leave the room before joining it again`
  }
}

/** A join was refused: `admit` failed with the reason, or the value of the member does not fit its schema. */
export class JoinRefusedError extends Schema.TaggedError<JoinRefusedError>("tcpfx/rooms/JoinRefusedError")(
  "JoinRefusedError",
  { room: Schema.String, id: ConnectionId, reason: Schema.String },
) {
  override get message(): string {
    return `connection #${this.id} cannot join the room ${escapeControls(this.room)}: ${escapeControls(this.reason)}`
  }
}

/** The new value of a member does not fit the schema of members. The member keeps its old value. */
export class InvalidMemberError extends Schema.TaggedError<InvalidMemberError>("tcpfx/rooms/InvalidMemberError")(
  "InvalidMemberError",
  { room: Schema.String, id: ConnectionId, reason: Schema.String },
) {
  override get message(): string {
    return `connection #${this.id} cannot change its value in the room ${escapeControls(this.room)}: ${escapeControls(this.reason)}`
  }
}

/** The reasons why `join` fails. `SettingsError`: the framing of the rooms is not the framing of the connection. */
export type JoinError = AlreadyInRoomError | JoinRefusedError | ConnectionClosedError | SettingsError
