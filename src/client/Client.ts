import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionCore } from "../connection/ConnectionCore.ts"
import { connectionSettings, Hold } from "../connection/ConnectionOwner.ts"
import { CoreConnection } from "../connection/CoreConnection.ts"
import { deadlineWatches } from "../connection/deadlines.ts"
import { attachSide, type Connection, type InvalidOptions, type ProtocolFraming } from "../connection/index.ts"
import { protocolFrame } from "../connection/protocolFrame.ts"
import { endpointInputText } from "../domain/endpointShape.ts"
import {
  type ClientEvent,
  type ConnectError,
  closeReasons,
  type EndpointInput,
  Framing,
  formatEndpoint,
  readEndpoint,
  type SettingsError,
} from "../domain/index.ts"
import { checkSubscription, EventBus } from "../runtime/EventBus.ts"
import { owned } from "../runtime/owned.ts"
import { inSpan } from "../runtime/spans.ts"
import { Tap } from "../runtime/Tap.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { Transport } from "../transport/index.ts"
import { ClientConfig, type ClientSettings, type ConnectOptions } from "./ClientConfig.ts"
import type { ClientObserver } from "./ClientObserver.ts"
import type { ClientProtocol } from "./ClientProtocol.ts"
import type { ClientService } from "./ClientService.ts"
import { checkClientSettings, checkOnConnect } from "./internal/checkClientSettings.ts"
import { type ClientContext, ownerOf } from "./internal/clientConnection.ts"
import { dial } from "./internal/dial.ts"
import type { Framings } from "./internal/Framings.ts"
import { makeRun } from "./internal/makeRun.ts"
import { makeSessions } from "./internal/makeSessions.ts"
import { type AttemptLimit, connectVerdict, patiently } from "./internal/patiently.ts"
import { makeProbe } from "./internal/probe.ts"
import { makeReconnecting } from "./internal/reconnecting.ts"
import type { Dialled } from "./internal/secure.ts"

/** Options of a client: the settings that differ from `ClientConfig.defaults`, and a protocol. */
export interface ClientOptions extends Partial<ClientSettings> {
  /**
   * The protocol of all connections, made by `Protocol.make`. It sets the framing. Default: each connection can have a
   * protocol of its own.
   */
  readonly protocol?: ProtocolFraming
}

/**
 * A client: it makes connections to servers and emits their events.
 *
 * A connection belongs to the scope in which it is made, and ends with its client at the latest. After the end of the
 * client's scope, `connect` is interrupted. At the scope's end the connection is closed at once if the kernel
 * has taken everything that was sent. Otherwise a scope that ends with success flushes and closes the connection, as
 * `close` does; a scope that fails or is interrupted resets it, so that the server knows that bytes are missing.
 */
export class Client extends Context.Tag("tcpfx/client/Client")<Client, ClientService>() {
  /**
   * Makes a client. `options`: the settings that differ from `ClientConfig.defaults`, and the protocol of the
   * connections. Fails with the first invalid setting. With a protocol it also fails if the settings have another
   * framing; the message names both framings.
   *
   * @example
   * import { Effect, Schema } from "effect"
   * import { Client } from "tcpfx/client"
   * import { Framing } from "tcpfx/domain"
   * import { Protocol } from "tcpfx/protocol"
   * import { MemoryTransport } from "tcpfx/transport"
   *
   * const Chat = Protocol.make("chat", { toServer: Schema.String, toClient: Schema.String })
   * const client = Client.make({ protocol: Chat, frame: Framing.slip })
   * const error = await Effect.runPromise(Effect.flip(client.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer()))))
   * assert.match(error.message, /the settings have slip frames, but the protocol chat has line frames/)
   */
  static readonly make = ({
    protocol,
    ...settings
  }: ClientOptions = {}): Effect.Effect<ClientService, SettingsError, Scope.Scope | Transport> =>
    makeClient({ ...ClientConfig.defaults, ...settings }, settings.frame, protocol)

  /** A client with the settings of `ClientConfig`, as a layer. */
  static readonly layer: Layer.Layer<Client, SettingsError, Transport | ClientConfig> = Layer.scoped(
    Client,
    Effect.flatMap(ClientConfig, (settings) => makeConfigured(settings)),
  )

  /**
   * Like {@link layer}, for the connections of a protocol. The client has the framing of the protocol. If the settings
   * have another framing, the layer fails with `SettingsError`, whose message names both framings.
   */
  static readonly layerProtocol = (
    protocol: ProtocolFraming,
  ): Layer.Layer<Client, SettingsError, Transport | ClientConfig> =>
    Layer.scoped(
      Client,
      Effect.flatMap(ClientConfig, (settings) => makeConfigured(settings, protocol)),
    )

