import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  AddressSet,
  type ConnectionId,
  closeReasons,
  type Endpoint,
  Framing,
  formatEndpoint,
  InvalidPayloadError,
  type ListenEndpoint,
  type ListenEndpoints,
  type ListenError,
  listenEndpoints,
  NoSuchConnectionError,
  type SendError,
  type ServerEvent,
  type SettingsError,
} from "../domain/index.ts"
import { Hub } from "../hub/index.ts"
import { checkSubscription, EventBus, type EventSubscribeOptions } from "../runtime/EventBus.ts"
import { inSlices } from "../runtime/inSlices.ts"
import { Tap } from "../runtime/Tap.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { Transport } from "../transport/index.ts"
import type { Handler } from "./Handler.ts"
import type { ConnectionActor } from "./internal/ConnectionActor.ts"
import { checkReload, checkServerSettings, framingWith } from "./internal/checkServerSettings.ts"
import { drainServer } from "./internal/drain.ts"
import { makeListen } from "./internal/listening.ts"
import { type DrainResult, infoOf, ServerCore } from "./internal/ServerCore.ts"
import { makeServe } from "./internal/serveConnection.ts"
import { type ReloadableSettings, ServerConfig, type ServerSettings } from "./ServerConfig.ts"
import type { ServerObserver } from "./ServerObserver.ts"
import type { ConnectionInfo, Listener, Listeners, ServerCounts, ServerState, ServerTraffic } from "./ServerState.ts"

/** What a server is made with. */
export interface ServerOptions<E, R> {
  /** The program of each connection: an effect, run in a fiber and scope of its own, or a reactor. */
  readonly handler: Handler<E, R>
  /**
   * A hub to share with others. Default: one of its own, after the settings. The framing, budget and policy of a shared
   * hub count, not those of the settings; a `frame` that is given has to be that of the hub. Each server numbers its own
   * connections.
   */
  readonly hub?: Hub["Type"]
  /** What differs from `ServerConfig.defaults`. */
  readonly settings?: Partial<ServerSettings>
}

/**
 * Concurrent connections on any number of listeners. Each connection is a fiber; a hub carries what goes to all; events
 * tell everything that happens. The end of the scope frees ports, sockets and fibers at once, and resets connections that
 * have unsent bytes; `drain` first ends everything in order.
 */
export class Server extends Context.Tag("tcpfx/server/Server")<
  Server,
  {
    /** Listens until the scope closes. Connections accepted before live on. */
    readonly listen: (endpoint: ListenEndpoint) => Effect.Effect<Listener, ListenError, Scope.Scope>
    /**
     * Listens on all of them until the scope closes, in their order, or on none: when one fails, those before it are
     * closed again (a connection that came there meanwhile stays).
     */
    readonly listenAll: (endpoints: ListenEndpoints) => Effect.Effect<Listeners, ListenError, Scope.Scope>
    /** Where it listens, with the real ports. */
    readonly listening: Effect.Effect<ReadonlyArray<Endpoint>>
    /** Listens until the server's scope closes, or {@link stopListening}. */
    readonly startListening: (endpoint: ListenEndpoint) => Effect.Effect<Listener, ListenError>
    /** Closes a listener, whoever opened it; its port is free then, and connections live on. Gives whether there was one. */
    readonly stopListening: (endpoint: ListenEndpoint) => Effect.Effect<boolean>
    /** Refuses newcomers until {@link resume}, while its ports stay its own. */
    readonly suspend: Effect.Effect<void>
    readonly resume: Effect.Effect<void>
    /** What it is doing now. */
    readonly state: Effect.Effect<ServerState>
    /** Subscribes now: the stream has every event from here on, whenever it is run. */
    readonly subscribe: (
      options?: EventSubscribeOptions,
    ) => Effect.Effect<Stream.Stream<ServerEvent>, SettingsError, Scope.Scope>
    /** The events of the connections' lives, from when the stream is run. */
    readonly events: Stream.Stream<ServerEvent>
    /** Tells an observer of everything that happens, in the turn in which it does, until the scope closes. */
    readonly observe: (observer: ServerObserver) => Effect.Effect<void, never, Scope.Scope>
    /** Who is there. */
    readonly connections: Effect.Effect<ReadonlyArray<ConnectionInfo>>
    /** What is known of one connection. */
    readonly connection: (id: ConnectionId) => Effect.Effect<ConnectionInfo, NoSuchConnectionError>
    /** The connection that sent a frame last, whether or not it is still there. */
    readonly lastHeard: Effect.Effect<Option.Option<ConnectionId>>
    /** Whether newcomers are accepted: the field of {@link state}, without the list of connections. */
    readonly accepting: Effect.Effect<ServerState["accepting"]>
    /** How many connections were opened, closed and refused: fields of {@link state}, without the list of connections. */
    readonly counts: Effect.Effect<ServerCounts>
    /** Bytes over all connections, those that have ended included. */
    readonly traffic: Effect.Effect<ServerTraffic>
    /** Sends one payload to one connection. */
    readonly send: (id: ConnectionId, payload: Uint8Array) => Effect.Effect<void, NoSuchConnectionError | SendError>
    /**
     * Sends one payload to some connections, told as one `FrameSent`, and gives the ids of those that it was written to.
     * Connections that have ended or can be sent nothing more are left out. It does not wait until the payload is taken: a
     * connection for which more than `hubBudget` waits meets `slowConsumer` instead ("disconnect": it is closed with
     * `SlowConsumer`; else it is left out).
     */
    readonly sendTo: (
      ids: Iterable<ConnectionId>,
      payload: Uint8Array,
    ) => Effect.Effect<ReadonlyArray<ConnectionId>, InvalidPayloadError>
    /** Sends one payload to every connection through the hub, and gives their ids. */
    readonly broadcast: (payload: Uint8Array) => Effect.Effect<ReadonlyArray<ConnectionId>, InvalidPayloadError>
    /** Sends FIN to one connection; what it sends is still received. */
    readonly halfClose: (id: ConnectionId) => Effect.Effect<void, NoSuchConnectionError>
    /**
     * Reads nothing more from one connection until {@link resumeReading}; TCP then holds its peer back. What has arrived is
     * still given to the handler. A paused peer cannot send, so no `idleTimeout`, `heartbeat` or `firstFrameTimeout` runs
     * against it meanwhile. Closing and draining end a pause.
     */
    readonly pauseReading: (id: ConnectionId) => Effect.Effect<void, NoSuchConnectionError>
    /** Reads on. */
    readonly resumeReading: (id: ConnectionId) => Effect.Effect<void, NoSuchConnectionError>
    /** Ends one connection: in order (FIN, the default) or at once (RST). */
    readonly kick: (id: ConnectionId, how?: "fin" | "reset") => Effect.Effect<void, NoSuchConnectionError>
    /** Replaces what is asked of newcomers. Who is connected stays as he is. */
    readonly reload: (settings: Partial<ReloadableSettings>) => Effect.Effect<void, SettingsError>
    /** Stops listening, lets every connection come to an orderly end, and destroys what is left at the deadline. */
    readonly drain: Effect.Effect<DrainResult>
    /** The hub that its connections share. */
    readonly hub: Hub["Type"]
  }
