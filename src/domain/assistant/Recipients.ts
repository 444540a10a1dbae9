import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"

/** One term of a list of recipients: `@all`, `@3`, `@plc-1`, `@tag:line2`, `@10.0.0.0/8`, `@last`. */
export const RecipientTerm = Schema.Union(
  /** Every client. Written `@all`. */
  Schema.TaggedStruct("All", {}),
  /** One client by its number. Written `@3`. */
  Schema.TaggedStruct("Id", { id: ConnectionId }),
  /** One client by its name. Written `@plc-1`. */
  Schema.TaggedStruct("Name", { name: Schema.String }),
  /** Every client with a tag. Written `@tag:line2`. */
  Schema.TaggedStruct("Tag", { tag: Schema.String }),
  /** Every client whose address is in a range. Written `@10.0.0.0/8`, or `@10.0.0.7` for one address. */
  Schema.TaggedStruct("Network", { range: Schema.String }),
  /** The client that most recently sent data. Written `@last`. */
  Schema.TaggedStruct("Last", {}),
)
export type RecipientTerm = typeof RecipientTerm.Type

/**
 * The clients that a command applies to: the clients that `some` matches, except the clients that `but` matches. The
 * assistant resolves them when the command runs. The written form separates terms with commas, as in `@3,@plc-1`.
 * `@all-but 3,@tag:line2` means every client except the listed clients.
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
