import type * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import { connectionSettings } from "../../connection/ConnectionOwner.ts"
import {
  AddressSet,
  type CloseReason,
  ConnectionId,
  closeReasons,
  type Endpoint,
  Framing,
  type RefusalRule,
  type ServerEvent,
} from "../../domain/index.ts"
import type { HubPort } from "../../hub/index.ts"
import { atOnce } from "../../runtime/atOnce.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Sender } from "../../runtime/Outlet.ts"
import { Registry } from "../../runtime/Registry.ts"
import type { Tap } from "../../runtime/Tap.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import { unknownPeer, type Wire } from "../../transport/index.ts"
import { telnetWire } from "../../transport/telnet.ts"
import type { ConnectionHost } from "../ConnectionHost.ts"
import type { Reactor, ServerConnection } from "../Handler.ts"
import type { CheckedServerSettings, ReloadableSettings } from "../ServerConfig.ts"
import type { ServerObserver } from "../ServerObserver.ts"
import type { ConnectionInfo, ServerCounts, ServerState, ServerTraffic } from "../ServerState.ts"
import type { AcceptedConnection } from "./AcceptedConnection.ts"
import { AccessControl } from "./AccessControl.ts"
import { type ActorContext, ConnectionActor } from "./ConnectionActor.ts"
import { ConnectionLimits } from "./ConnectionLimits.ts"
import { Handshakes } from "./Handshakes.ts"
import { HostedConnection, type HostedContext } from "./HostedConnection.ts"
import type { OpenConnection } from "./OpenConnection.ts"
import { Places } from "./Places.ts"

/** The result of a drain. */
export interface DrainResult {
  /** The number of connections that ended gracefully. */
  readonly graceful: number
  /** The number of connections that were reset at the deadline. */
  readonly forced: number
}

/** A connection whose handler runs in a fiber. */
export interface Served {
  readonly connection: ServerConnection
  readonly core: Sender & Pick<ConnectionCore, "closedError">
  /** Called when the handler has ended, with the reason of a failure. */
  readonly onHandlerEnd: (failure: CloseReason | undefined) => void
}

/** Starts the fiber of a connection's handler in a scope of its own. */
export type ServeConnection = (served: Served) => Fiber.RuntimeFiber<void, unknown>

export const draining: RefusalRule = { _tag: "Draining" }
const suspended: RefusalRule = { _tag: "Suspended" }

/** The parts of a server. */
export interface ServerCoreOptions {
  readonly settings: CheckedServerSettings
  readonly timing: Timing
  readonly hub: HubPort
  readonly bus: EventBus<ServerEvent>
  readonly tap: Tap<ServerObserver>
  readonly handler: ServeConnection | Reactor
  /** The processes that run the connections. `undefined`: this process runs them. */
  readonly host: ConnectionHost | undefined
}

/** The connections of a server: accepts them, finds them by their id, and ends them. */
export class ServerCore {
  readonly actors = new Registry<ConnectionId, OpenConnection>()
  /** Whether new connections are refused because the server drains. */
  draining = false
  /** Whether new connections are refused until `resume`. */
  suspended = false
  /** Whether the scope of the server has closed. */
  isOver = false
  /** The drain in progress, or the last one. */
  drained: Deferred.Deferred<DrainResult> | undefined
  readonly access: AccessControl
  readonly handshakes: Handshakes
  private readonly limits: ConnectionLimits
  private readonly places: Places<OpenConnection>
  private readonly options: ServerCoreOptions
  private readonly actorContext: ActorContext
  private readonly hostedContext: HostedContext
  refused = 0
  private lastId = 0
  /** The connection that sent a frame last, open or ended. */
  readonly heard: { last: ConnectionId | undefined } = { last: undefined }
  /** Totals of the connections that have ended. */
  private readonly ended = { bytesIn: 0, bytesOut: 0, unused: 0 }
  private readonly emptyWaiters = new Waiters()

