import * as Schema from "effect/Schema"
import { ConnectionId } from "./ConnectionId.ts"

/** One message: its payload (without the marks that framing adds), and the connection that it came from. */
export const Frame = Schema.Struct({
  /** Absent for what this side published itself. */
  connection: Schema.optional(ConnectionId),
  bytes: Schema.Uint8ArrayFromBase64,
})
export type Frame = typeof Frame.Type
