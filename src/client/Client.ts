import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionCore } from "../connection/ConnectionCore.ts"
import { connectionSettings, Hold } from "../connection/ConnectionOwner.ts"
import { CoreConnection } from "../connection/CoreConnection.ts"
import { deadlineWatches } from "../connection/deadlines.ts"
import {
  attachSide,
  type Connection,
  type InvalidOptions,
  type ProtocolFraming,
  type ProtocolSide,
} from "../connection/index.ts"
import { protocolFrame } from "../connection/protocolFrame.ts"
import {
  type ClientEvent,
  type ConnectError,
  type ConnectionClosedError,
  type EndpointInput,
  type Framing,
  readEndpoint,
  type SettingsError,
} from "../domain/index.ts"
import { checkSubscription, EventBus, type EventSubscribeOptions } from "../runtime/EventBus.ts"
import { owned } from "../runtime/owned.ts"
import { Tap } from "../runtime/Tap.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { Transport } from "../transport/index.ts"
import {
  type CheckedClientSettings,
  ClientConfig,
  type ClientSettings,
  type ConnectOptions,
  type ReconnectSettings,
  reconnectDefaults,
} from "./ClientConfig.ts"
import type { ClientObserver } from "./ClientObserver.ts"
import { checkClientSettings, checkEndpoint, checkReconnect, checkSession } from "./internal/checkClientSettings.ts"
import { type ClientContext, ownerOf } from "./internal/clientConnection.ts"
import { dial } from "./internal/dial.ts"
import { makeSession } from "./internal/makeSession.ts"
import { makeReconnecting } from "./internal/reconnecting.ts"
import type { Dialled } from "./internal/secure.ts"
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
   * Runs a program with a connection, and runs it again with a new connection after a loss. A loss is: connecting
   * fails, the program fails with `ConnectionClosedError`, or the program succeeds after it has noticed that the
   * server closed the connection (`onPeerEnd`). A growing, capped and jittered delay precedes each new attempt.
   *
   * Ends with the success of the program, or with a failure of the program that is not a loss. Fails with the last
   * loss after `maxAttempts` failures in a row. Fails at once for an invalid endpoint, or for a TLS failure that
   * another attempt cannot repair, such as an untrusted certificate (`isLastingTlsFailure`).
   */
  readonly run: <A, E, R>(
    endpoint: EndpointInput,
    use: (connection: Connection) => Effect.Effect<A, E, R>,
    reconnect?: Partial<ReconnectSettings>,
    options?: ConnectOptions,
  ) => Effect.Effect<A, E | ConnectError | ConnectionClosedError | SettingsError, Exclude<R, Scope.Scope>>
  /**
   * A connection with a bounded outbox that reconnects after each loss. It ends with the scope. A text that is not an
   * endpoint fails at once, with a `SettingsError` for the field `endpoint`.
   */
  readonly session: <E = never, R = never>(
    endpoint: EndpointInput,
    options?: SessionOptions<E, R>,
  ) => Effect.Effect<Session, SettingsError, Scope.Scope | Exclude<R | Scope.Scope, Scope.Scope>>
  /** The bytes of all connections, open or ended. `bytesOut`: bytes that the kernel has taken. */
  readonly traffic: Effect.Effect<{ readonly bytesIn: number; readonly bytesOut: number }>
  /**
   * Subscribes at once: the stream contains every event after this call, even if it runs later. Use it where a program
   * must not miss the first events; {@link events} subscribes only when its stream runs.
   */
  readonly subscribeEvents: (
    options?: EventSubscribeOptions,
  ) => Effect.Effect<Stream.Stream<ClientEvent>, SettingsError, Scope.Scope>
  /** Calls an observer for everything that happens, in the same turn of the event loop, until the scope closes. */
  readonly observe: (observer: ClientObserver) => Effect.Effect<void, never, Scope.Scope>
  /** All events except frames. The stream subscribes when it is run, and misses the events before that. */
  readonly events: Stream.Stream<ClientEvent>
}

