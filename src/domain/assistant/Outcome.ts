import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"

/** What a command has done. */
export const Outcome = Schema.Union(
  /** It is done; there is nothing to tell of it. */
  Schema.TaggedStruct("Done", {}),
  /** The server listens there; the endpoint has the real port. */
  Schema.TaggedStruct("ListeningOn", { endpoint: Schema.String }),
  /** Listeners are closed, and so many clients were closed or reset with them. */
  Schema.TaggedStruct("ListeningStopped", { endpoints: Schema.Array(Schema.String), ended: Schema.Int }),
  Schema.TaggedStruct("ConnectedTo", { remote: Schema.String, local: Schema.String }),
  /** A payload was handed over for sending to these clients; a client assistant names none. */
  Schema.TaggedStruct("SentTo", {
    to: Schema.Array(ConnectionId),
    /** Length of the payload. */
    bytes: Schema.Int,
    /** Words of the recipients that matched no client. */
    unmatched: Schema.Array(Schema.String),
  }),
  /** The clients that the command changed. */
  Schema.TaggedStruct("Applied", { to: Schema.Array(ConnectionId), unmatched: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("RepeatStarted", { repeat: Schema.Int }),
  Schema.TaggedStruct("Cancelled", { repeats: Schema.Array(Schema.Int) }),
)
export type Outcome = typeof Outcome.Type