  constructor(options: ServerCoreOptions) {
    this.options = options
    const { bus, handler, hub, host, settings, tap, timing } = options
    const { displace: displaces, maxConns, maxPerAddress } = settings
    const isProxied = settings.proxyProtocol === "require"
    this.access = new AccessControl(
      { allow: AddressSet.from(settings.allow), deny: AddressSet.from(settings.deny) },
      { total: maxConns, perAddress: maxPerAddress, displaces },
      isProxied ? "proxy" : "system",
    )
    this.limits = new ConnectionLimits(settings, timing, bus)
    this.places = new Places(this.access, this.actors, displaces)
    // A host makes the handshakes of TLS itself.
    const hasLaterTls = host !== undefined && settings.tls !== undefined
    this.handshakes = new Handshakes(
      {
        timeout: settings.handshakeTimeout,
        proxies: isProxied ? AddressSet.from(settings.proxyFrom) : undefined,
        refusal: hasLaterTls ? undefined : refusalOf(settings),
      },
      host === undefined ? settings.tls : undefined,
      timing,
      this.access,
      {
        places: {
          freeGone: (remote) => this.places.freeGone(remote),
          displaceOldest: hasLaterTls ? () => {} : (remote) => this.places.displaceOldest(remote),
        },
        onAccepted: (accepted) => (host === undefined ? this.open(accepted) : this.openIn(host, accepted)),
        onRefused: (remote, rule) => this.onRefused(remote, rule),
      },
    )
    this.actorContext = {
      settings: connectionSettings(settings),
      hubBudget: settings.hubBudget,
      halfClosed: settings.halfClosed,
      timing,
      hub,
      bus,
      tap,
      heard: this.heard,
      reactor: typeof handler === "function" ? undefined : handler,
      others: (self) => this.writable().filter((other) => other !== self),
      onClosed: (closed) => this.onClosed(closed),
    }
    this.hostedContext = {
      ...{ settings, timing, hub, bus, tap, heard: this.heard },
      onClosed: (closed) => this.onHostedClosed(closed),
    }
  }

  /** Called for each new wire of a listener. */
  accept(wire: Wire, endpoint: Endpoint): void {
    if (wire.remote === unknownPeer && this.handshakes.needsAddress()) {
      wire.destroy()
      this.onAcceptFailed(endpoint, "ECONNABORTED")
      return
    }
    const rule = this.draining ? draining : this.suspended ? suspended : undefined
    if (rule === undefined) {
      this.handshakes.begin(wire)
    } else {
      wire.destroy()
      this.onRefused(wire.remote, rule)
    }
  }

  private onRefused(remote: Endpoint, rule: RefusalRule): void {
    this.refused++
    this.options.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionRefused", remote, rule }))
  }

  private open(entered: AcceptedConnection): void {
    const { bus, handler, settings } = this.options
    const accepted = settings.telnet ? { ...entered, wire: telnetWire(entered.wire) } : entered
    const id = ConnectionId.make(++this.lastId, true)
    const actor = new ConnectionActor(id, accepted, this.actorContext)
    this.places.displaceOldest(accepted.remote)
    this.places.add(actor)
    this.actors.set(id, actor)
    if (bus.isBlocked()) actor.holdForEvents(true)
    // The fiber of a reactor ends with its socket, which the server's scope destroys. So the fiber is in no FiberSet.
    if (typeof handler === "function") {
      actor.fiber = handler(actor)
    } else {
      actor.fiber = Effect.runFork(waitForEnd(actor), { scheduler: atOnce })
      actor.fiber.addObserver(() => actor.core.destroy(closeReasons.localClosed))
    }
    this.limits.add(actor)
    actor.core.start(this.limits.meterOf(actor))
    actor.onStarted()
    if (accepted.isPaused === true && !actor.core.isHeld()) accepted.wire.resume()
  }

  /** Opens a connection in another process. */
  private openIn(host: ConnectionHost, { proxied, remote, wire }: AcceptedConnection): void {
    const { local } = wire
    host.take(wire, {
      onOpened: (hosted, tls) => {
        const id = ConnectionId.make(++this.lastId, true)
        const opened = new HostedConnection({ id, local, remote, tls, proxied }, hosted, this.hostedContext)
        this.places.displaceOldest(remote)
        this.places.add(opened)
        this.actors.set(id, opened)
        return opened
      },
      onRefused: (rule) => {
        this.access.leave(remote)
        this.onRefused(remote, rule)
      },
    })
  }