/** A protocol as a client needs it: its connections are of type `C`, and its codecs need `R`. */
export interface ClientProtocol<C, R> extends ProtocolFraming {
  readonly clientSide: ProtocolSide<Connection, C, R>
}

/**
 * A client: it makes connections to servers and emits their events.
 *
 * A connection belongs to the scope in which it is made. At the scope's end the connection is closed at once if the kernel
 * has taken everything that was sent. Otherwise a scope that ends with success flushes and closes the connection, as
 * `close` does; a scope that fails or is interrupted resets it, so that the server knows that bytes are missing.
 */
export class Client extends Context.Tag("tcpfx/client/Client")<Client, ClientService>() {
  /**
   * Makes a client. `settings`: the settings that differ from `ClientConfig.defaults`. Fails with the first invalid
   * setting.
   */
  static readonly make = (
    settings: Partial<ClientSettings> = {},
  ): Effect.Effect<ClientService, SettingsError, Scope.Scope | Transport> =>
    Effect.flatMap(checkClientSettings({ ...ClientConfig.defaults, ...settings }), (checked) => makeClient(checked))

  /** A client with the settings of `ClientConfig`, as a layer. */
  static readonly layer: Layer.Layer<Client, SettingsError, Transport | ClientConfig> = Layer.scoped(
    Client,
    Effect.flatMap(Effect.flatMap(ClientConfig, checkClientSettings), (checked) => makeClient(checked)),
  )

  /** Connects with a protocol, with the client of the context. The connection ends with the scope. */
  static readonly connect = <C, R, RI = never>(
    endpoint: EndpointInput,
    protocol: ClientProtocol<C, R>,
    options?: ConnectOptions & InvalidOptions<C, RI>,
  ): Effect.Effect<C, ConnectError | SettingsError, Client | Scope.Scope | R | RI> =>
    Effect.flatMap(Client, (client) => client.connect(endpoint, protocol, options))
}

