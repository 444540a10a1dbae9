import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type {
  ConnectionId,
  Endpoint,
  InvalidPayloadError,
  ListenEndpointInput,
  ListenEndpointInputs,
  ListenError,
  NoSuchConnectionError,
  SendError,
  ServerEvent,
  SettingsError,
} from "../domain/index.ts"
import type { HubService, RemoteClient, RemotePresence } from "../hub/index.ts"
import type { EventSubscribeOptions } from "../runtime/EventBus.ts"
import type { DrainResult } from "./internal/ServerCore.ts"
import type { ReloadableSettings } from "./ServerConfig.ts"
import type { ServerObserver } from "./ServerObserver.ts"
import type { ConnectionInfo, Listener, Listeners, ServerCounts, ServerState, ServerTraffic } from "./ServerState.ts"

/** The operations of a server. */
export interface ServerService {
  /**
   * Listens until the scope closes. Accepted connections stay open after that. The endpoint is a value, or a text such as
   * "127.0.0.1:9000", ":0" or "unix:/run/x.sock". After the end of the server's scope, `listen` is interrupted.
   */
  readonly listen: (endpoint: ListenEndpointInput) => Effect.Effect<Listener, ListenError, Scope.Scope>
  /**
   * Listens on all endpoints, in their order, until the scope closes. If it cannot listen on one of them, it closes the
   * listeners that it has opened, and fails. Connections that these listeners have accepted stay open.
   */
  readonly listenAll: (endpoints: ListenEndpointInputs) => Effect.Effect<Listeners, ListenError, Scope.Scope>
  /** The endpoints on which the server listens, with the real ports. */
  readonly listening: Effect.Effect<ReadonlyArray<Endpoint>>
  /** Listens until `stopListening`, or until the server's scope closes. */
  readonly startListening: (endpoint: ListenEndpointInput) => Effect.Effect<Listener, ListenError>
  /**
   * Closes the listener of an endpoint and frees its port. Accepted connections stay open. Returns `false` if the
   * server had no such listener; a text that is not an endpoint names no listener.
   */
  readonly stopListening: (endpoint: ListenEndpointInput) => Effect.Effect<boolean>
  /** Refuses new connections until `resume`. The listeners stay open, so the ports stay taken. */
  readonly suspend: Effect.Effect<void>
  /** Accepts new connections again after `suspend`. */
  readonly resume: Effect.Effect<void>
  /** The state of the server now. */
  readonly state: Effect.Effect<ServerState>
  /**
   * Subscribes at once: the stream contains every event after this call, even if the stream runs later. Use it where a
   * program must not miss the first events; {@link events} subscribes only when its stream runs.
   */
  readonly subscribeEvents: (
    options?: EventSubscribeOptions,
  ) => Effect.Effect<Stream.Stream<ServerEvent>, SettingsError, Scope.Scope>
  /** All events except frames. The stream subscribes when it is run, and misses the events before that. */
  readonly events: Stream.Stream<ServerEvent>
  /** Calls an observer for everything that happens, in the same turn of the event loop, until the scope closes. */
  readonly observe: (observer: ServerObserver) => Effect.Effect<void, never, Scope.Scope>
  /**
   * The open connections of this server. {@link remoteClients} has the clients of the other servers that share its hub. They
   * are not here, because this server cannot send to them or close them.
   */
  readonly connections: Effect.Effect<ReadonlyArray<ConnectionInfo>>
  /** The clients of the other servers that share the hub. The list is empty if no other server shares it. */
  readonly remoteClients: Effect.Effect<ReadonlyArray<RemoteClient>>
  /**
   * A stream of the clients of the other servers that share the hub: a `Snapshot`, then `Joined` and `Left`. If no other
   * server shares the hub, the stream has one empty snapshot and ends. It also ends with the hub.
   */
  readonly remotePresence: Stream.Stream<RemotePresence>
  /** The state of one open connection. */
  readonly connection: (id: ConnectionId) => Effect.Effect<ConnectionInfo, NoSuchConnectionError>
  /** The connection that sent a frame last, open or ended. */
  readonly lastHeard: Effect.Effect<Option.Option<ConnectionId>>
  /** Whether new connections are accepted. Cheaper than {@link state}, which lists all connections. */
  readonly accepting: Effect.Effect<ServerState["accepting"]>
  /** The numbers of opened, closed and refused connections. Cheaper than {@link state}, which lists all connections. */
  readonly counts: Effect.Effect<ServerCounts>
  /** The bytes of all connections, open or ended. */
  readonly traffic: Effect.Effect<ServerTraffic>
  /** Sends one payload to one connection. */
  readonly send: (id: ConnectionId, payload: Uint8Array) => Effect.Effect<void, NoSuchConnectionError | SendError>
  /**
   * Sends one payload to several connections, with one `FrameSent` event, and returns the ids of the connections to which
   * it was written. Connections that are closing, or to which this side has sent FIN, are left out. The effect does not
   * wait for the kernel. A connection with more than `hubBudget` bytes queued gets nothing: with
   * `slowConsumer: "disconnect"` it is closed with `SlowConsumer`, else it is left out.
   */
  readonly sendTo: (
    ids: Iterable<ConnectionId>,
    payload: Uint8Array,
  ) => Effect.Effect<ReadonlyArray<ConnectionId>, InvalidPayloadError>
  /** Sends one payload to all connections through the hub, and returns their ids. */
  readonly broadcast: (payload: Uint8Array) => Effect.Effect<ReadonlyArray<ConnectionId>, InvalidPayloadError>
  /** Sends FIN to one connection. Receiving continues. */
  readonly halfClose: (id: ConnectionId) => Effect.Effect<void, NoSuchConnectionError>
  /**
   * Pauses reading from one connection until `resumeReading`, so that the TCP window closes. Bytes that have arrived
   * are still delivered to the handler. A paused peer cannot send, so `idleTimeout`, `heartbeat` and
   * `firstFrameTimeout` do not run against it. Closing and draining end a pause.
   */
  readonly pauseReading: (id: ConnectionId) => Effect.Effect<void, NoSuchConnectionError>
  /** Ends a pause of reading. */
  readonly resumeReading: (id: ConnectionId) => Effect.Effect<void, NoSuchConnectionError>
  /** Ends one connection: gracefully with FIN (the default), or at once with RST. */
  readonly kick: (id: ConnectionId, how?: "fin" | "reset") => Effect.Effect<void, NoSuchConnectionError>
  /** Replaces the access rules, limits and TLS for new connections. Open connections stay. */
  readonly reload: (settings: Partial<ReloadableSettings>) => Effect.Effect<void, SettingsError>
  /**
   * Closes the listeners, ends all connections gracefully, and resets those that are still open when the time of the
   * setting `drain` is over.
   */
  readonly drain: Effect.Effect<DrainResult>
  /** The hub of the connections. */
  readonly hub: HubService
}
