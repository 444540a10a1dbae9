import type * as Effect from "effect/Effect"
import type { ConnectionId, SlowConsumerPolicy } from "../domain/index.ts"

/** The synchronous side of a hub, for connections. A server needs nothing else of a hub, whatever carries the frames. */
export interface HubPort {
  /** Attaches a subscriber, which gets everything published from now on. After the hub's end it ends at once. */
  readonly attach: (sink: HubSink, options?: AttachOptions) => HubMember
  /** Publishes a run of whole frames to all subscribers. `false`: the publisher must wait for `unblocked`. */
  readonly publish: (run: Uint8Array) => boolean
  /** Waits until a publisher that is no member may publish. The hub's end ends the wait. */
  readonly unblocked: Effect.Effect<void>
}

/**
 * Where the bytes of a subscriber go: a connection, or the queue of a stream. All calls are synchronous. After `false` from
 * `deliver` or `uncork` the sink is full, and must call `drained` on its member when it has taken everything.
 */
export interface HubSink {
  readonly deliver: (bytes: Uint8Array, publisher: ConnectionId | undefined) => boolean
  readonly cork: () => void
  readonly uncork: () => boolean
  /** Bytes delivered and not taken. */
  readonly pending: () => number
  /** A number that changes whenever the sink takes bytes. */
  readonly progress: () => number
  /** Whether the sink needs the publisher of each run. Then each run is delivered by itself. */
  readonly needsPublisher: boolean
  /** The sink was above its budget under the policy `disconnect`. It is detached already. */
  readonly onOverflow: (pendingBytes: number, budgetBytes: number) => void
  /** A call of the sink has thrown. It is detached already. This callback must not throw. */
  readonly onFailed: (error: unknown) => void
  /** The hub has ended, and everything published before was delivered. A sink without this callback is detached. */
  readonly onHubEnded?: () => void
  /** Frames were dropped under the policy `drop-oldest`: how many now, and in all. */
  readonly onDropped: (missed: number, total: number) => void
  /** A quarter of the budget is queued. */
  readonly onStalled: (pendingBytes: number) => void
  /** The sink has caught up after it had stalled. */
  readonly onRecovered: () => void
  /** The member must not publish until `onUnblocked`. Runs that it publishes all the same are delivered. */
  readonly onBlocked: () => void
  readonly onUnblocked: () => void
}

/** Options of a subscriber. */
export interface AttachOptions {
  /** The connection that publishes through this member: sinks with `needsPublisher` get it. Default: none. */
  readonly connection?: ConnectionId
  /** What may be queued for it, bytes. Default: the hub's. */
  readonly budgetBytes?: number
  /** What happens above the budget. Default: the hub's. */
  readonly slowConsumer?: SlowConsumerPolicy
}

/** A subscriber, as a hub knows it. It can publish too, and does not receive what it has published. */
export interface HubMember {
  /** Publishes a run of whole frames to all others. `false`: the member is blocked until `onUnblocked`. */
  readonly publish: (run: Uint8Array) => boolean
  /** Bytes queued for the member: in the hub, and delivered to its sink but not taken. */
  readonly pending: () => number
  /** The sink has taken everything. */
  readonly drained: () => void
  /** Ends the subscription behind everything published so far; calls back when all of it was delivered. */
  readonly finish: (done: () => void) => void
  /** Ends the subscription at once. */
  readonly detach: () => void
}
