import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  type ConnectionId,
  closeReasons,
  type Endpoint,
  type Framing,
  formatEndpoint,
  type ListenEndpointInput,
  type ListenError,
  listenEndpoints,
  NoSuchConnectionError,
  readListenEndpoint,
  type ServerEvent,
  type SettingsError,
} from "../domain/index.ts"
import { Hub } from "../hub/index.ts"
import { checkSubscription, EventBus } from "../runtime/EventBus.ts"
import { inSpan } from "../runtime/spans.ts"
import { Tap } from "../runtime/Tap.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { Transport } from "../transport/index.ts"
import { ConnectionHosting } from "./ConnectionHost.ts"
import {
  checkReload,
  checkServerSettings,
  compileRules,
  framingWith,
  readListen,
} from "./internal/checkServerSettings.ts"
import { drainServer } from "./internal/drain.ts"
import { logHandlerFailure } from "./internal/handlerFailures.ts"
import { makeListen } from "./internal/listening.ts"
import type { OpenConnection } from "./internal/OpenConnection.ts"
import { type DrainResult, ServerCore } from "./internal/ServerCore.ts"
import { makeSending } from "./internal/sending.ts"
import { makeServe } from "./internal/serveConnection.ts"
import { shareClients } from "./internal/shareClients.ts"
import { protocolHandler } from "./protocolHandler.ts"
import { type CheckedServerSettings, ServerConfig } from "./ServerConfig.ts"
import type { ServerObserver } from "./ServerObserver.ts"
import type { ProtocolServerOptions, ServerOptions } from "./ServerOptions.ts"
import type { ServerService } from "./ServerService.ts"

const withHandler = <C, RP, E, R, RI, RF>(
  options: ServerOptions<E, R, RF> | ProtocolServerOptions<C, RP, E, R, RI, RF>,
): ServerOptions<E, R | RP | RI, RF> =>
  "protocol" in options ? { ...options, handler: protocolHandler(options.protocol, options.handler, options) } : options

/**
 * A server: concurrent connections on any number of listeners. Each connection has a fiber. A hub carries broadcasts.
 * Events report everything that happens.
 *
 * The end of the scope frees ports, sockets and fibers at once, and resets connections that have unsent bytes. Run
 * `drain` before it to end the connections gracefully.
 */
export class Server extends Context.Tag("tcpfx/server/Server")<Server, ServerService>() {
  /** A server that does not listen yet. Fails with the first invalid setting. */
  static readonly make: {
    <C, RP, E, R, RI = never, RF = never>(
      options: ProtocolServerOptions<C, RP, E, R, RI, RF>,
    ): Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport | HandlerServices<RP | R | RI, RF>>
    <E, R = never, RF = never>(
      options: ServerOptions<E, R, RF>,
    ): Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport | HandlerServices<R, RF>>
  } = <C, RP, E, R, RI, RF>(options: ServerOptions<E, R, RF> | ProtocolServerOptions<C, RP, E, R, RI, RF>) =>
    makeServer(withHandler(options), options.settings?.frame)

  /** A server that listens on `ServerConfig.listen`, and drains when its scope closes. */
  static readonly layer: {
    <C, RP, E, R, RI = never, RF = never>(
      options: Omit<ProtocolServerOptions<C, RP, E, R, RI, RF>, "settings">,
    ): ServerLayer<HandlerServices<RP | R | RI, RF>>
    <E, R = never, RF = never>(options: Omit<ServerOptions<E, R, RF>, "settings">): ServerLayer<HandlerServices<R, RF>>
  } = <C, RP, E, R, RI, RF>(
    options: Omit<ServerOptions<E, R, RF>, "settings"> | Omit<ProtocolServerOptions<C, RP, E, R, RI, RF>, "settings">,
  ) => Layer.scoped(Server, makeListening(withHandler(options)))

