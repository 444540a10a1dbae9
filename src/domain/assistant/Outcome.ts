import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"

/** The result of a command. */
export const Outcome = Schema.Union(
  /** The command succeeded and has no further result. */
  Schema.TaggedStruct("Done", {}),
  /** The server listens. The endpoint has the actual port. */
  Schema.TaggedStruct("ListeningOn", { endpoint: Schema.String }),
  /** The listeners are closed. `ended` is the number of clients that were closed or reset with them. */
  Schema.TaggedStruct("ListeningStopped", { endpoints: Schema.Array(Schema.String), ended: Schema.Int }),
  Schema.TaggedStruct("ConnectedTo", { remote: Schema.String, local: Schema.String }),
  /** A payload was queued for these clients. The list is empty for a client assistant. */
  Schema.TaggedStruct("SentTo", {
    to: Schema.Array(ConnectionId),
    /** The length of the payload, bytes. */
    bytes: Schema.Int,
    /** The terms of the recipients that matched no client. */
    unmatched: Schema.Array(Schema.String),
  }),
  /** The clients that the command changed. */
  Schema.TaggedStruct("Applied", { to: Schema.Array(ConnectionId), unmatched: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("RepeatStarted", { repeat: Schema.Int }),
  Schema.TaggedStruct("Cancelled", { repeats: Schema.Array(Schema.Int) }),
)
export type Outcome = typeof Outcome.Type
