import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { ConnectionCore } from "../../connection/ConnectionCore.ts"
import { type ConnectionOwner, type ConnectionSettings, Hold } from "../../connection/ConnectionOwner.ts"
import { CoreConnection } from "../../connection/CoreConnection.ts"
import type { ConnectionEnd, HalfClosed } from "../../connection/index.ts"
import {
  type CloseReason,
  type ConnectionId,
  closeReasons,
  Framing,
  InvalidPayloadError,
  type ProxiedBy,
  type SendError,
  type ServerEvent,
  type TlsSession,
} from "../../domain/index.ts"
import type { HubMember, HubPort, HubSink } from "../../hub/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Tap } from "../../runtime/Tap.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Reactor, ReactorConnection, ServerConnection } from "../Handler.ts"
import type { ServerObserver } from "../ServerObserver.ts"
import type { AcceptedConnection } from "./AcceptedConnection.ts"
import { Replies } from "./Replies.ts"

// How long a handler may do nothing behind the FIN of a peer that has sent no frame.
const unaskedGrace = Duration.seconds(1)

// How long a handler that receives by itself may be at work on an answer behind the FIN of its peer.
const answerGrace = Duration.seconds(30)

/** What an actor has from its server. */
export interface ActorContext {
  readonly settings: ConnectionSettings
  /** What happens to a connection of a handler whose peer has sent FIN. */
  readonly halfClosed: HalfClosed
  readonly timing: Timing
  readonly hub: HubPort
  readonly bus: EventBus<ServerEvent>
  readonly tap: Tap<ServerObserver>
  /** The connection that sent something last. */
  readonly heard: { last: ConnectionId | undefined }
  readonly reactor: Reactor | undefined
  /** Those who would get a broadcast of this connection. */
  readonly others: (id: ConnectionId) => ReadonlyArray<ConnectionId>
  readonly onClosed: (actor: ConnectionActor) => void
}

/**
 * One accepted connection: it ties the socket, the hub and the events together. Everything it tells is in order:
 * opened, anything, closed.
 */
export class ConnectionActor implements ConnectionOwner, HubSink, ReactorConnection {
  readonly id: ConnectionId
  readonly core: ConnectionCore
  readonly since: number
  readonly tls: TlsSession | undefined
  readonly proxied: ProxiedBy | undefined
  readonly needsPublisher = false
  /** The fiber that runs the handler, or stands for the reactor. */
  fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  private readonly context: ActorContext
  private readonly member: HubMember
  /** Told at the end, after the events. */
  onEnded: (() => void) | undefined
  /** Takes back the timer that waits for a handler whose peer, or whose connection, has gone. */
  cancelInterrupt: (() => void) | undefined
  /** Whether a handler is at work. */
  isServing: boolean
  private draining = false
  /** Whether the hub blocks it as a publisher. */
  private isBlocked = false
  private owing: Replies | undefined
  private served: ServerConnection | undefined
  private readonly unblockWaiters = new Waiters()

  constructor(id: ConnectionId, accepted: AcceptedConnection, context: ActorContext) {
    const { wire, proxied, remote, tls } = accepted
    this.id = id
    this.tls = tls
    this.proxied = proxied
    this.context = context
    this.since = context.timing.now()
    this.isServing = context.reactor === undefined
    this.core = new ConnectionCore(wire, context.settings, context.timing, this, context.reactor === undefined, remote)
    this.member = context.hub.attach(this, { connection: id })
    const { local } = wire
    context.bus.emit((seq, at) => {
      const opened = { seq, at, _tag: "ConnectionOpened", id, local, remote } as const
      return tls === undefined && proxied === undefined
        ? opened
        : { ...opened, ...(tls && { tls }), ...(proxied && { proxied }) }
    })
  }

  // --- what a handler gets

  /** The connection as effects see it, made for the first who asks. */
  get connection(): ServerConnection {
    this.served ??= new ServedConnection(this, this.core, () => this.context.bus.unblocked)
    return this.served
  }