const makeClient = Effect.fnUntraced(function* (settings: CheckedClientSettings) {
  const transport = yield* Transport
  const timing = yield* makeTiming
  const cores = new Set<ConnectionCore>()
  const ended = { bytesIn: 0, bytesOut: 0 }
  const watches = deadlineWatches(settings, timing)
  const tap = yield* Tap.make<ClientObserver>()
  const bus = new EventBus<ClientEvent>({
    tap,
    now: timing.now,
    missedEvent: (missed, stamp) => ({ ...stamp, _tag: "EventsMissed", missed }),
    onBlocked: (blocked) => {
      for (const core of cores) blocked ? core.hold(Hold.events) : core.release(Hold.events)
    },
  })
  // A connection ends with its client, even if it was made in a scope that lives longer.
  yield* Effect.addFinalizer((exit) =>
    Effect.forEach([...cores], (core) => endWith(core, exit), { concurrency: "unbounded", discard: true }).pipe(
      Effect.zipRight(Effect.sync(() => bus.end())),
    ),
  )

  const context: ClientContext = { settings, bus, tap }
  const own = ({ isPaused, remote, tls, wire }: Dialled, frame: Framing.Framing): ConnectionCore => {
    const core: ConnectionCore = new ConnectionCore(
      wire,
      connectionSettings({ ...settings, frame }),
      timing,
      ownerOf(
        context,
        remote,
        () => core,
        () => {
          cores.delete(core)
          ended.bytesIn += core.bytesIn()
          ended.bytesOut += core.bytesOut()
          for (const watch of watches) watch.remove(core)
        },
      ),
      true,
      remote,
    )
    cores.add(core)
    for (const watch of watches) watch.add(core)
    const { local } = wire
    bus.emit((seq, at) => ({ seq, at, _tag: "Connected", local, remote, ...(tls === undefined ? {} : { tls }) }))
    if (bus.isBlocked()) core.hold(Hold.events)
    core.start()
    if (isPaused && !core.isHeld()) wire.resume()
    return core
  }

  const connectCore = Effect.fn("Client.connect")(function* (
    input: EndpointInput,
    options: ConnectOptions = {},
    frame: Framing.Framing = settings.frame,
  ) {
    const endpoint = yield* readEndpoint(input)
    const dialled = yield* dial(
      endpoint,
      { ...settings, ...options },
      {
        onLookingUp: (host) => bus.emit((seq, at) => ({ seq, at, _tag: "LookingUp", host })),
        onConnecting: (hop, target) =>
          bus.emit((seq, at) => ({ seq, at, _tag: "Connecting", endpoint: hop, ...(target && { target }) })),
      },
    ).pipe(
      Effect.provideService(Transport, transport),
      Effect.tapError(({ code, message, reason }) =>
        Effect.sync(() =>
          bus.emit((seq, at) => ({ seq, at, _tag: "ConnectFailed", endpoint, reason, code, cause: message })),
        ),
      ),
    )
    return yield* owned(
      Effect.sync(() => own(dialled, frame)),
      endWith,
    )
  })
  const connectionOf = (core: ConnectionCore): Connection => new CoreConnection(core, () => bus.unblocked)
  function connect(
    endpoint: EndpointInput,
    options?: ConnectOptions,
  ): Effect.Effect<Connection, ConnectError, Scope.Scope>
  function connect<C, R, RI>(
    endpoint: EndpointInput,
    protocol: ClientProtocol<C, R>,
    options?: ConnectOptions & InvalidOptions<C, RI>,
  ): Effect.Effect<C, ConnectError | SettingsError, Scope.Scope | R | RI>
  function connect<C, R, RI>(
    endpoint: EndpointInput,
    given: ConnectOptions | ClientProtocol<C, R> = {},
    options: ConnectOptions & InvalidOptions<C, RI> = {},
  ): Effect.Effect<Connection | C, ConnectError | SettingsError, Scope.Scope | R | RI> {
    if (!("clientSide" in given)) return Effect.map(connectCore(endpoint, given), connectionOf)
    const isFrameGiven = settings.frame !== ClientConfig.defaults.frame
    return protocolFrame(given, isFrameGiven ? settings.frame : undefined, "frame", "the settings have").pipe(
      Effect.flatMap((frame) => connectCore(endpoint, options, frame)),
      Effect.flatMap((core) => attachSide(given.clientSide, connectionOf(core), options.onInvalid)),
    )
  }
  const runWith = makeReconnecting({ bus, timing, connect: connectCore, connectionOf })

  return Client.of({
    connect,
    run: (endpoint, use, reconnect, connectOptions) =>
      Effect.flatMap(checkReconnect({ ...reconnectDefaults, ...reconnect }), (checked) =>
        runWith(endpoint, use, checked, connectOptions),
      ),
    session: <E, R>(endpoint: EndpointInput, options: SessionOptions<E, R> = {}) =>
      Effect.gen(function* () {
        const target = yield* checkEndpoint(endpoint)
        yield* checkSession(options)
        const reconnect = yield* checkReconnect({ ...reconnectDefaults, ...options.reconnect })
        return yield* makeSession(runWith, bus, settings, target, options, reconnect)
      }),
    subscribeEvents: (options) => Effect.flatMap(checkSubscription(options), (checked) => bus.subscribe(checked)),
    traffic: Effect.sync(() => {
      let { bytesIn, bytesOut } = ended
      for (const core of cores) {
        bytesIn += core.bytesIn()
        bytesOut += core.bytesOut()
      }
      return { bytesIn, bytesOut }
    }),
    observe: (observer) => tap.observe(observer),
    events: Stream.unwrapScoped(bus.subscribe()),
  })
})

/** Ends a connection with the scope that owns it. */
const endWith = (core: ConnectionCore, exit: Exit.Exit<unknown, unknown>): Effect.Effect<unknown> =>
  Effect.suspend(() => {
    core.endWith(Exit.isSuccess(exit) ? "succeeded" : "failed")
    return new CoreConnection(core).closed
  })
