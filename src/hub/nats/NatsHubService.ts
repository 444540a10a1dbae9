import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { EventsMissed, HubEvent, SettingsError } from "../../domain/index.ts"
import type { EventSubscribeOptions } from "../../runtime/EventBus.ts"
import type { HubNetwork, HubService, Hubs } from "../index.ts"

/** The state of a hub on NATS at one moment. */
export interface NatsState {
  /** The name of this node. */
  readonly node: string
  /** Whether frames pass between this node and the others. */
  readonly attached: boolean
  /** The NATS server of the last connection. */
  readonly server: string
  /** The names of the other nodes. */
  readonly nodes: ReadonlyArray<string>
  /** The memory of the messages that wait for NATS, bytes. */
  readonly pendingBytes: number
}

/** An event of a hub on NATS, or the number of events that a slow subscriber missed. */
export type NatsHubEvent = HubEvent | typeof EventsMissed.Type

/** The operations of a hub on NATS. */
export interface NatsHubService extends HubService {
  readonly network: HubNetwork
  /** The hubs for rooms that several nodes share: `Rooms.make({ hubs: hub.rooms })`. They have the options of this hub. */
  readonly rooms: Hubs
  readonly natsState: Effect.Effect<NatsState>
  /**
   * Subscribes to the events of the hub at once: the stream contains every event after this call, even if the stream runs
   * later. It ends with the hub.
   */
  readonly subscribeEvents: (
    options?: Pick<EventSubscribeOptions, "bufferBytes">,
  ) => Effect.Effect<Stream.Stream<NatsHubEvent>, SettingsError, Scope.Scope>
  /** The events of the hub. The stream subscribes when it is run, and misses the events before that. */
  readonly events: Stream.Stream<NatsHubEvent>
}
