import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { ConnectionCore } from "../../connection/ConnectionCore.ts"
import {
  type ConnectionOwner,
  type ConnectionSettings,
  Hold,
  type InvalidMessage,
} from "../../connection/ConnectionOwner.ts"
import type { ConnectionEnd, HalfClosed } from "../../connection/index.ts"
import {
  type CloseReason,
  type ConnectionId,
  closeReasons,
  type Endpoint,
  type Framing,
  type ProxiedBy,
  type SendError,
  type TlsSession,
} from "../../domain/index.ts"
import type { HubMember, HubPort, HubSink } from "../../hub/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import { Attributes, MutableAttributes } from "../Attribute.ts"
import type { Reactor, ServerConnection } from "../Handler.ts"
import type { ConnectionInfo } from "../ServerState.ts"
import type { AcceptedConnection } from "./AcceptedConnection.ts"
import type { JoiningConnection } from "./JoiningConnection.ts"
import { Memberships } from "./Memberships.ts"
import type { OpenConnection } from "./OpenConnection.ts"
import { ReactorView, type ViewedConnection } from "./ReactorView.ts"
import { makeReplies, type Replies } from "./Replies.ts"
import { type BroadcastContext, type ConnectionSource, ServedConnection } from "./ServedConnection.ts"
import { closeUnawareHandler, type HandledConnection } from "./unawareHandler.ts"

// This file is longer than 300 lines because the connection, the hub and the server call back the same object. A second
// object for each connection would cost memory. Handlers and reactors have their own files: ServedConnection.ts and
// ReactorView.ts.

/** The parts of a server that all its connections share. */
export interface ActorContext extends BroadcastContext {
  readonly hubBudget: number
  /** What happens after the peer's FIN to a connection whose handler runs in a fiber. */
  readonly halfClosed: HalfClosed
  readonly timing: Timing
  readonly hub: HubPort
  /** The connection that sent a frame last. */
  readonly heard: { last: ConnectionId | undefined }
  readonly reactor: Reactor | undefined
  readonly onClosed: (actor: ConnectionActor) => void
}

/**
 * One open connection: the owner of its socket and its sink in the hub. It emits the events of the connection:
 * `ConnectionOpened` first and `ConnectionClosed` last.
 */
