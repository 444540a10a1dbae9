import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"

/** Language of announcements. */
export const LogLanguage = Schema.Literal("en", "zh")
export type LogLanguage = typeof LogLanguage.Type

/** Which rows of a log are wanted. Every condition that is given must hold. */
export const LogFilter = Schema.Struct({
  /** Rows of these clients only. A row that was sent to several clients belongs to each of them. */
  clients: Schema.optional(Schema.NonEmptyArray(ConnectionId)),
  direction: Schema.optional(Schema.Literal("received", "sent", "announcement")),
  /** Text that the row contains, letter case aside. */
  text: Schema.optional(Schema.String),
  /** Regular expression that the text of the row matches. */
  regex: Schema.optional(Schema.String),
  /** Bytes in hex that the frame contains. */
  hex: Schema.optional(Schema.String),
  /** Language in which `text` and `regex` look at announcements. Default `en`. It is no condition by itself. */
  language: Schema.optional(LogLanguage),
})
export type LogFilter = typeof LogFilter.Type

/** How bytes are shown. */
export const LogView = Schema.Literal("text", "hex", "both")
export type LogView = typeof LogView.Type

/** One row of a log: a frame, or an announcement. Text is shown text: control characters are escaped. */
export const LogRow = Schema.Struct({
  /** Number of the row: 0, 1, 2 … in the order of what happened, never reused. */
  row: Schema.Number,
  /** Milliseconds since the epoch, with fractions. */
  at: Schema.Number,
  kind: Schema.Literal("received", "sent", "announcement"),
  /** The client that it is about. A row that was sent to several clients has none. */
  id: Schema.optional(ConnectionId),
  /** Name of that client, at this moment. */
  name: Schema.optional(Schema.String),
  /** How many clients it was sent to, and the first of them. */
  to: Schema.optional(Schema.Struct({ count: Schema.Int, first: Schema.Array(ConnectionId) })),
  /** What sent it, where that was no user: a rule, a repeat, a macro, the mode. */
  by: Schema.optional(Schema.String),
  /** Announcement, or bytes as text. */
  text: Schema.optional(Schema.String),
  /** Bytes as hex pairs with spaces between them. */
  hex: Schema.optional(Schema.String),
  /** Length of the frame, bytes. */
  bytes: Schema.optional(Schema.Number),
  /** Whether `text` or `hex` has the begin of the frame only. */
  cut: Schema.optional(Schema.Boolean),
  /** What an announcement is about: an end that was nobody's wish is `problem`. */
  tone: Schema.optional(Schema.Literal("plain", "good", "problem")),
})
export type LogRow = typeof LogRow.Type

/** How far a log, or a search in it, reaches. */
export const LogExtent = Schema.Struct({
  /** Number of the first row that is kept. */
  first: Schema.Number,
  /** Number of the next row; with a filter, `first` + the number of matches. */
  next: Schema.Number,
  /** Rows that fell out of the bound on bytes. */
  dropped: Schema.Number,
  /** Bytes that the log holds, and may hold. */
  bytes: Schema.Number,
  limit: Schema.Number,
  /** Whether a search has come to the end of the log. */
  complete: Schema.Boolean,
})
export type LogExtent = typeof LogExtent.Type

/** A range of rows. Without a filter `from` is a row's number; with one it is the ordinal of a match, from 0. */
export const RowsRequest = Schema.Struct({
  filter: Schema.optional(LogFilter),
  from: Schema.Number.pipe(Schema.nonNegative()),
  /** At most 1000. */
  count: Schema.Int.pipe(Schema.between(1, 1000)),
  view: LogView,
  /** Language of the announcements. Default `en`. */
  language: Schema.optional(LogLanguage),
})
export type RowsRequest = typeof RowsRequest.Type
