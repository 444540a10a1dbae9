import * as Schema from "effect/Schema"
import { HubDetachReason, NatsAction } from "./HubDetachReason.ts"
import { HubHistoryProblem } from "./HubHistoryProblem.ts"

const stamp = { seq: Schema.Int, at: Schema.Number }

/** Frames of another node that this node did not receive. */
export const MissedFrames = Schema.Struct({ node: Schema.String, frames: Schema.Int })
export type MissedFrames = typeof MissedFrames.Type

/**
 * The hub is attached to NATS: the first time, or again after `HubDetached`. `nodes` is the number of other nodes that
 * answered. `missed` has the nodes whose frames were lost meanwhile, as the gap in their sequence shows. `late` frames of
 * this node waited for NATS and are sent now. `dropped` frames of this node, `droppedBytes` bytes, did not fit into the
 * queue for NATS.
 */
export const HubAttached = Schema.TaggedStruct("HubAttached", {
  ...stamp,
  server: Schema.String,
  nodes: Schema.Int,
  missed: Schema.Array(MissedFrames),
  late: Schema.Int,
  dropped: Schema.Int,
  droppedBytes: Schema.Int,
})
/**
 * The hub is detached from NATS: the connection has ended, or NATS takes nothing. The members of this node continue among
 * themselves.
 */
export const HubDetached = Schema.TaggedStruct("HubDetached", { ...stamp, reason: HubDetachReason })
/**
 * NATS does not allow this user to publish or to subscribe to a subject that only a part of the hub uses, such as the
 * subject of a room. This part works only within this node; the other parts are not affected. The hub emits one event of
 * this kind for each subject and action of a connection.
 */
export const HubRefused = Schema.TaggedStruct("HubRefused", { ...stamp, subject: Schema.String, action: NatsAction })
/**
 * NATS takes frames more slowly than the members of this node publish them: `pendingBytes` are queued for NATS. The hub
 * emits no second event of this kind before `HubRecovered`.
 */
export const HubStalled = Schema.TaggedStruct("HubStalled", { ...stamp, pendingBytes: Schema.Int })
/** NATS has taken everything that was queued after `HubStalled`. */
export const HubRecovered = Schema.TaggedStruct("HubRecovered", stamp)
/**
 * The queue for NATS is full while the hub is detached, so its oldest frames are dropped. The hub emits one event of this
 * kind for each time that it is detached. `HubAttached` has the total.
 */
export const HubOverflowed = Schema.TaggedStruct("HubOverflowed", {
  ...stamp,
  pendingBytes: Schema.Int,
  budgetBytes: Schema.Int,
})
/**
 * Frames of another node were lost while the hub was attached: `missed` frames now, `total` since that node was first
 * heard. With `gap`, they did not arrive. With `overflow`, they arrived faster than the members of this node take them,
 * and the policy of the hub is `block`.
 */
export const HubMissed = Schema.TaggedStruct("HubMissed", {
  ...stamp,
  node: Schema.String,
  missed: Schema.Int,
  total: Schema.Int,
  cause: Schema.Literal("gap", "overflow"),
})
/** Another node shares the hub from now on. */
export const NodeJoined = Schema.TaggedStruct("NodeJoined", { ...stamp, node: Schema.String })
/** A node no longer shares the hub: it said so (`left`), or it was not heard for the node timeout (`silent`). */
export const NodeLeft = Schema.TaggedStruct("NodeLeft", {
  ...stamp,
  node: Schema.String,
  cause: Schema.Literal("left", "silent"),
})
/**
 * Another node uses the name of this hub with another framing, so the two nodes do not hear each other. The hub emits one
 * event of this kind for each such node.
 */
export const NodeMismatched = Schema.TaggedStruct("NodeMismatched", {
  ...stamp,
  node: Schema.String,
  framing: Schema.String,
})

/**
 * JetStream stores the frames of the hub in a stream from now on: at the start of the node, or again after
 * `HubHistoryOff`. `frames` is the number of frames that a client gets when it connects now.
 */
export const HubHistoryOn = Schema.TaggedStruct("HubHistoryOn", {
  ...stamp,
  stream: Schema.String,
  frames: Schema.Int,
})
/**
 * JetStream does not store the frames of the hub. Clients that connect get the frames that this node has. The node
 * tries again with each new connection to NATS and every 30 seconds, and emits no second event of this kind for the
 * same problem.
 */
export const HubHistoryOff = Schema.TaggedStruct("HubHistoryOff", { ...stamp, problem: HubHistoryProblem })

/** The events of a hub that several nodes share. */
export const HubEvent = Schema.Union(
  HubAttached,
  HubDetached,
  HubRefused,
  HubStalled,
  HubRecovered,
  HubOverflowed,
  HubMissed,
  NodeJoined,
  NodeLeft,
  NodeMismatched,
  HubHistoryOn,
  HubHistoryOff,
)
export type HubEvent = typeof HubEvent.Type

/** An event of a hub before it has a number and a time. */
export type HubNotice = HubEvent extends infer E ? (E extends HubEvent ? Omit<E, "seq" | "at"> : never) : never