  /** Sends one payload to all others. */
  broadcast(payload: Uint8Array): Effect.Effect<void, SendError> {
    return Effect.suspend((): Effect.Effect<void, SendError> => {
      if (this.core.end !== undefined) return Effect.fail(this.core.closedError())
      const wire = this.encode(payload)
      if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
      const { bus, others, tap } = this.context
      if (tap.wantsSent) {
        const to = others(this.id)
        tap.tell((observer) => observer.onSent?.(to, payload))
      }
      bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", to: others(this.id), bytes: payload }))
      const unblocked = this.member.publish(wire) ? Effect.void : this.unblocked
      return Effect.flatMap(unblocked, () => this.context.bus.unblocked)
    })
  }

  private encode(payload: Uint8Array): Uint8Array | InvalidPayloadError {
    const { framing, maxFrameBytes } = this.context.settings
    return Framing.encodeFrame(framing, payload, maxFrameBytes)
  }

  private get unblocked(): Effect.Effect<void> {
    return this.unblockWaiters.until(() => !this.isBlocked || this.core.end !== undefined)
  }

  // --- what a reactor gets

  write(wire: Uint8Array): void {
    if (!this.core.write(wire)) this.core.hold(Hold.output)
  }

  reply(payload: Uint8Array, times: number): void {
    this.replies.owe(payload, times)
    // What the peer does not take now is paid when it has taken what was written before.
    if (this.core.isTaken()) this.replies.pay()
    if (!this.core.isTaken()) this.core.hold(Hold.output)
  }

  owed(): number {
    return this.owing?.bytes ?? 0
  }

  putOff(more: () => void): void {
    this.core.hold(Hold.reactor)
    const { replies } = this
    replies.putOff(() => {
      try {
        more()
      } catch (error) {
        this.core.fail(error)
      }
      if (!replies.isPutOff()) this.core.release(Hold.reactor)
    })
  }

  private get replies(): Replies {
    this.owing ??= new Replies(
      { write: (bytes) => this.core.write(bytes), onSent: (sent) => this.onSent(sent) },
      (reply) => {
        const wire = this.encode(reply)
        // What a reactor throws ends its connection with the reason.
        if (wire instanceof InvalidPayloadError) throw wire
        return wire
      },
      this.context.settings.outboxBytes,
    )
    return this.owing
  }

  publish(run: Uint8Array): void {
    this.member.publish(run)
  }

  count(run: Uint8Array): number {
    return this.context.settings.framing.count(run)
  }

  close(): void {
    this.core.beginClose(closeReasons.localClosed)
  }

  // --- from the connection

  onRun(run: Uint8Array): void {
    const { bus, reactor, tap } = this.context
    if (bus.wantsFrames()) {
      this.core.eachPayload(run, (bytes) =>
        bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameReceived", id: this.id, bytes })),
      )
    }
    this.context.heard.last = this.id
    if (tap.wantsRuns) tap.tell((observer) => observer.onRun?.(this.id, run))
    reactor?.onRun(this, run)
  }

  keepsRuns(): boolean {
    return this.context.bus.wantsFrames() || this.context.reactor !== undefined
  }

  onSent(payload: Uint8Array): void {
    const { tap } = this.context
    if (tap.wantsSent) tap.tell((observer) => observer.onSent?.([this.id], payload))
    this.context.bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", to: [this.id], bytes: payload }))
  }

  onHalfClosed(by: "peer" | "local"): void {
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionHalfClosed", id: this.id, by }))
    if (by === "local") return
    if (this.context.reactor !== undefined) this.context.reactor.onPeerEnd(this)
    else if (this.context.halfClosed === "close") this.expectHandlerEnd()
  }

  /**
   * The peer has ended its side. A handler that receives to the end learns it, and may work on its last answer for as long
   * as it likes. A handler that neither takes nor sends anything for `closeDeadline` does not know: its connection is closed, and
   * it is interrupted. A handler that has used `receive` may be at work on an answer, so it has `answerGrace`. A peer that has
   * sent no frame waits for no answer, so its handler has a second.
   */
  private expectHandlerEnd(): void {
    const { core } = this
    const { settings, timing } = this.context
    const { closeDeadline } = settings
    const grace = core.hasFrame ? closeDeadline : Duration.min(closeDeadline, unaskedGrace)
    const look = (before: number, idle: Duration.Duration): void => {
      this.cancelInterrupt = timing.after(grace, () => {
        if (!this.isServing || core.end !== undefined || core.learnsPeerEnd()) return
        const now = core.handled()
        if (now !== before) return look(now, Duration.zero)
        const idleNow = Duration.sum(idle, grace)
        if (core.hasFrame && core.isAnswering() && Duration.lessThan(idleNow, answerGrace)) return look(now, idleNow)
        core.beginClose(closeReasons.localClosed)
        this.interrupt()
      })
    }
    look(core.handled(), Duration.zero)
  }