  /**
   * Like {@link layer}, with the `Hub` of the context in place of a hub of its own. Several servers can share the hub,
   * and the program publishes to their connections through the service `Hub`. If the settings have another framing than
   * the hub, the layer fails with `SettingsError`, whose message names both framings.
   *
   * @example
   * import { Effect, Layer } from "effect"
   * import { Framing } from "tcpfx/domain"
   * import { Hub } from "tcpfx/hub"
   * import { Handler, Server, ServerConfig } from "tcpfx/server"
   * import { MemoryTransport } from "tcpfx/transport"
   *
   * const server = Server.layerHub({ handler: Handler.discard() }).pipe(
   *   Layer.provide([ServerConfig.layer({ frame: Framing.slip }), MemoryTransport.layer()]),
   *   Layer.provide(Hub.layer({ framing: Framing.line })),
   * )
   * const error = await Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(server))))
   * assert.match(error.message, /slip, but the hub has line frames/)
   */
  static readonly layerHub: {
    <C, RP, E, R, RI = never, RF = never>(
      options: Omit<ProtocolServerOptions<C, RP, E, R, RI, RF>, "settings" | "hub">,
    ): ServerLayer<Hub | HandlerServices<RP | R | RI, RF>>
    <E, R = never, RF = never>(
      options: Omit<ServerOptions<E, R, RF>, "settings" | "hub">,
    ): ServerLayer<Hub | HandlerServices<R, RF>>
  } = <C, RP, E, R, RI, RF>(
    options:
      | Omit<ServerOptions<E, R, RF>, "settings" | "hub">
      | Omit<ProtocolServerOptions<C, RP, E, R, RI, RF>, "settings" | "hub">,
  ) =>
    Layer.scoped(
      Server,
      Effect.flatMap(Hub, (hub) => makeListening({ ...withHandler(options), hub })),
    )
}

/**
 * The services that the handler needs from outside. The server itself provides the scope of the connection and
 * `Server`.
 */
export type HandlerServices<R, RF> = Exclude<R, Scope.Scope | Server> | Exclude<RF, Server>

/** The layer of a server. `R`: the services that it needs besides its transport and its settings. */
export type ServerLayer<R> = Layer.Layer<Server, ListenError | SettingsError, Transport | ServerConfig | R>

const makeListening = Effect.fnUntraced(function* <E, R, RF>(options: Omit<ServerOptions<E, R, RF>, "settings">) {
  const settings = yield* ServerConfig
  const isFrameGiven = settings.frame !== ServerConfig.defaults.frame
  const server = yield* makeServer({ ...options, settings }, isFrameGiven ? settings.frame : undefined)
  yield* server.listenAll(listenEndpoints((yield* readListen(settings)).listen))
  yield* Effect.addFinalizer(() => server.drain)
  return server
})