>() {
  /** A server that does not listen yet. Fails on a setting that it cannot work with, and names its field. */
  static readonly make = <E = never, R = never>(
    options: ServerOptions<E, R>,
  ): Effect.Effect<Server["Type"], SettingsError, Scope.Scope | Transport | Exclude<R, Scope.Scope>> =>
    makeServer(options, options.settings?.frame)

  /** A server that listens as `ServerConfig` says, and drains when its scope closes. */
  static readonly layer = <E = never, R = never>(
    options: Omit<ServerOptions<E, R>, "settings">,
  ): Layer.Layer<Server, ListenError | SettingsError, Transport | ServerConfig | Exclude<R, Scope.Scope>> =>
    Layer.scoped(
      Server,
      Effect.gen(function* () {
        const settings = yield* ServerConfig
        const isFrameGiven = settings.frame !== ServerConfig.defaults.frame
        const server = yield* makeServer({ ...options, settings }, isFrameGiven ? settings.frame : undefined)
        yield* server.listenAll(listenEndpoints(settings.listen))
        yield* Effect.addFinalizer(() => server.drain)
        return server
      }),
    )
}

/** The rules among settings, ready for look-ups; very many are compiled without holding up the event loop. */
const compiled = Effect.fnUntraced(function* ({ allow, deny }: Partial<ReloadableSettings>) {
  return {
    ...(allow !== undefined && { allow: yield* inSlices(() => AddressSet.compile(allow)) }),
    ...(deny !== undefined && { deny: yield* inSlices(() => AddressSet.compile(deny)) }),
  }
})

