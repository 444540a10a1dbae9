import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type {
  Codec,
  CodecError,
  ConnectionId,
  Frame,
  Framing,
  HubNotice,
  InvalidPayloadError,
  SettingsError,
  SlowConsumerError,
  SlowConsumerPolicy,
} from "../domain/index.ts"
import type { HubHistory } from "./HubHistory.ts"
import type { HubPort } from "./HubPort.ts"
import type { RemoteClient, RemotePresence } from "./RemoteClient.ts"

/** Options of a hub. */
export interface HubOptions {
  /** The framing of the published runs. It must be the framing of the connections. Default `Framing.raw`. */
  readonly framing?: Framing.Framing
  /**
   * The longest payload that can be published, bytes. `Framing.raw` has no such limit. Default 1 MiB
   * (`limits.maxFrameBytes`).
   */
  readonly maxFrameBytes?: number
  /**
   * The maximum number of bytes queued for one subscriber, in the log and in its sink. Default 8 MiB
   * (`limits.hubBudgetBytes`).
   */
  readonly budgetBytes?: number
  /**
   * What happens when a subscriber exceeds its budget: it is disconnected, its oldest frames are dropped, or publishers
   * are blocked. Default `disconnect` (`limits.slowConsumer`).
   */
  readonly slowConsumer?: SlowConsumerPolicy
  /** How long publishers are blocked while no other subscriber reads anything. Default 5 s (`limits.paceLimit`). */
  readonly paceLimit?: Duration.DurationInput
  /**
   * The frames that the hub keeps for late joiners: each new connection of a server gets them first. Default none. Rooms
   * have no history.
   */
  readonly history?: HubHistory
}

/** Options of a subscription. */
export interface HubSubscribeOptions {
  /** The maximum number of bytes queued for the stream. Default: the hub's `budgetBytes`. */
  readonly budgetBytes?: number
  /**
   * What happens above the budget: the stream fails, its oldest frames are dropped, or publishers are blocked. Default: the
   * hub's `slowConsumer`.
   */
  readonly slowConsumer?: SlowConsumerPolicy
  /** Whether the stream begins with the history of the hub, if the hub has one. Default `false`. */
  readonly history?: boolean
  /**
   * An effect that runs after `drop-oldest` has dropped frames, before the next frames are delivered. Its arguments are
   * the number of frames dropped since its last call, and the number in all. Default: nothing runs.
   */
  readonly onDropped?: (missed: number, total: number) => Effect.Effect<void>
}

/** Options of a subscription to values. */
export interface HubSubscribeAsOptions extends HubSubscribeOptions {
  /**
   * An effect that runs for each payload that the codec cannot decode. The stream then continues without the payload.
   * Default: the stream fails.
   */
  readonly onInvalid?: (error: CodecError) => Effect.Effect<void>
}

/** The state of a hub at one moment. */
export interface HubStats {
  readonly subscribers: number
  /** The number of subscribers that have not read everything published to them. */
  readonly lagging: number
  /** The number of bytes that the shared log keeps for these subscribers. */
  readonly retainedBytes: number
}

/**
 * Callbacks that run in the turn of the event loop in which something happens. A callback must return at once and must
 * not throw. An observer that throws is removed, and the failure is logged. Without an observer nothing is measured.
 */
export interface HubObserver {
  /**
   * The hub has delivered the frames of one turn of the event loop to its subscribers. `millis`: the duration of the
   * delivery.
   */
  readonly onFlush?: ((millis: number) => void) | undefined
  /** Something happened to a hub that several nodes share. A hub in memory never calls it. */
  readonly onNotice?: ((notice: HubNotice) => void) | undefined
}

/** The clients of all nodes that share a hub. */
export interface HubNetwork {
  /** The clients of the other nodes, as far as this node has heard of them. Clients of a silent node leave with it. */
  readonly clients: Effect.Effect<ReadonlyArray<RemoteClient>>
  /** The clients of the other nodes at the start of the stream, then each that comes or goes. It ends with the hub. */
  readonly presence: Stream.Stream<RemotePresence>
  /** Tells the other nodes of a client of this node. A server calls it. `remote`: its endpoint as text. */
  readonly opened: (id: ConnectionId, remote: string, since: number) => void
  /** Tells the other nodes that a client of this node has gone. A server calls it. */
  readonly closed: (id: ConnectionId) => void
}

/** The operations of a hub. */
export interface HubService {
  /**
   * Publishes one payload to all subscribers, then waits while publishers are blocked. A subscriber above its budget
   * with the policy `block` blocks publishers, and so do readers that cannot keep up (`paceLimit`). Fails when the
   * framing cannot carry the payload as one frame.
   */
  readonly publish: (payload: Uint8Array) => Effect.Effect<void, InvalidPayloadError>
  /** Publishes a value through a codec. */
  readonly publishAs: <A, R>(
    codec: Codec.EffectCodec<A, R>,
    value: NoInfer<A>,
  ) => Effect.Effect<void, CodecError | InvalidPayloadError, R>
  /**
   * Subscribes at once: the stream gets every frame published from now on, after the history if `history` is set. It ends
   * with the scope or the hub. It fails with `SlowConsumerError` when more than its budget is queued for it.
   */
  readonly subscribe: (
    options?: HubSubscribeOptions,
  ) => Effect.Effect<Stream.Stream<Frame, SlowConsumerError>, SettingsError, Scope.Scope>
  /** Like `subscribe`, with each payload decoded by a codec. */
  readonly subscribeAs: <A, R>(
    codec: Codec.EffectCodec<A, R>,
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<A, SlowConsumerError | CodecError, R>, SettingsError, Scope.Scope>
  readonly stats: Effect.Effect<HubStats>
  /** Calls an observer until the scope closes. */
  readonly observe: (observer: HubObserver) => Effect.Effect<void, never, Scope.Scope>
  readonly framing: Framing.Framing
  /** The other nodes of a hub that several nodes share. `undefined` for a hub in memory. */
  readonly network?: HubNetwork
  /** The synchronous side of the hub, for connections. */
  readonly port: HubPort
}
