import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Connection, InvalidOptions } from "../connection/index.ts"
import type { ClientEvent, ConnectError, ConnectionClosedError, EndpointInput, SettingsError } from "../domain/index.ts"
import type { EventSubscribeOptions } from "../runtime/EventBus.ts"
import type { ConnectOptions, ReconnectSettings } from "./ClientConfig.ts"
import type { ClientObserver } from "./ClientObserver.ts"
import type { ClientProtocol } from "./ClientProtocol.ts"
import type { Probe, ProbeOptions } from "./Probe.ts"
import type { ProtocolSession, ProtocolSessionOptions } from "./ProtocolSession.ts"
import type { Session, SessionOptions } from "./Session.ts"

/** The operations of a client. */
export interface ClientService {
  /**
   * Connects to an endpoint: a value, or a text such as "plc:502" or "unix:/run/plc.sock". For a name, it tries all
   * addresses of the name. A text that is not an endpoint fails with the reason "InvalidEndpoint".
   */
  readonly connect: {
    (endpoint: EndpointInput, options?: ConnectOptions): Effect.Effect<Connection, ConnectError, Scope.Scope>
    /**
     * Connects with a protocol, made by `Protocol.make`. The connection carries messages. It has the framing of the
     * protocol. Fails with `SettingsError` if the settings have another framing.
     */
    <C, R, RI = never>(
      endpoint: EndpointInput,
      protocol: ClientProtocol<C, R>,
      options?: ConnectOptions & InvalidOptions<C, RI>,
    ): Effect.Effect<C, ConnectError | SettingsError, Scope.Scope | R | RI>
  }
  /**
   * Checks whether an endpoint accepts connections. It connects as `connect` does, sends nothing, watches the connection
   * for the time `settle`, and closes it. It does not fail: each outcome is a {@link Probe}. With the setting `wait` it
   * tries again until the endpoint is open and keeps the connection.
   */
  readonly probe: (endpoint: EndpointInput, options?: ProbeOptions) => Effect.Effect<Probe>
  /**
   * Runs a program with a connection, and runs it again with a new connection after a loss. A loss is one of three
   * cases: connecting fails, the program fails with `ConnectionClosedError`, or the program succeeds after it has
   * noticed that the server closed the connection (`onPeerEnd`). A growing, capped and jittered delay precedes each new
   * attempt.
   *
   * Ends with the success of the program, or with a failure of the program that is not a loss. Fails with the last
   * loss after `maxAttempts` failures in a row. Fails at once for an invalid endpoint, or for a TLS failure that
   * another attempt cannot repair, such as an untrusted certificate (`isLastingTlsFailure`).
   */
  readonly run: {
    <A, E, R>(
      endpoint: EndpointInput,
      use: (connection: Connection) => Effect.Effect<A, E, R>,
      reconnect?: Partial<ReconnectSettings>,
      options?: ConnectOptions,
    ): Effect.Effect<A, E | ConnectError | ConnectionClosedError | SettingsError, Exclude<R, Scope.Scope>>
    /**
     * Runs a program with connections of a protocol. A `CodecError` is no loss: it ends `run`, unless the program handles
     * it. Fails with `SettingsError` if the settings have another framing.
     */
    <C, RP, A, E, R, RI = never>(
      endpoint: EndpointInput,
      protocol: ClientProtocol<C, RP>,
      use: (connection: C) => Effect.Effect<A, E, R>,
      reconnect?: Partial<ReconnectSettings>,
      options?: ConnectOptions & InvalidOptions<C, RI>,
    ): Effect.Effect<A, E | ConnectError | ConnectionClosedError | SettingsError, Exclude<RP | R | RI, Scope.Scope>>
  }
  /**
   * A connection with a bounded outbox that reconnects after each loss. It ends with the scope. A text that is not an
   * endpoint fails at once, with a `SettingsError` for the field `endpoint`.
   */
  readonly session: {
    /** With the option `protocol`, the session carries messages. */
    <C, In, Out, RP, E = never, R = never, RI = never>(
      endpoint: EndpointInput,
      options: ProtocolSessionOptions<C, In, Out, RP, E, R, RI>,
    ): Effect.Effect<ProtocolSession<C, In, Out>, SettingsError, Scope.Scope | RP | Exclude<R | RI, Scope.Scope>>
    <E = never, R = never>(
      endpoint: EndpointInput,
      options?: SessionOptions<E, R>,
    ): Effect.Effect<Session, SettingsError, Scope.Scope | Exclude<R, Scope.Scope>>
  }
  /** The number of open connections. */
  readonly connections: Effect.Effect<number>
  /** The bytes of all connections, open or ended. `bytesOut`: bytes that the kernel has taken. */
  readonly traffic: Effect.Effect<{ readonly bytesIn: number; readonly bytesOut: number }>
  /**
   * Subscribes at once: the stream contains every event after this call, even if the stream runs later. Use it where a
   * program must not miss the first events; {@link events} subscribes only when its stream runs.
   */
  readonly subscribeEvents: (
    options?: EventSubscribeOptions,
  ) => Effect.Effect<Stream.Stream<ClientEvent>, SettingsError, Scope.Scope>
  /** Calls an observer for everything that happens, in the same turn of the event loop, until the scope closes. */
  readonly observe: (observer: ClientObserver) => Effect.Effect<void, never, Scope.Scope>
  /** All events except frames. The stream subscribes when it is run, and misses the events before that. */
  readonly events: Stream.Stream<ClientEvent>
}
