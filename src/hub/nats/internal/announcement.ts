import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { NodeName } from "./NodeName.ts"

const fields = {
  v: Schema.Literal(1),
  node: Schema.String.pipe(Schema.filter(NodeName.isName)),
  /** A random number, new with each start of the node. */
  epoch: Schema.NonNegativeInt,
}

const position = {
  /** The framing of the hub. */
  framing: Schema.String,
  /** The sequence number of the next message of the hub. */
  sequence: Schema.NonNegativeInt,
  /** The number of frames in all messages of the hub before it. */
  frames: Schema.NonNegativeInt,
  /** The version of the list of clients. */
  clients: Schema.NonNegativeInt,
  /** The version of the list of members of rooms. */
  members: Schema.NonNegativeInt,
}

const part = {
  version: Schema.NonNegativeInt,
  whole: Schema.optional(Schema.Struct({ at: Schema.NonNegativeInt, of: Schema.NonNegativeInt })),
  left: Schema.Array(Schema.Int),
}

const client = Schema.Tuple(Schema.Int, Schema.String, Schema.Number)
const member = Schema.Tuple(Schema.Int, Schema.String, Schema.Int, Schema.String)

/**
 * An announcement of a node to all others, as JSON.
 *
 * - `Hello`: the node has a new connection, and asks for an answer. `Beat`: the answer, and a sign of life. Both have the
 *   position of the hub, so the other nodes find out which frames they missed.
 * - `Left`: the node ends.
 * - `Clients`, `Members`: the changes of the clients of the node, or of the members of its rooms, or a part of the whole
 *   list. `Ask`: asks the node with the epoch `to` for a whole list.
 */
export const Announcement = Schema.Union(
  Schema.TaggedStruct("Hello", { ...fields, ...position }),
  Schema.TaggedStruct("Beat", { ...fields, ...position }),
  Schema.TaggedStruct("Left", fields),
  Schema.TaggedStruct("Clients", { ...fields, ...part, joined: Schema.Array(client) }),
  Schema.TaggedStruct("Members", { ...fields, ...part, joined: Schema.Array(member) }),
  Schema.TaggedStruct("Ask", { ...fields, to: Schema.NonNegativeInt, list: Schema.Literal("clients", "members") }),
)
export type Announcement = typeof Announcement.Type

/** An announcement of some kinds. */
export type Heard<Tag extends Announcement["_tag"]> = Extract<Announcement, { readonly _tag: Tag }>

/** An announcement without the fields that all announcements of a node have. */
export type AnnouncementBody<Tag extends Announcement["_tag"]> = Tag extends unknown
  ? Omit<Heard<Tag>, keyof typeof fields>
  : never

const decodeJson = Schema.decodeEither(Schema.parseJson(Announcement))

export const encodeAnnouncement = (announcement: Announcement): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(announcement))

/** Returns `undefined` if the bytes are not an announcement of this version. */
export const decodeAnnouncement = (bytes: Uint8Array): Announcement | undefined =>
  Either.getOrUndefined(decodeJson(new TextDecoder().decode(bytes)))