export class ConnectionActor
  implements
    ConnectionOwner,
    HubSink,
    ViewedConnection,
    ConnectionSource,
    HandledConnection,
    JoiningConnection,
    OpenConnection
{
  readonly id: ConnectionId
  readonly core: ConnectionCore
  readonly since: number
  readonly tls: TlsSession | undefined
  readonly proxied: ProxiedBy | undefined
  readonly needsPublisher = false
  /** The fiber of the handler. A reactor's connection has one too, which waits for the end of the connection. */
  fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  readonly context: ActorContext
  readonly member: HubMember
  /** Called at the end, after the events. */
  onEnded: (() => void) | undefined
  cancelInterrupt: (() => void) | undefined
  isServing: boolean
  /** The attributes, made at the first use. */
  attributesMade: MutableAttributes | undefined
  private draining = false
  /** Whether the hub blocks the connection as a publisher. */
  isBlocked = false
  private repliesMade: Replies | undefined
  private served: ServerConnection | undefined
  private view: ReactorView | undefined
  /** The memberships in other hubs, made at the first one. */
  private joined: Memberships | undefined
  /** The number of hubs in which a quarter of the budget is queued. */
  private stalls = 0
  readonly unblockWaiters = new Waiters()

  constructor(id: ConnectionId, accepted: AcceptedConnection, context: ActorContext) {
    const { wire, proxied, remote, tls } = accepted
    this.id = id
    this.tls = tls
    this.proxied = proxied
    this.context = context
    this.since = context.timing.now()
    this.isServing = context.reactor === undefined
    this.core = new ConnectionCore(wire, context.settings, context.timing, this, context.reactor === undefined, remote)
    this.member = context.hub.attach(this, { connection: id, history: true })
    const { local } = wire
    context.bus.emit((seq, at) => {
      const opened = { seq, at, _tag: "ConnectionOpened", id, local, remote } as const
      return tls === undefined && proxied === undefined
        ? opened
        : { ...opened, ...(tls && { tls }), ...(proxied && { proxied }) }
    })
  }

  // --- for handlers and reactors

  /** The connection for effects, made at the first use. */
  get connection(): ServerConnection {
    this.served ??= new ServedConnection(this)
    return this.served
  }

  get attributes(): MutableAttributes {
    this.attributesMade ??= new MutableAttributes()
    return this.attributesMade
  }

  get unblocked(): Effect.Effect<void> {
    return this.unblockWaiters.until(() => !this.isBlocked || this.core.end !== undefined)
  }

  get settings(): ConnectionSettings {
    return this.context.settings
  }

  get replies(): Replies {
    this.repliesMade ??= makeReplies(this.core, this.settings, this)
    return this.repliesMade
  }

  get hubBudget(): number {
    return this.context.hubBudget
  }

  get memberships(): Memberships {
    this.joined ??= new Memberships(this)
    return this.joined
  }

  unsentReplies(): number {
    return this.repliesMade?.bytes ?? 0
  }

  private get reactorView(): ReactorView {
    this.view ??= new ReactorView(this)
    return this.view
  }

  // --- for the server

  get remote(): Endpoint {
    return this.core.remote
  }

  info(): ConnectionInfo {
    const { core } = this
    return {
      id: this.id,
      local: core.local,
      remote: core.remote,
      since: this.since,
      state: core.isClosing() ? "closing" : core.isPeerEnded() ? "peer-half-closed" : "open",
      paused: core.isPaused(),
      pendingBytes: core.pending(),
      bytesIn: core.bytesIn(),
      bytesOut: core.bytesOut(),
      tls: this.tls,
      proxied: this.proxied,
      attributes: this.attributesMade === undefined ? Attributes.none : new Attributes(this.attributesMade),
    }
  }

  bytesIn(): number {
    return this.core.bytesIn()
  }

  bytesOut(): number {
    return this.core.bytesOut()
  }

  pendingBytes(): number {
    return this.core.pending()
  }

  isWritable(): boolean {
    return this.core.isWritable()
  }

  isGone(): boolean {
    return this.core.isGone()
  }

  sendQuietly(_payload: Uint8Array, wire: Uint8Array): void {
    this.core.write(wire)
  }

  get taken(): undefined {
    return undefined
  }

  send(payload: Uint8Array): Effect.Effect<void, SendError> {
    return this.connection.send(payload)
  }

  get halfClose(): Effect.Effect<void> {
    return this.connection.halfClose
  }

  // --- from the connection

  /** The server has registered and started the connection. */
  onStarted(): void {
    const { reactor } = this.context
    if (reactor?.onOpen === undefined || this.core.end !== undefined) return
    try {
      reactor.onOpen(this.reactorView)
    } catch (error) {
      this.core.fail(error)
    }
  }

  onRun(run: Uint8Array): void {
    const { bus, reactor, tap } = this.context
    if (bus.wantsFrames()) {
      this.core.eachPayload(run, (bytes) =>
        bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameReceived", id: this.id, bytes })),
      )
    }
    this.context.heard.last = this.id
    if (tap.wantsRuns) tap.tell((observer) => observer.onRun?.(this.id, run))
    reactor?.onRun(this.reactorView, run)
  }

  keepsRuns(): boolean {
    return this.context.bus.wantsFrames() || this.context.reactor !== undefined
  }

  onSent(payload: Uint8Array): void {
    const { tap } = this.context
    if (tap.wantsSent) tap.tell((observer) => observer.onSent?.([this.id], payload))
    this.context.bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", to: [this.id], bytes: payload }))
  }

  onBytesSkipped(skipped: number, total: number, cause: Framing.SkipCause): void {
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "BytesSkipped", id: this.id, skipped, total, cause }))
  }

  onMessageInvalid(invalid: InvalidMessage): void {
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "MessageInvalid", id: this.id, ...invalid }))
  }

  onHalfClosed(by: "peer" | "local"): void {
    const { bus, halfClosed, reactor, settings, timing } = this.context
    bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionHalfClosed", id: this.id, by }))
    if (by === "local") return
    if (reactor !== undefined) reactor.onPeerEnd(this.reactorView)
    else if (halfClosed === "close") closeUnawareHandler(this, settings.closeDeadline, timing)
  }

  onClosing(): void {}

  onDrain(): void {
    this.repliesMade?.flush()
    if (this.repliesMade?.hasUnsent() === true) this.core.hold(Hold.output)
    else if (this.joined === undefined) this.member.drained()
    else this.joined.onDrain()
  }

  flush(done: () => void): void {
    if (this.repliesMade === undefined) this.finish(done)
    else this.repliesMade.whenSent(() => this.finish(done))
  }

  /** Writes everything that the hubs have queued for the connection, then calls `done`. */
  private finish(done: () => void): void {
    const { joined } = this
    if (joined === undefined) this.member.finish(done)
    else this.member.finish(() => joined.finish(done))
  }

  isOwed(): boolean {
    return (
      this.repliesMade?.hasUnsent() === true || this.repliesMade?.isDeferred() === true || this.member.pending() > 0
    )
  }

  onClosed(end: ConnectionEnd): void {
    this.member.detach()
    this.joined?.end()
    this.repliesMade?.end()
    this.unblockWaiters.wake()
    const { id } = this
    const { remote } = this.core
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionClosed", id, remote, ...end }))
    this.tellReactor(end.reason)
    const { onEnded } = this
    this.onEnded = undefined
    // This call precedes the server's report that no connection is left.
    onEnded?.()
    this.context.onClosed(this)
  }

  /** An exception of the reactor has no effect here, because the connection has already ended. */
  private tellReactor(reason: CloseReason): void {
    try {
      this.context.reactor?.onClose?.(this.reactorView, reason)
    } catch {}
  }

  // --- from the hub

  deliver(bytes: Uint8Array): boolean {
    return this.core.write(bytes)
  }

  cork(): void {
    this.core.cork()
  }

  uncork(): boolean {
    return this.core.uncork()
  }

  pending(): number {
    return this.core.pending() + (this.joined?.loggedBytes() ?? 0)
  }

  progress(): number {
    return this.core.progress()
  }

  onUnresponsive(): void {
    this.joined?.onUnresponsive()
  }

  isUnresponsive(): boolean {
    return this.joined?.isUnresponsive() === true
  }

  onOverflow(pendingBytes: number, budgetBytes: number): void {
    this.core.abort({ _tag: "SlowConsumer", pendingBytes, budgetBytes })
  }

  onFailed(error: unknown): void {
    this.core.fail(error)
  }

  onDelivered(run: Uint8Array): void {
    const { bus, tap } = this.context
    if (!tap.wantsSent && !bus.wantsFrames()) return
    this.core.eachPayload(run, (payload) => this.onSent(payload))
  }

  onDropped(missed: number, total: number): void {
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "FramesDropped", id: this.id, missed, total }))
  }

  onStalled(pendingBytes: number): void {
    this.stalls++
    if (this.stalls > 1) return
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionStalled", id: this.id, pendingBytes }))
  }

  onRecovered(): void {
    this.stalls--
    if (this.stalls > 0) return
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionRecovered", id: this.id }))
  }

  /** Stops reading from the peer until {@link resume}. Bytes that have arrived are still delivered. */
  pause(): void {
    this.core.hold(Hold.command)
  }

  resume(): void {
    this.core.release(Hold.command)
  }

  onBlocked(): void {
    this.isBlocked = true
    this.core.hold(Hold.hub)
  }

  onUnblocked(): void {
    this.isBlocked = false
    if (this.joined?.isBlocked() !== true) this.core.release(Hold.hub)
    this.unblockWaiters.wake()
  }

  holdForEvents(held: boolean): void {
    if (held) this.core.hold(Hold.events)
    else this.core.release(Hold.events)
  }

  // --- ends

  /** The handler has ended. `failure`: the reason for which the connection ends; `undefined` after a success. */
  onHandlerEnd(failure: CloseReason | undefined): void {
    this.isServing = false
    // A running timer would keep the whole connection in memory.
    this.cancelInterrupt?.()
    if (this.core.isClosing()) return
    if (failure !== undefined) {
      // After a reset the peer knows that bytes are missing. A handler that failed because the peer's last frame was
      // truncated has sent everything, and so has a handler that refuses its peer.
      const hasSentAll = (this.core.isTruncated() && isClosedError(failure)) || isRefusal(failure)
      if (failure._tag === "SlowConsumer" || (this.core.hasUnsent() && !hasSentAll)) this.core.abort(failure)
      else this.core.beginClose(failure)
    } else if (this.draining) this.core.beginClose(closeReasons.drained, "unwatched")
    else this.core.beginClose(closeReasons.localClosed)
  }

  drain(): void {
    this.draining = true
    if (this.context.reactor === undefined) this.core.endInput()
    else this.core.beginClose(closeReasons.drained, "unwatched")
  }

  pendingInAll(): number {
    return this.member.pending() + this.unsentReplies()
  }

  close(reason: CloseReason): void {
    this.core.beginClose(reason)
  }

  reset(reason: CloseReason): void {
    this.core.abort(reason)
  }

  destroy(reason: CloseReason): void {
    this.core.destroy(reason)
  }

  /** Resets the connection and interrupts its handler. */
  abort(reason: CloseReason): void {
    this.core.abort(reason)
    this.interrupt()
  }

  interrupt(): void {
    const { fiber } = this
    if (fiber !== undefined) fiber.unsafeInterruptAsFork(fiber.id())
  }
}

const isClosedError = (failure: CloseReason): boolean =>
  failure._tag === "HandlerFailed" && failure.tag === "ConnectionClosedError"

const isRefusal = (failure: CloseReason): boolean =>
  failure._tag === "HandlerFailed" && failure.tag === "PeerRefusedError"