const makeServer = Effect.fnUntraced(function* <E, R>(
  options: ServerOptions<E, R>,
  givenFrame: Framing.Framing | undefined,
) {
  const transport = yield* Transport
  const frame = yield* framingWith(options.hub, givenFrame, ServerConfig.defaults.frame)
  const hubFrame = options.hub === undefined ? {} : { frame }
  const wanted = yield* checkServerSettings({ ...ServerConfig.defaults, ...options.settings, ...hubFrame })
  const settings: ServerSettings = { ...wanted, ...(yield* compiled(wanted)) }
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
  const tap = yield* Tap.make<ServerObserver>()
  const bus: EventBus<ServerEvent> = new EventBus<ServerEvent>({
    tap,
    now: timing.now,
    missedEvent: (missed, stamp) => ({ ...stamp, _tag: "EventsMissed", missed }),
    onBlocked: (blocked) => core.holdForEvents(blocked),
  })
  const fork = yield* FiberSet.makeRuntime<never, void, never>()
  const { handler } = options
  const core = new ServerCore({
    settings,
    timing,
    hub: hub.port,
    bus,
    tap,
    handler: typeof handler === "function" ? yield* makeServe(handler) : handler,
  })
  // Of two reloads the later one counts, however long the rules of the first take.
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

  // Listeners that nobody else owns, each in a scope of its own that can be closed by the name of its endpoint.
  const own = yield* Effect.scope
  const startListening = (endpoint: ListenEndpoint) => Scope.extend(listen(endpoint), own)
  const stopListening = (endpoint: ListenEndpoint) =>
    Effect.suspend(() => {
      const wanted = formatEndpoint(endpoint)
      const found = [...listeners].filter(([, bound]) => formatEndpoint(bound) === wanted)
      const closed = Effect.forEach(found, ([scope]) => Scope.close(scope, Exit.void), { discard: true })
      return Effect.as(closed, found.length > 0)
    })

  const find = (id: ConnectionId): Effect.Effect<ConnectionActor, NoSuchConnectionError> =>
    Effect.suspend(() => {
      const actor = core.actors.get(id)
      return actor === undefined ? Effect.fail(new NoSuchConnectionError({ id })) : Effect.succeed(actor)
    })

  const tellSent = (to: ReadonlyArray<ConnectionId>, payload: Uint8Array): void => {
    if (tap.wantsSent) tap.tell((observer) => observer.onSent?.(to, payload))
    bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", to, bytes: payload }))
  }

  const sendTo = (ids: Iterable<ConnectionId>, payload: Uint8Array) =>
    Effect.suspend((): Effect.Effect<ReadonlyArray<ConnectionId>, InvalidPayloadError> => {
      const wire = Framing.encodeFrame(settings.frame, payload, settings.maxFrame)
      if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
      const to: Array<ConnectionId> = []
      for (const id of ids) {
        const actor = core.actors.get(id)
        if (actor?.core.isWritable() !== true) continue
        const pending = actor.pendingInAll()
        if (pending > settings.hubBudget) {
          if (settings.slowConsumer === "disconnect") actor.onOverflow(pending, settings.hubBudget)
          continue
        }
        actor.core.write(wire)
        to.push(id)
      }
      if (to.length > 0) tellSent(to, payload)
      return Effect.as(bus.unblocked, to)
    })

  const broadcast = (payload: Uint8Array): Effect.Effect<ReadonlyArray<ConnectionId>, InvalidPayloadError> =>
    Effect.suspend(() => {
      const wire = Framing.encodeFrame(settings.frame, payload, settings.maxFrame)
      if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
      const recipients = core.writable()
      tellSent(recipients, payload)
      const unblocked = hub.port.publish(wire) ? Effect.void : hub.port.unblocked
      return Effect.as(
        Effect.flatMap(unblocked, () => bus.unblocked),
        recipients,
      )
    })

  // The server's own fiber drains: who asked first may be interrupted, or stand in a finalizer, where a deadline could
  // interrupt nothing. Who asks meanwhile waits for the same.
  const drain = Effect.suspend(() => {
    if (core.drained === undefined) {
      if (core.isOver) return Effect.succeed<DrainResult>({ graceful: 0, forced: 0 })
      core.drained = Deferred.unsafeMake<DrainResult>(FiberId.none)
      fork(Effect.asVoid(Effect.intoDeferred(drainServer(core, bus, settings, listeners), core.drained)))
    }
    return Deferred.await(core.drained)
  })

  return Server.of({
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
    state: Effect.sync(() => core.state([...listeners.values()])),
    subscribe: (subscribeOptions) =>
      Effect.flatMap(checkSubscription(subscribeOptions), (checked) => bus.subscribe(checked)),
    events: Stream.unwrapScoped(bus.subscribe()),
    observe: (observer) => tap.observe(observer),
    connections: Effect.sync(() => core.connections()),
    connection: (id) => Effect.map(find(id), infoOf),
    lastHeard: Effect.sync(() => Option.fromNullable(core.heard.last)),
    accepting: Effect.sync(() => core.accepting),
    counts: Effect.sync(() => core.counts),
    traffic: Effect.sync(() => core.traffic()),
    send: (id, payload) => Effect.flatMap(find(id), (actor) => actor.connection.send(payload)),
    sendTo,
    broadcast,
    pauseReading: (id) => Effect.map(find(id), (actor) => actor.pause()),
    resumeReading: (id) => Effect.map(find(id), (actor) => actor.resume()),
    halfClose: (id) => Effect.flatMap(find(id), (actor) => actor.connection.halfClose),
    kick: (id, how = "fin") =>
      Effect.map(find(id), ({ core: connection }) =>
        how === "fin" ? connection.beginClose(closeReasons.kicked) : connection.abort(closeReasons.kicked),
      ),
    reload: (changed) =>
      reloading.withPermits(1)(
        Effect.flatMap(Effect.flatMap(checkReload(changed), compiled), (rules) =>
          Effect.sync(() => core.reload({ ...changed, ...rules })),
        ),
      ),
    drain,
    hub,
  })
})
