import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"

/** The language of announcements. */
export const LogLanguage = Schema.Literal("en", "zh")
export type LogLanguage = typeof LogLanguage.Type

/** A filter for rows of a log. A row must meet all given conditions. */
export const LogFilter = Schema.Struct({
  /** The row belongs to one of these clients. A row that was sent to several clients belongs to each of them. */
  clients: Schema.optional(Schema.NonEmptyArray(ConnectionId)),
  direction: Schema.optional(Schema.Literal("received", "sent", "announcement")),
  /** The row contains this text, in any letter case. */
  text: Schema.optional(Schema.String),
  /** The text of the row matches this regular expression. */
  regex: Schema.optional(Schema.String),
  /** The frame contains these bytes, in hex. */
  hex: Schema.optional(Schema.String),
  /** Whether every announcement matches, whatever the other conditions are. It is not a condition by itself. */
  keepsAnnouncements: Schema.optional(Schema.Boolean),
  /** The language of announcements for `text` and `regex`. Default `en`. The language is not a condition. */
  language: Schema.optional(LogLanguage),
})
export type LogFilter = typeof LogFilter.Type

/**
 * The form in which bytes are shown: text with escapes (`text`), hex pairs (`hex`), text with `<HH>` for each byte that
 * is not a printable character (`mixed`), or hex and text (`both`).
 */
export const LogView = Schema.Literal("text", "hex", "mixed", "both")
export type LogView = typeof LogView.Type

/** One row of a log: a frame or an announcement. Control characters in its text are escaped. */
export const LogRow = Schema.Struct({
  /** The number of the row: 0, 1, 2 … in chronological order, never reused. */
  row: Schema.Number,
  /** Milliseconds since the epoch, with fractions. */
  at: Schema.Number,
  kind: Schema.Literal("received", "sent", "announcement"),
  /** The client of the row. Absent if the row was sent to several clients. */
  id: Schema.optional(ConnectionId),
  /** The client's current name. */
  name: Schema.optional(Schema.String),
  /** The number of recipients, and the first of them. */
  to: Schema.optional(Schema.Struct({ count: Schema.Int, first: Schema.Array(ConnectionId) })),
  /** The automatic sender: a rule, a repeat, a macro or the mode. Absent if a user sent the frame. */
  by: Schema.optional(Schema.String),
  /** The announcement, or the bytes as text. */
  text: Schema.optional(Schema.String),
  /** The bytes as hex pairs, separated by spaces. */
  hex: Schema.optional(Schema.String),
  /** The length of the frame, bytes. */
  bytes: Schema.optional(Schema.Number),
  /** Whether `text` or `hex` shows only the beginning of the frame. */
  cut: Schema.optional(Schema.Boolean),
  /** The tone of an announcement. An end that neither side requested, for example, has the tone `problem`. */
  tone: Schema.optional(Schema.Literal("plain", "good", "problem")),
})
export type LogRow = typeof LogRow.Type

/** The extent of a log, or of a search in it. */
export const LogExtent = Schema.Struct({
  /** The number of the first stored row. */
  first: Schema.Number,
  /** The number of the next row; with a filter, `first` plus the number of matches. */
  next: Schema.Number,
  /** The number of rows that were dropped at the limit. */
  dropped: Schema.Number,
  /** The size of the log, bytes. */
  bytes: Schema.Number,
  /** The largest size of the log, bytes. */
  limit: Schema.Number,
  /** Whether the search has reached the end of the log. */
  complete: Schema.Boolean,
})
export type LogExtent = typeof LogExtent.Type

/** A request for a range of rows. `from` is the number of a row; with a filter, it is the index of a match, from 0. */
export const RowsRequest = Schema.Struct({
  filter: Schema.optional(LogFilter),
  from: Schema.Number.pipe(Schema.nonNegative()),
  /** At most 1000. */
  count: Schema.Int.pipe(Schema.between(1, 1000)),
  view: LogView,
  /** The language of announcements. Default `en`. */
  language: Schema.optional(LogLanguage),
})
export type RowsRequest = typeof RowsRequest.Type
