import type * as Effect from "effect/Effect"
import type { ConnectionId, SlowConsumerPolicy } from "../domain/index.ts"

/** The synchronous side of a hub, for connections. Whatever carries the frames, it is this that a server needs. */
export interface HubPort {
  /** Takes part from now on. After the hub's end: ended at once. */
  readonly attach: (sink: HubSink, options?: AttachOptions) => HubMember
  /** Publishes a run of whole frames to everybody. `false`: the publisher shall wait for `released`. */
  readonly publish: (run: Uint8Array) => boolean
  /** Waits until a publisher from outside may go on; the hub's end lets it go on too. */
  readonly released: Effect.Effect<void>
}

/**
 * Where a subscriber's bytes go: a connection, or the queue of a stream. Synchronous; `false` from `deliver` or `uncork`
 * says that it is full, and obliges it to call `drained` on its member when it has taken everything.
 */
export interface HubSink {
  readonly deliver: (bytes: Uint8Array, publisher: ConnectionId | undefined) => boolean
  readonly cork: () => void
  readonly uncork: () => boolean
  /** Bytes handed over and not taken. */
  readonly pending: () => number
  /** Changes whenever bytes are taken. */
  readonly progress: () => number
  /** Whether it must know the publisher of what it gets: then each run comes on its own. */
  readonly needsPublisher: boolean
  /** It lagged beyond its budget under the policy `disconnect`. It is detached already. */
  readonly onOverflow: (pendingBytes: number, budgetBytes: number) => void
  /** It threw while it was handed something or asked for its lag. It is detached already. This must not throw. */
  readonly onFailed: (error: unknown) => void
  /** The hub has ended, after it handed over all the rest. A sink without this is just detached. */
  readonly onHubEnded?: () => void
  /** Frames were passed over under `drop-oldest`: now, and in all. */
  readonly onDropped: (missed: number, total: number) => void
  /** A quarter of its budget waits; then: it has caught up. */
  readonly onStalled: (pendingBytes: number) => void
  readonly onRecovered: () => void
  /** As a publisher: publish no more until `onReleased`. What is published all the same is not lost. */
  readonly onHeld: () => void
  readonly onReleased: () => void
}

/** How a sink takes part. */
export interface AttachOptions {
  /** Whose frames these are, for those who need to know. */
  readonly connection?: ConnectionId
  readonly budgetBytes?: number
  readonly slowConsumer?: SlowConsumerPolicy
}

/** One subscriber's part in the hub; it publishes too, and never hears itself. */
export interface HubMember {
  /** Publishes a run of whole frames to all others. `false`: held back until `onReleased`. */
  readonly publish: (run: Uint8Array) => boolean
  /** Bytes published to it that it was not handed, and those that its sink has not taken. */
  readonly pending: () => number
  /** The sink has taken everything. */
  readonly drained: () => void
  /** Nothing published from here on is for this member; calls back once all before it has been handed over. */
  readonly finish: (done: () => void) => void
  readonly detach: () => void
}