const makeServer = Effect.fnUntraced(function* <E, R, RF>(
  options: ServerOptions<E, R, RF>,
  givenFrame: Framing.Framing | undefined,
) {
  const transport = yield* Transport
  const protocol = "protocol" in options.handler ? options.handler.protocol : undefined
  const frame = yield* framingWith(options.hub, givenFrame, ServerConfig.defaults.frame, protocol)
  const hubFrame = options.hub === undefined && protocol === undefined ? {} : { frame }
  const wanted = yield* checkServerSettings({ ...ServerConfig.defaults, ...options.settings, ...hubFrame })
  const settings: CheckedServerSettings = { ...wanted, ...(yield* compileRules(wanted)) }
  const watching = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const timing = yield* makeTiming
  const hub =
    options.hub ??
    (yield* Hub.make({
      framing: settings.frame,
      maxFrameBytes: settings.maxFrame,
      budgetBytes: settings.hubBudget,
      slowConsumer: settings.slowConsumer,
      paceLimit: settings.paceLimit,
    }))
  const tap = yield* Tap.make<ServerObserver>({ onChanged: () => watchFrames() })
  const bus: EventBus<ServerEvent> = new EventBus<ServerEvent>({
    tap,
    now: timing.now,
    missedEvent: (missed, stamp) => ({ ...stamp, _tag: "EventsMissed", missed }),
    onBlocked: (blocked) => core.holdForEvents(blocked),
    onFramesWanted: () => watchFrames(),
  })
  const openHost = yield* ConnectionHosting
  const host =
    openHost &&
    (yield* openHost({
      ...{ settings, timing, hub: hub.port },
      emit: (build) => bus.emitOwn((seq, at) => build({ seq, at })),
    }))
  const watchFrames = () => host?.watchFrames(bus.wantsFrames() || tap.wantsRuns || tap.wantsSent)
  if (options.hub !== undefined) {
    yield* options.hub.observe({ onNotice: (notice) => bus.emitOwn((seq, at) => ({ ...notice, seq, at })) })
    if (options.hub.network !== undefined) yield* tap.observe(shareClients(options.hub.network))
  }
  const fork = yield* FiberSet.makeRuntime<never, void, never>()
  const { handler, onHandlerFailure = logHandlerFailure } = options
  const core = new ServerCore({
    settings,
    timing,
    hub: hub.port,
    bus,
    tap,
    host,
    handler:
      typeof handler === "function"
        ? yield* makeServe({ handler, onFailure: onHandlerFailure, own: () => Server.context(server) })
        : handler,
  })
  // Reloads run one after the other. So the later reload wins, even if the rules of the first one take longer to
  // compile.
  const reloading = yield* Effect.makeSemaphore(1)
  const listeners = new Map<Scope.CloseableScope, Endpoint>()
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      core.isOver = true
      core.draining = true
      core.destroyAll()
      const closeListeners = Effect.forEach([...listeners.keys()], (scope) => Scope.close(scope, Exit.void))
      return Effect.all([closeListeners, core.empty, Effect.sync(() => bus.end())], { discard: true })
    }),
  )

  const { listen, listenAll } = makeListen({ transport, settings, core, bus, listeners })

  // The listeners that `startListening` opens belong to the scope of the server.
  const own = yield* Effect.scope
  const startListening = (endpoint: ListenEndpointInput) => Scope.extend(listen(endpoint), own)
  const stopListening = (input: ListenEndpointInput) =>
    Effect.suspend(() => {
      const endpoint = readListenEndpoint(input)
      const wanted = Either.isRight(endpoint) ? formatEndpoint(endpoint.right) : undefined
      const found = [...listeners].filter(([, bound]) => formatEndpoint(bound) === wanted)
      const closed = Effect.forEach(found, ([scope]) => Scope.close(scope, Exit.void), { discard: true })
      return Effect.as(closed, found.length > 0)
    })

  const find = (id: ConnectionId): Effect.Effect<OpenConnection, NoSuchConnectionError> =>
    Effect.suspend(() => {
      const actor = core.actors.get(id)
      return actor === undefined ? Effect.fail(new NoSuchConnectionError({ id })) : Effect.succeed(actor)
    })

  // The drain runs in a fiber of the server, because the first caller can be interrupted, or can be a finalizer, which
  // no timeout can interrupt. All callers wait for the same drain, each in a span of its own.
  const drain = Effect.suspend(() => {
    if (core.drained === undefined) {
      if (core.isOver) return Effect.succeed<DrainResult>({ graceful: 0, forced: 0 })
      core.drained = Deferred.unsafeMake<DrainResult>(FiberId.none)
      fork(Effect.asVoid(Effect.intoDeferred(drainServer(core, bus, settings, listeners), core.drained)))
    }
    return Deferred.await(core.drained)
  }).pipe(inSpan({ name: "Server.drain", onSuccess: ({ forced, graceful }: DrainResult) => ({ graceful, forced }) }))

  const server: ServerService = {
    listen,
    listenAll,
    listening: Effect.sync(() => [...listeners.values()]),
    startListening,
    stopListening,
    suspend: Effect.sync(() => {
      core.suspended = true
    }),
    resume: Effect.sync(() => {
      core.suspended = false
    }),
    state: Effect.zipRight(
      host?.refresh ?? Effect.void,
      Effect.sync(() => core.state([...listeners.values()])),
    ),
    subscribeEvents: (subscribeOptions) =>
      Effect.flatMap(checkSubscription(subscribeOptions), (checked) => bus.subscribe(checked)),
    events: Stream.unwrapScoped(bus.subscribe()),
    observe: (observer) => tap.observe(observer),
    connections: Effect.sync(() => core.connections()),
    remoteClients: hub.network?.clients ?? Effect.succeed([]),
    remotePresence: hub.network?.presence ?? Stream.succeed({ _tag: "Snapshot", clients: [] }),
    connection: (id) => Effect.map(find(id), (actor) => actor.info()),
    lastHeard: Effect.sync(() => Option.fromNullable(core.heard.last)),
    accepting: Effect.sync(() => core.accepting),
    counts: Effect.sync(() => core.counts),
    traffic: Effect.sync(() => core.traffic()),
    send: (id, payload) => Effect.flatMap(find(id), (actor) => actor.send(payload)),
    ...makeSending({ settings, core, bus, tap, hub: hub.port }),
    pauseReading: (id) => Effect.map(find(id), (actor) => actor.pause()),
    resumeReading: (id) => Effect.map(find(id), (actor) => actor.resume()),
    halfClose: (id) => Effect.flatMap(find(id), (actor) => actor.halfClose),
    kick: (id, how = "fin") =>
      Effect.map(find(id), (actor) =>
        how === "fin" ? actor.close(closeReasons.kicked) : actor.reset(closeReasons.kicked),
      ),
    reload: (changed) =>
      reloading.withPermits(1)(
        Effect.flatMap(Effect.flatMap(checkReload(changed), compileRules), (rules) =>
          Effect.sync(() => core.reload({ ...changed, ...rules })),
        ),
      ),
    drain,
    hub,
  }
  if (options.watch !== undefined) yield* Scope.extend(options.watch(server), watching)
  return server
})