  onClosing(): void {}

  onDrain(): void {
    this.owing?.pay()
    if (this.owing?.isOwing() === true) this.core.hold(Hold.output)
    else this.member.drained()
  }

  flush(done: () => void): void {
    if (this.owing === undefined) this.member.finish(done)
    else this.owing.whenPaid(() => this.member.finish(done))
  }

  isOwed(): boolean {
    return this.owing?.isOwing() === true || this.owing?.isPutOff() === true || this.member.pending() > 0
  }

  onClosed(end: ConnectionEnd): void {
    this.member.detach()
    this.owing?.end()
    this.unblockWaiters.wake()
    const { id } = this
    const { remote } = this.core
    this.context.bus.emit((seq, at) => ({
      seq,
      at,
      _tag: "ConnectionClosed",
      id,
      remote,
      ...end,
    }))
    const { onEnded } = this
    this.onEnded = undefined
    // Before anybody hears that no connection is left.
    onEnded?.()
    this.context.onClosed(this)
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
    return this.core.pending()
  }

  progress(): number {
    return this.core.progress()
  }

  onOverflow(pendingBytes: number, budgetBytes: number): void {
    this.core.abort({ _tag: "SlowConsumer", pendingBytes, budgetBytes })
  }

  onFailed(error: unknown): void {
    this.core.fail(error)
  }

  onDropped(missed: number, total: number): void {
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "FramesDropped", id: this.id, missed, total }))
  }

  onStalled(pendingBytes: number): void {
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionStalled", id: this.id, pendingBytes }))
  }

  onRecovered(): void {
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionRecovered", id: this.id }))
  }

  /** Reads nothing more until {@link resume}. What has arrived is still given. */
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
    this.core.release(Hold.hub)
    this.unblockWaiters.wake()
  }

  holdForEvents(held: boolean): void {
    if (held) this.core.hold(Hold.events)
    else this.core.release(Hold.events)
  }

  // --- ends

  /** The handler has come to its end: well, or with a reason to end the connection. */
  onHandlerEnd(failure: CloseReason | undefined): void {
    this.isServing = false
    // The timer would keep everything of the connection for as long as it waits.
    this.cancelInterrupt?.()
    if (this.core.isClosing()) return
    if (failure !== undefined) {
      // The peer must be able to tell that it has not got everything.
      if (failure._tag === "SlowConsumer" || this.core.hasUnsent()) this.core.abort(failure)
      else this.core.beginClose(failure)
    } else if (this.draining) this.core.beginClose(closeReasons.drained, "unwatched")
    else this.core.beginClose(closeReasons.localClosed)
  }

  /** Lets it come to an orderly end: a handler finishes what has arrived, a reactor's connection is flushed. */
  drain(): void {
    this.draining = true
    if (this.context.reactor === undefined) this.core.endInput()
    else this.core.beginClose(closeReasons.drained, "unwatched")
  }

  /** Bytes that wait for it, here and in the hub, and replies. */
  pendingInAll(): number {
    return this.member.pending() + this.owed()
  }

  /** Ends it now. */
  abort(reason: CloseReason): void {
    this.core.abort(reason)
    this.interrupt()
  }

  interrupt(): void {
    const { fiber } = this
    if (fiber !== undefined) fiber.unsafeInterruptAsFork(fiber.id())
  }
}

class ServedConnection extends CoreConnection implements ServerConnection {
  readonly id: ConnectionId
  private readonly actor: ConnectionActor
  private broadcasting: ServerConnection["broadcast"] | undefined

  constructor(actor: ConnectionActor, core: ConnectionCore, onSent: () => Effect.Effect<void>) {
    super(core, onSent)
    this.id = actor.id
    this.actor = actor
  }

  get tls(): TlsSession | undefined {
    return this.actor.tls
  }

  get broadcast(): ServerConnection["broadcast"] {
    this.broadcasting ??= (payload) => this.actor.broadcast(payload)
    return this.broadcasting
  }
}
