import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionCore } from "../connection/ConnectionCore.ts"
import { type ConnectionOwner, connectionSettings, Hold } from "../connection/ConnectionOwner.ts"
import { CoreConnection } from "../connection/CoreConnection.ts"
import { deadlineWatches } from "../connection/deadlines.ts"
import type { Connection } from "../connection/index.ts"
import {
  type ClientEvent,
  type ConnectError,
  ConnectionClosedError,
  closeReasons,
  describeCloseReason,
  type Endpoint,
  isLastingTlsFailure,
  type SettingsError,
} from "../domain/index.ts"
import { checkSubscription, EventBus, type EventSubscribeOptions } from "../runtime/EventBus.ts"
import { owned } from "../runtime/owned.ts"
import { Tap } from "../runtime/Tap.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { type Tls, Transport } from "../transport/index.ts"
import { ClientConfig, type ClientSettings, type ReconnectSettings, reconnectDefaults } from "./ClientConfig.ts"
import type { ClientObserver } from "./ClientObserver.ts"
import { checkClientSettings, checkReconnect, checkSession } from "./internal/checkClientSettings.ts"
import { dial } from "./internal/dial.ts"
import { makeSession } from "./internal/makeSession.ts"
import type { Dialled } from "./internal/secure.ts"
import type { Session, SessionOptions } from "./Session.ts"

/** What differs from a client's settings for one connection, or for those of one `run`. */
export interface ConnectOptions {
  /** How it is secured; `undefined`: not at all. Default: as the settings say. */
  readonly tls?: Tls.Connector | undefined
}

/** Why a program with {@link Client} `run` made its connection again, or gave up. */
type Lost = ConnectError | ConnectionClosedError

/**
 * Connections to servers, told as events. A connection belongs to the scope that it is made in and ends with it. When
 * everything sent has been taken by the system, it is closed at once. Otherwise a scope that ends with success flushes it
 * and closes it in order, as `close` does; a scope that fails or is interrupted resets it, so that the server can tell
 * that something is missing.
 */
export class Client extends Context.Tag("tcpfx/client/Client")<
  Client,
  {
    /** Connects. All addresses of a name are tried. */
    readonly connect: (
      endpoint: Endpoint,
      options?: ConnectOptions,
    ) => Effect.Effect<Connection, ConnectError, Scope.Scope>
    /**
     * Runs a program with a connection, and again with a new one whenever connecting fails, the program fails with
     * `ConnectionClosedError`, or the program succeeds after it has learnt that the server closed the connection
     * (`onPeerEnd`). Each time a capped, jittered, growing delay comes first. Ends with the program's own success or
     * failure, with the last loss when `maxAttempts` in a row have failed, or at once with a failure of TLS that no further
     * attempt can mend, such as a certificate that one side does not trust (`isLastingTlsFailure`).
     */
    readonly run: <A, E, R>(
      endpoint: Endpoint,
      use: (connection: Connection) => Effect.Effect<A, E, R>,
      reconnect?: Partial<ReconnectSettings>,
      options?: ConnectOptions,
    ) => Effect.Effect<A, E | ConnectError | ConnectionClosedError | SettingsError, Exclude<R, Scope.Scope>>
    /** A connection that is made again whenever it is lost, with a bounded outbox; it ends with the scope. */
    readonly session: (
      endpoint: Endpoint,
      options?: SessionOptions,
    ) => Effect.Effect<Session, SettingsError, Scope.Scope>
    /** Bytes over all its connections, those that have ended included; `bytesOut` counts what the system has taken. */
    readonly traffic: Effect.Effect<{ readonly bytesIn: number; readonly bytesOut: number }>
    /** Subscribes now: the stream has every event from here on, whenever it is run. */
    readonly subscribe: (
      options?: EventSubscribeOptions,
    ) => Effect.Effect<Stream.Stream<ClientEvent>, SettingsError, Scope.Scope>
    /** Tells an observer of everything that happens, in the turn in which it does, until the scope closes. */
    readonly observe: (observer: ClientObserver) => Effect.Effect<void, never, Scope.Scope>
    /** The events of its connections' lives, from when the stream is run. */
    readonly events: Stream.Stream<ClientEvent>
  }
>() {
  /** A client with what differs from `ClientConfig.defaults`. Fails on a setting that it cannot work with. */
  static readonly make = (
    settings: Partial<ClientSettings> = {},
  ): Effect.Effect<Client["Type"], SettingsError, Scope.Scope | Transport> =>
    Effect.flatMap(checkClientSettings({ ...ClientConfig.defaults, ...settings }), (checked) => makeClient(checked))

  static readonly layer: Layer.Layer<Client, SettingsError, Transport | ClientConfig> = Layer.scoped(
    Client,
    Effect.flatMap(Effect.flatMap(ClientConfig, checkClientSettings), (checked) => makeClient(checked)),
  )
}

