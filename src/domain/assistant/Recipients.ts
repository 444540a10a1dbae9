import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"

/** One word of recipients: `@all`, `@3`, `@plc-1`, `@tag:line2`, `@10.0.0.0/8`, `@last`. */
export const RecipientTerm = Schema.Union(
  /** Every client. Written `@all`. */
  Schema.TaggedStruct("All", {}),
  /** One client by its number. Written `@3`. */
  Schema.TaggedStruct("Id", { id: ConnectionId }),
  /** One client by the name that it was given. Written `@plc-1`. */
  Schema.TaggedStruct("Name", { name: Schema.String }),
  /** Every client that carries a tag. Written `@tag:line2`. */
  Schema.TaggedStruct("Tag", { tag: Schema.String }),
  /** Every client whose address is in a range. Written `@10.0.0.0/8`, or `@10.0.0.7` for one address. */
  Schema.TaggedStruct("Network", { range: Schema.String }),
  /** The client that sent something last. Written `@last`. */
  Schema.TaggedStruct("Last", {}),
)
export type RecipientTerm = typeof RecipientTerm.Type

/**
 * The clients that a command is for: those of `some`, without those of `but`. They are resolved at the moment of sending.
 * Written with commas: `@3,@plc-1`; `@all-but 3,@tag:line2` is every client without those behind it.
 */
export const Recipients = Schema.TaggedStruct("Recipients", {
  some: Schema.NonEmptyArray(RecipientTerm),
  but: Schema.Array(RecipientTerm),
})
export type Recipients = typeof Recipients.Type

/** Every client. */
export const everyone: Recipients = { _tag: "Recipients", some: [{ _tag: "All" }], but: [] }

/** One client by its number. */
export const onlyClient = (id: ConnectionId): Recipients => ({
  _tag: "Recipients",
  some: [{ _tag: "Id", id }],
  but: [],
})