  /** Replaces the settings for new connections. */
  reload(changed: Partial<ReloadableSettings>): void {
    const { access, handshakes } = this
    const { allow, deny } = access.rules
    const { displaces, perAddress, total } = access.limits
    access.rules = {
      allow: changed.allow === undefined ? allow : AddressSet.from(changed.allow),
      deny: changed.deny === undefined ? deny : AddressSet.from(changed.deny),
    }
    const limits = { total: changed.maxConns ?? total, perAddress: changed.maxPerAddress ?? perAddress }
    access.limits = { ...limits, displaces }
    if (!("tls" in changed)) return
    const { host } = this.options
    if (host === undefined) handshakes.tls = changed.tls
    else host.secure(changed.tls)
  }

  /** Called when a listener opens. After the end of a drain the server accepts connections again. */
  reopen(): void {
    if (this.isOver || this.drained === undefined || this.actors.size > 0) return
    this.draining = false
    this.drained = undefined
  }

  onAcceptFailed(endpoint: Endpoint, code: string): void {
    this.options.bus.emitOwn((seq, at) => ({ seq, at, _tag: "AcceptFailed", endpoint, code }))
  }

  /** The number of connections that were ever open. */
  get opened(): number {
    return this.lastId
  }

  /** The open connections. */
  connections(): ReadonlyArray<ConnectionInfo> {
    return [...this.actors].map((actor) => actor.info())
  }

  get accepting(): ServerState["accepting"] {
    return this.draining ? "draining" : this.suspended ? "suspended" : "yes"
  }

  traffic(): ServerTraffic {
    let { bytesIn, bytesOut } = this.ended
    for (const actor of this.actors) {
      bytesIn += actor.bytesIn()
      bytesOut += actor.bytesOut()
    }
    return { bytesIn, bytesOut }
  }

  get counts(): ServerCounts {
    const closed = this.opened - this.actors.size
    return { opened: this.opened, refused: this.refused, closed, unused: this.ended.unused }
  }

  state(listening: ReadonlyArray<Endpoint>): ServerState {
    return {
      accepting: this.accepting,
      listening,
      entering: this.handshakes.size + (this.options.host?.entering() ?? 0),
      connections: this.connections(),
      ...this.counts,
    }
  }

  /** The connections to which this side can still send. */
  writable(): ReadonlyArray<ConnectionId> {
    return [...this.actors].filter((actor) => actor.isWritable()).map((actor) => actor.id)
  }

  holdForEvents(held: boolean): void {
    for (const actor of this.actors) actor.holdForEvents(held)
    this.options.host?.hold(held)
  }

  /** Begins an orderly end of all connections. */
  drainAll(): void {
    for (const actor of this.actors) actor.drain()
    this.options.host?.drain()
  }

  /** Waits until no connection is open. */
  get empty(): Effect.Effect<void> {
    return this.emptyWaiters.until(() => this.actors.size === 0)
  }

  /** Ends all connections and handshakes at once. */
  destroyAll(): void {
    this.handshakes.refuseAll(draining)
    for (const actor of this.actors) actor.destroy(closeReasons.localClosed)
  }

  private onClosed(actor: ConnectionActor): void {
    this.remove(actor)
    this.limits.remove(actor)
    // The handler may still work on bytes that had arrived. It has `closeDeadline` for that.
    if (actor.isServing) {
      const { settings, timing } = this.options
      actor.cancelInterrupt?.()
      actor.cancelInterrupt = timing.after(settings.closeDeadline, () => actor.interrupt())
    }
    if (this.actors.size === 0) this.emptyWaiters.wake()
  }

  private onHostedClosed(connection: HostedConnection): void {
    this.remove(connection)
    if (this.actors.size === 0) this.emptyWaiters.wake()
  }

  private remove(connection: OpenConnection): void {
    this.actors.delete(connection.id)
    this.ended.bytesIn += connection.bytesIn()
    this.ended.bytesOut += connection.bytesOut()
    if (connection.bytesIn() + connection.bytesOut() === 0) this.ended.unused++
    this.places.remove(connection)
  }
}

/** The bytes for a peer that a limit refuses. */
const refusalOf = ({ frame, refusal }: CheckedServerSettings): Uint8Array | undefined =>
  refusal === undefined ? undefined : Framing.wireOf(frame, refusal)

// The fiber of a reactor's connection waits for the end of the socket. When the fiber ends, an observer of the fiber
// destroys the socket. A finalizer would cost as much memory as the fiber.
const waitForEnd = (actor: ConnectionActor): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    actor.onEnded = () => resume(Effect.void)
  })
