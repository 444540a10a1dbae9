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
}

const clients = {
  version: Schema.NonNegativeInt,
  part: Schema.Literal("change", "first", "more", "last", "only"),
  joined: Schema.Array(Schema.Tuple(Schema.Int, Schema.String, Schema.Number)),
  left: Schema.Array(Schema.Int),
}

/**
 * An announcement of a node to all others, as JSON.
 *
 * - `Hello`: the node has a new connection, and asks for an answer. `Beat`: the answer, and a sign of life. Both have the
 *   position of the hub, so the other nodes find out which frames they missed.
 * - `Left`: the node ends.
 * - `Clients`: the changes of the clients of the node, or a part of the whole list. `Ask`: asks the node with the epoch `to`
 *   for its whole list.
 */
export const Announcement = Schema.Union(
  Schema.TaggedStruct("Hello", { ...fields, ...position }),
  Schema.TaggedStruct("Beat", { ...fields, ...position }),
  Schema.TaggedStruct("Left", fields),
  Schema.TaggedStruct("Clients", { ...fields, ...clients }),
  Schema.TaggedStruct("Ask", { ...fields, to: Schema.NonNegativeInt }),
)
export type Announcement = typeof Announcement.Type

const decodeJson = Schema.decodeEither(Schema.parseJson(Announcement))

export const encodeAnnouncement = (announcement: Announcement): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(announcement))

/** Returns `undefined` if the bytes are not an announcement of this version. */
export const decodeAnnouncement = (bytes: Uint8Array): Announcement | undefined =>
  Either.getOrUndefined(decodeJson(new TextDecoder().decode(bytes)))