const makeClient = Effect.fnUntraced(function* (settings: ClientSettings) {
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
  // A connection may have been made in a scope that lives longer; it ends with its client all the same.
  yield* Effect.addFinalizer((exit) =>
    Effect.forEach([...cores], (core) => endWith(core, exit), { concurrency: "unbounded", discard: true }).pipe(
      Effect.zipRight(Effect.sync(() => bus.end())),
    ),
  )

  const own = ({ isPaused, remote, tls, wire }: Dialled): ConnectionCore => {
    const core: ConnectionCore = new ConnectionCore(
      wire,
      connectionSettings(settings),
      timing,
      ownerOf(
        bus,
        tap,
        settings,
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

  const connectCore = Effect.fn("Client.connect")(function* (endpoint: Endpoint, options: ConnectOptions = {}) {
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
      Effect.sync(() => own(dialled)),
      endWith,
    )
  })
  const connect = (endpoint: Endpoint, options?: ConnectOptions) =>
    Effect.map(connectCore(endpoint, options), (core) => connectionOf(core, bus))

  const runWith = <A, E, R>(
    endpoint: Endpoint,
    use: (connection: Connection) => Effect.Effect<A, E, R>,
    reconnect: ReconnectSettings,
    options?: ConnectOptions,
  ) =>
    Effect.gen(function* () {
      let attempt = 0
      while (true) {
        let connectedAt = Number.POSITIVE_INFINITY
        const outcome = yield* connectCore(endpoint, options).pipe(
          Effect.tap(() => {
            connectedAt = timing.elapsed()
          }),
          Effect.flatMap((core) =>
            Effect.map(use(connectionOf(core, bus)), (value) =>
              reconnect.onPeerEnd === "reconnect" && core.isPeerEndKnown && core.isEndedByPeer()
                ? { _tag: "Lost" as const, error: endedByPeer }
                : { _tag: "Done" as const, value },
            ),
          ),
          Effect.scoped,
          Effect.catchAll((error) =>
            isLost(error) ? Effect.succeed({ _tag: "Lost" as const, error }) : Effect.fail(error),
          ),
        )
        if (outcome._tag === "Done") return outcome.value
        const error: Lost = outcome.error
        if (timing.elapsed() - connectedAt >= Duration.toMillis(reconnect.stableAfter)) attempt = 0
        attempt++
        const cause =
          error._tag === "ConnectError" ? error.message : `the connection ended: ${describeCloseReason(error.reason)}`
        if (attempt > reconnect.maxAttempts || isLasting(error)) {
          bus.emit((seq, at) => ({ seq, at, _tag: "GaveUp", attempts: attempt - 1, cause }))
          return yield* Effect.fail(error)
        }
        const delay = yield* delayBefore(attempt, reconnect)
        const delayMillis = Duration.toMillis(delay)
        bus.emit((seq, at) => ({ seq, at, _tag: "Reconnecting", attempt, delayMillis, cause }))
        yield* Effect.sleep(delay)
      }
    })

  return Client.of({
    connect,
    run: (endpoint, use, reconnect, connectOptions) =>
      Effect.flatMap(checkReconnect({ ...reconnectDefaults, ...reconnect }), (checked) =>
        runWith(endpoint, use, checked, connectOptions),
      ),
    session: (endpoint, options = {}) =>
      Effect.flatMap(checkSession(options), (checked) => makeSession(runWith, bus, settings, endpoint, checked)),
    subscribe: (options) => Effect.flatMap(checkSubscription(options), (checked) => bus.subscribe(checked)),
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

/**
 * Whether the next attempt would fail in the same way: TLS with this server needs another setting or certificate, or the
 * endpoint is none.
 */
const isLasting = (error: Lost): boolean =>
  error._tag === "ConnectError"
    ? error.reason === "InvalidEndpoint" || (error.reason === "TlsFailed" && isLastingTlsFailure(error.code))
    : error.reason._tag === "TransportFailed" && isLastingTlsFailure(error.reason.code)

const endedByPeer = new ConnectionClosedError({ reason: closeReasons.peerClosed })

const isLost = (error: unknown): error is Lost =>
  typeof error === "object" &&
  error !== null &&
  "_tag" in error &&
  (error._tag === "ConnectError" || error._tag === "ConnectionClosedError")

const delayBefore = (attempt: number, reconnect: ReconnectSettings): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => {
    const full = Duration.toMillis(reconnect.baseDelay) * 2 ** (attempt - 1)
    const capped = Math.min(full, Duration.toMillis(reconnect.maxDelay))
    return Duration.millis(Math.round(capped * (1 - reconnect.jitter * random)))
  })

/** Ends a connection together with the scope that owns it. */
const endWith = (core: ConnectionCore, exit: Exit.Exit<unknown, unknown>): Effect.Effect<unknown> =>
  Effect.suspend(() => {
    core.endWith(Exit.isSuccess(exit) ? "succeeded" : "failed")
    return new CoreConnection(core).closed
  })

const connectionOf = (core: ConnectionCore, bus: EventBus<ClientEvent>): Connection =>
  new CoreConnection(core, () => bus.unblocked)

const ownerOf = (
  bus: EventBus<ClientEvent>,
  tap: Tap<ClientObserver>,
  settings: ClientSettings,
  remote: Endpoint,
  core: () => ConnectionCore,
  onClosed: () => void,
): ConnectionOwner => ({
  onRun: (run) => {
    if (tap.wantsRuns) tap.tell((observer) => observer.onRun?.(run))
    if (!bus.wantsFrames()) return
    core().eachPayload(run, (bytes) => bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameReceived", bytes })))
  },
  keepsRuns: () => bus.wantsFrames(),
  onSent: (bytes) => {
    if (tap.wantsSent) tap.tell((observer) => observer.onSent?.(bytes))
    bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", bytes }))
  },
  onHalfClosed: (by) => {
    bus.emit((seq, at) => ({ seq, at, _tag: "HalfClosed", by }))
    if (by === "peer" && settings.halfClosed === "close" && core().isWritable()) {
      core().beginClose(closeReasons.localClosed)
    }
  },
  onClosing: (pendingBytes) => bus.emit((seq, at) => ({ seq, at, _tag: "Closing", pendingBytes })),
  onDrain: () => {},
  flush: (done) => done(),
  onClosed: (end) => {
    onClosed()
    bus.emit((seq, at) => ({ seq, at, _tag: "Disconnected", remote, ...end }))
  },
})
