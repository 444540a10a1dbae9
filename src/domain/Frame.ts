import * as Schema from "effect/Schema"
import { ConnectionId } from "./ConnectionId.ts"

/** One message: its payload, without the delimiters of the framing, and the connection that sent it. */
export const Frame = Schema.Struct({
  /** Absent if this side published the message. */
  connection: Schema.optional(ConnectionId),
  bytes: Schema.Uint8ArrayFromBase64,
})
export type Frame = typeof Frame.Type