  /** Connects with a protocol, with the client of the context. The connection ends with the scope. */
  static readonly connect = <C, R, RI = never>(
    endpoint: EndpointInput,
    protocol: ClientProtocol<C, R>,
    options?: ConnectOptions & InvalidOptions<C, RI>,
  ): Effect.Effect<C, ConnectError | SettingsError, Client | Scope.Scope | R | RI> =>
    Effect.flatMap(Client, (client) => client.connect(endpoint, protocol, options))
}

/** The framing for the connections of a protocol. Fails if the settings have another framing. */
const frameOf = (protocol: ProtocolFraming, given: Framing.Framing | undefined) =>
  protocolFrame(protocol, given, "frame", "the settings have")

/**
 * Makes a client from complete settings. The default framing counts as no framing, so a protocol can set another one.
 */
const makeConfigured = (settings: ClientSettings, protocol?: ProtocolFraming) =>
  makeClient(settings, settings.frame === ClientConfig.defaults.frame ? undefined : settings.frame, protocol)

const makeClient = Effect.fnUntraced(function* (
  wanted: ClientSettings,
  wantedFrame: Framing.Framing | undefined,
  protocol: ProtocolFraming | undefined,
) {
  // The framing that connections of a protocol must have.
  const givenFrame = protocol === undefined ? wantedFrame : yield* frameOf(protocol, wantedFrame)
  const settings = yield* checkClientSettings(givenFrame === undefined ? wanted : { ...wanted, frame: givenFrame })
  const transport = yield* Transport
  const timing = yield* makeTiming
  const cores = new Set<ConnectionCore>()
  let isOver = false
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
    Effect.suspend(() => {
      isOver = true
      return Effect.forEach([...cores], (core) => endWith(core, exit), { concurrency: "unbounded", discard: true })
    }).pipe(Effect.zipRight(Effect.sync(() => bus.end()))),
  )

  const context: ClientContext = { settings, bus, tap }
  const own = (
    { isPaused, remote, tls, wire }: Dialled,
    frame: Framing.Framing,
    sendsFirst: boolean,
  ): ConnectionCore => {
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
    if (sendsFirst) for (const payload of settings.onConnect) core.send(payload)
    if (isPaused && !core.isHeld()) wire.resume()
    // The client ended while it was dialling.
    if (isOver) core.abort(closeReasons.localClosed)
    return core
  }

  const dialCore = Effect.fnUntraced(function* (
    input: EndpointInput,
    options: ConnectOptions,
    frame: Framing.Framing,
    limit: AttemptLimit,
    sendsFirst: boolean,
  ) {
    const endpoint = yield* readEndpoint(input)
    // After the end of the client, nothing would end the connection, and its deadlines would not run.
    if (isOver) return yield* Effect.interrupt
    const dialled = yield* dial(
      endpoint,
      { ...settings, ...options, ...limit },
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
      Effect.sync(() => own(dialled, frame, sendsFirst)),
      endWith,
    )
  })
  const connectCore = (input: EndpointInput, options: ConnectOptions = {}, frame: Framing.Framing = settings.frame) =>
    inSpan({
      name: "Client.connect",
      kind: "client",
      attributes: () => ({ endpoint: endpointInputText(input) }),
      onSuccess: ({ local, remote }: ConnectionCore) => ({
        local: formatEndpoint(local),
        remote: formatEndpoint(remote),
      }),
    })(patiently(timing, settings, (limit) => dialCore(input, options, frame, limit, true), connectVerdict))
  const frameFor = (given: ProtocolFraming) =>
    Either.flatMap(frameOf(given, givenFrame), (frame) =>
      Either.map(checkOnConnect({ ...settings, frame }), (checked) => checked.frame),
    )
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
    return frameFor(given).pipe(
      Effect.flatMap((frame) => connectCore(endpoint, options, frame)),
      Effect.flatMap((core) => attachSide(given.clientSide, connectionOf(core), options.onInvalid)),
    )
  }

  const framings: Framings = {
    settings,
    frameOf: frameFor,
    runsWith: (frame) =>
      makeReconnecting({
        bus,
        timing,
        connect: (endpoint, options) => connectCore(endpoint, options, frame),
        connectionOf,
      }),
  }
  return Client.of({
    connect,
    probe: makeProbe({
      settings,
      timing,
      dial: (endpoint, options, limit) => dialCore(endpoint, options, Framing.raw, limit, false),
      connectionOf,
    }),
    run: makeRun(framings),
    session: makeSessions(framings, bus),
    subscribeEvents: (options) => Effect.flatMap(checkSubscription(options), (checked) => bus.subscribe(checked)),
    connections: Effect.sync(() => cores.size),
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
