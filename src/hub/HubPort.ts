import type * as Effect from "effect/Effect"
import type { ConnectionId, SlowConsumerPolicy } from "../domain/index.ts"

/**
 * The synchronous side of a hub, for connections. A server uses no other part of a hub, so another kind of hub can
 * replace this one.
 */
export interface HubPort {
  /**
   * Attaches a subscriber, which gets everything published from now on. If the hub has ended, the subscription ends at
   * once.
   */
  readonly attach: (sink: HubSink, options?: AttachOptions) => HubMember
  /** Publishes a run of whole frames to all subscribers. Returns `false` if the publisher must wait for `unblocked`. */
  readonly publish: (run: Uint8Array) => boolean
  /** Waits until a publisher that is not a member may publish. The wait also ends when the hub ends. */
  readonly unblocked: Effect.Effect<void>
}

/**
 * The destination of a subscriber's bytes: a connection, or the queue of a stream. All calls are synchronous. After
 * `false` from `deliver` or `uncork` the sink is full. It must call `drained` of its member when it has taken
 * everything.
 */
export interface HubSink {
  readonly deliver: (bytes: Uint8Array, publisher: ConnectionId | undefined) => boolean
  readonly cork: () => void
  readonly uncork: () => boolean
  /** The number of bytes that were delivered and that the sink has not taken yet. */
  readonly pending: () => number
  /**
   * For a sink of several hubs: called when one of the hubs has found that the sink takes nothing.
   * {@link isUnresponsive} then returns `true`.
   */
  readonly onUnresponsive?: () => void
  /**
   * For a sink of several hubs: whether a hub has found that the sink takes nothing, and the sink has taken nothing since.
   * The other hubs then do not block their publishers for the sink. Default: not known.
   */
  readonly isUnresponsive?: () => boolean
  /**
   * For a sink of several hubs: the number of bytes queued for it in all of them, where `logged` bytes are queued in the log
   * of this hub. Budgets count this number. Default: `logged` and `pending` together.
   */
  readonly pendingWith?: (logged: number) => number
  /** A number that changes whenever the sink takes bytes. */
  readonly progress: () => number
  /** Whether the sink needs the publisher of each run. If so, each run is delivered separately. */
  readonly needsPublisher: boolean
  /** The sink was above its budget under the policy `disconnect`. It is detached already. */
  readonly onOverflow: (pendingBytes: number, budgetBytes: number) => void
  /** A method of the sink has thrown. The sink is detached already. This callback must not throw. */
  readonly onFailed: (error: unknown) => void
  /** The hub has ended, and everything published before was delivered. A sink without this callback is detached. */
  readonly onHubEnded?: () => void
  /** Frames were dropped under the policy `drop-oldest`: `missed` frames now, `total` since the sink was attached. */
  readonly onDropped: (missed: number, total: number) => void
  /** Called when a quarter of the budget is queued. */
  readonly onStalled: (pendingBytes: number) => void
  /** Called when a stalled sink has caught up. */
  readonly onRecovered: () => void
  /** The member must not publish until `onUnblocked`. Runs that it publishes meanwhile are delivered nevertheless. */
  readonly onBlocked: () => void
  readonly onUnblocked: () => void
}

/** Options of a subscriber. */
export interface AttachOptions {
  /**
   * The connection that publishes through this member. Sinks with `needsPublisher` get its id. Default: no connection.
   */
  readonly connection?: ConnectionId
  /** The maximum number of bytes queued for the subscriber. Default: the hub's budget. */
  readonly budgetBytes?: number
  /** What happens above the budget. Default: the hub's policy. */
  readonly slowConsumer?: SlowConsumerPolicy
  /** Whether the subscriber first gets the history of the hub, if the hub has one. Default `false`. */
  readonly history?: boolean
}

/** A subscriber in its hub. It can also publish. It does not receive the runs that it publishes. */
export interface HubMember {
  /** Publishes a run of whole frames to all others. Returns `false` if the member is blocked until `onUnblocked`. */
  readonly publish: (run: Uint8Array) => boolean
  /** The number of bytes queued for the member: in the hub, or delivered to its sink but not taken. */
  readonly pending: () => number
  /** Reports that the sink has taken everything. */
  readonly drained: () => void
  /** Delivers the runs of this turn of the event loop now, to all members. */
  readonly flush: () => void
  /** Ends the subscription after everything published so far. Calls `done` when all of it was delivered. */
  readonly finish: (done: () => void) => void
  /** Ends the subscription at once. */
  readonly detach: () => void
}
