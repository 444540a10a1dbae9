import * as Duration from "effect/Duration"
import {
  type CloseReason,
  ConnectionClosedError,
  closeReasons,
  type Endpoint,
  Framing,
  failureOfThrown,
  InvalidPayloadError,
} from "../domain/index.ts"
import { machineTiming } from "../runtime/machineTiming.ts"
import type { Sender } from "../runtime/Outlet.ts"
import type { Timing } from "../runtime/Timing.ts"
import { Waiters } from "../runtime/Waiters.ts"
import type { Wire, WireEnd, WireHandlers } from "../transport/Wire.ts"
import type { ConnectionEnd } from "./Connection.ts"
import { type ConnectionOwner, type ConnectionSettings, Hold } from "./ConnectionOwner.ts"
import { Holds } from "./internal/Holds.ts"
import { Inbox } from "./internal/Inbox.ts"
import { PeerWatch, type WatchedPeer } from "./internal/PeerWatch.ts"
import { watchProgress } from "./internal/progressWatch.ts"
import { reasonOfClose, reasonOfEnd } from "./internal/reasonOfEnd.ts"

// This file is longer than 300 lines because reading, sending and the end of a connection share their state; a second object
// for each connection would cost memory and a call on the hot path. The folder `internal` has what is independent of it.

const probeAfter = Duration.seconds(10)

// What one read takes at most where payloads are lent, bytes.
const lentBytes = 1024 * 1024

/**
 * A wire with framing, back-pressure and an end. It runs in callbacks and makes no fiber of its own: an idle connection
 * costs what its owner asks for. The first cause of its end is the one that counts.
 */
export class ConnectionCore implements WireHandlers, WatchedPeer, Framing.RunSink, Sender {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** What has arrived for those who pull. */
  readonly inbox: Inbox | undefined
  /** Woken when everything written is taken, and at the end. */
  readonly drainWaiters = new Waiters()
  /** Woken at the peer's FIN, when this side winds down, and at the end. */
  readonly endWaiters = new Waiters()
  /** Whether a whole frame has come. */
  hasFrame = false
  /** Whether the peer ended its side of TLS in order; none without TLS, and before the peer's end. */
  closeNotify: boolean | undefined
  /** Whether a program has learnt that the peer has ended its side. */
  isPeerEndKnown = false
  /** How a program takes what has arrived: not at all, one payload after the other by itself, or all until the end. */
  reading: "none" | "byHand" | "toTheEnd" = "none"
  /** How many streams are being sent with `sendAll`. */
  feeds = 0
  /** Set once, at the end. */
  end: ConnectionEnd | undefined
  private readonly wire: Wire
  private readonly settings: ConnectionSettings
  private readonly timing: Timing
  private readonly owner: ConnectionOwner
  private readonly decoder: Framing.FrameDecoder
  private readonly openedAt: number
  private readonly holds: Holds
  private reason: CloseReason | undefined
  private peerEnded = false
  private localEnded = false
  private localFirst = false
  private closing = false
  /** Whether the wire ends by itself. */
  private isOver = false
  private inputEnded = false
  private full = false
  private lends = false
  private cancelWatch: (() => void) | undefined
  private peerWatch: PeerWatch | undefined

  /** `pull`: payloads are kept for `receive`; otherwise `onRun` alone has them. */
  constructor(
    wire: Wire,
    settings: ConnectionSettings,
    timing: Timing,
    owner: ConnectionOwner,
    pull: boolean,
    remote: Endpoint = wire.remote,
  ) {
    this.wire = wire
    this.holds = new Holds(wire)
    this.local = wire.local
    this.remote = remote
    this.settings = settings
    this.timing = timing
    this.owner = owner
    this.decoder = settings.framing.decoder(settings.maxFrameBytes)
    this.openedAt = timing.elapsed()
    this.inbox = pull
      ? new Inbox(settings.inboxBytes, settings.framing, (held) =>
          held ? this.hold(Hold.inbox) : this.release(Hold.inbox),
        )
      : undefined
  }

  /** Begins to read. Called once, after the owner knows the connection. `before` hears of everything first. */
  start(before: WireHandlers = this): void {
    const { keepalive } = this.settings
    if (Duration.isFinite(keepalive)) this.wire.probe(Duration.toMillis(keepalive))
    this.wire.start(before)
  }

  // --- reading

  hold(cause: Hold): void {
    // Nothing is taken any more, only the peer's FIN is waited for: held back, it would never be seen.
    if (this.inputEnded || this.end !== undefined) return
    this.holds.add(cause)
    this.watchPeer()
  }

  release(cause: Hold): void {
    this.holds.remove(cause)
  }

  /**
   * Reads large payloads into memory that {@link giveBack} makes available again. Frames of other framings share the
   * memory of one read, which therefore cannot be lent.
   */
  lend(): void {
    if (this.settings.framing !== Framing.raw) return
    this.lends = true
    if (this.inbox !== undefined) this.inbox.packs = false
    this.wire.readLarge?.(Math.min(lentBytes, this.settings.maxFrameBytes))
  }

  /** Ends the loan of a payload. */
  giveBack(payload: Uint8Array): void {
    if (this.lends) this.wire.giveBack?.(payload)
  }

  /** Whether reading is held back. */
  isHeld(): boolean {
    return this.holds.isAny()
  }

  /** Whether reading is paused by a command. */
  isPaused(): boolean {
    return this.holds.has(Hold.command)
  }

  /** Whether reading is held back for something that is not the peer's own doing. */
  isHeldForOthers(): boolean {
    return this.holds.isAnyBut(Hold.ownRate)
  }

  /** Whether what comes is still given to somebody. */
  takesInput(): boolean {
    return !this.closing && !this.inputEnded
  }

  /** Changes whenever a program takes something of what has arrived, or the system something that it has sent. */
  handled(): number {
    return this.wire.progress() - (this.inbox?.left() ?? 0)
  }

  /** Whether a program is sure to learn, or has learnt, that its peer has ended its side. */
  learnsPeerEnd(): boolean {
    return this.isPeerEndKnown || this.reading === "toTheEnd"
  }

  /** Whether a program may be at work on an answer to what it has received. */
  isAnswering(): boolean {
    return this.reading === "byHand" && this.feeds === 0
  }

  bytesIn(): number {
    return this.wire.bytesIn()
  }

  bytesOut(): number {
    return this.wire.bytesOut()
  }

  /** Takes nothing more from the peer; what has arrived is still given, then the end. */
  endInput(): void {
    this.inputEnded = true
    this.inbox?.end()
    // Reads on without looking: bytes left unread would turn our FIN into an RST, which takes from the peer what it has
    // not read yet (RFC 1122, 4.2.2.13).
    this.holds.clear()
    this.endWaiters.wake()
  }

  /** Whether this side winds the connection down: its input has ended, or it is closing or closed. */
  isWindingDown(): boolean {
    return this.inputEnded || this.closing || this.end !== undefined
  }

  // --- writing

  /**
   * Sends one payload. `false`: more than `outboxBytes` wait to be taken; `drainWaiters` are woken when nothing does. An
   * error: nothing was sent.
   */
  send(payload: Uint8Array): boolean | InvalidPayloadError {
    const { framing, maxFrameBytes } = this.settings
    const wire = Framing.encodeFrame(framing, payload, maxFrameBytes)
    if (wire instanceof InvalidPayloadError) return wire
    this.write(wire)
    this.owner.onSent(payload)
    return this.hasRoom()
  }

  /** Whether no more than `outboxBytes` wait to be taken. */
  hasRoom(): boolean {
    return this.wire.pending() <= this.settings.outboxBytes
  }

  /** Whether the system has taken everything written. */
  isTaken(): boolean {
    return !this.full
  }

  isWritable(): boolean {
    return this.end === undefined && !this.localEnded && !this.closing
  }

  /** Writes wire bytes. `false`: the system has not taken them all; `onDrain` follows. */
  write(bytes: Uint8Array): boolean {
    if (this.end !== undefined || this.localEnded) return true
    this.full = !this.wire.write(bytes)
    return !this.full
  }

  cork(): void {
    this.wire.cork()
  }

  uncork(): boolean {
    this.full = !this.wire.uncork()
    return !this.full
  }

  pending(): number {
    return this.wire.pending()
  }

  progress(): number {
    return this.wire.progress()
  }

  // --- ending

  isClosing(): boolean {
    return this.closing
  }

  /** Whether the peer has sent FIN and everything before it was handed on. */
  isPeerEnded(): boolean {
    return this.peerEnded
  }

  /** Sends FIN behind what waits for this connection. */
  endOutput(): void {
    if (this.localEnded || this.end !== undefined || this.closing) return
    this.localFirst = !this.peerEnded
    this.owner.flush(() => this.sendFin(true))
  }

  private sendFin(announce: boolean): void {
    if (this.localEnded || this.end !== undefined) return
    this.localEnded = true
    this.isOver = this.wire.end()
    if (announce) this.owner.onHalfClosed("local")
  }

  /**
   * An orderly end: flush, FIN, then the peer's FIN. Destroyed when there is no progress for `closeDeadline`, unless
   * the caller watches over a deadline of its own.
   */
  beginClose(reason: CloseReason, watched: Pick<Timing, "after"> | "unwatched" = this.timing): void {
    if (this.closing || this.end !== undefined) return
    this.closing = true
    this.reason ??= reasonOfClose(reason, this.peerEnded, this.localFirst)
    this.owner.onClosing(this.wire.pending())
    this.endInput()
    this.owner.flush(() => this.sendFin(false))
    if (watched !== "unwatched" && !this.isOver && this.end === undefined) {
      this.cancelWatch = watchProgress(watched, this.wire, this.settings.closeDeadline, () => this.onStuck())
    }
  }

  private onStuck(): void {
    const pendingBytes = this.wire.pending()
    if (pendingBytes > 0) this.reason = { _tag: "DrainDeadline", pendingBytes }
    this.wire.reset()
  }

  /** Ends it now, with RST; `reason` replaces that of an orderly end that was under way. */
  abort(reason: CloseReason): void {
    if (this.end !== undefined) return
    this.closing = true
    if (this.reason === undefined || reason._tag === "DrainDeadline" || reason._tag === "PendingLimit")
      this.reason = reason
    this.inbox?.end()
    this.wire.reset()
  }

  /**
   * Ends it now; what the system has taken is still delivered. With bytes that the system has not taken the peer sees a
   * reset: a FIN behind a cut would look like an orderly end.
   */
  destroy(reason: CloseReason): void {
    if (this.end !== undefined) return
    this.closing = true
    this.reason ??= reasonOfClose(reason, this.peerEnded, this.localFirst)
    this.inbox?.end()
    if (this.hasUnsent() || !this.isFlushedAtOnce()) this.wire.reset()
    else this.wire.destroy()
  }

  /**
   * Ends it together with what owns it. After a success, bytes that the system has not taken are flushed first, as by an
   * orderly end.
   */
  endWith(owner: "succeeded" | "failed"): void {
    if (owner === "succeeded" && this.hasUnsent()) this.beginClose(closeReasons.localClosed, machineTiming)
    else this.destroy(closeReasons.localClosed)
  }

  /** Whether the system has not taken everything that was sent to this connection. */
  hasUnsent(): boolean {
    return this.wire.pending() > 0 || this.owner.isOwed?.() === true
  }

  /** Hands over what waits elsewhere. Whether the system has taken all of it. */
  private isFlushedAtOnce(): boolean {
    let isFlushed = false
    this.owner.flush(() => {
      isFlushed = true
    })
    return isFlushed && this.wire.pending() === 0
  }

  /** The program that sends to this connection has lost its subscription, because it waits for the peer. */
  onSourceOverflow(pendingBytes: number, budgetBytes: number): void {
    if (!this.isTaken()) this.abort({ _tag: "SlowConsumer", pendingBytes, budgetBytes })
  }

  // --- from the wire

  onData(bytes: Uint8Array): void {
    if (this.closing || this.inputEnded) return
    // Framings and reactors are other people's code. What they throw ends their connection, and nothing else.
    try {
      if (!this.decoder.push(bytes, this) && !this.closing) {
        this.abort({ _tag: "FrameTooLong", limitBytes: this.settings.maxFrameBytes })
      }
    } catch (error) {
      this.failFraming(error)
    }
  }

  /** From the decoder. */
  onRun(run: Uint8Array): void {
    if (this.isBroken()) return
    this.hasFrame = true
    try {
      this.owner.onRun(this.lends && this.owner.keepsRuns() ? new Uint8Array(run) : run)
    } catch (error) {
      this.fail(error)
    }
    if (!this.closing) this.inbox?.push(run)
  }

  onEnd(closeNotify?: boolean): void {
    this.closeNotify = closeNotify
    try {
      if (!this.closing && !this.inputEnded) this.decoder.end(this)
    } catch (error) {
      this.failFraming(error)
      return
    }
    this.peerEnded = true
    this.inbox?.end()
    this.endWaiters.wake()
    if (this.closing) return
    try {
      this.owner.onHalfClosed("peer")
    } catch (error) {
      this.fail(error)
    }
    if (this.end !== undefined || this.isClosing()) return
    this.wire.probe(Duration.toMillis(Duration.min(this.settings.keepalive, probeAfter)))
    this.watchPeer()
  }

  /** Calls `each` with the payloads of a run. A framing that throws ends the connection. */
  eachPayload(run: Uint8Array, each: (payload: Uint8Array) => void): void {
    try {
      this.settings.framing.payloads(run, each)
    } catch (error) {
      this.failFraming(error)
    }
  }

  /** The code that serves it has thrown. */
  fail(error: unknown): void {
    this.abort({ _tag: "HandlerFailed", ...failureOfThrown(error) })
  }

  /** Its framing has thrown. */
  failFraming(error: unknown): void {
    this.abort({ _tag: "FramingFailed", ...failureOfThrown(error) })
  }

  private watchPeer(): void {
    this.peerWatch ??= new PeerWatch(this.timing, this.wire, this)
    this.peerWatch.start()
  }

  onGone(): void {
    if (this.peerEnded) this.destroy(closeReasons.peerClosed)
    // Behind both FINs a peer looks the same to the system, and what it has sent before is still to be read.
    if (this.localEnded) return
    // How it went is told behind what it had sent, of which nobody takes anything any more.
    this.inputEnded = true
    this.holds.clear()
  }

  onDrain(): void {
    this.full = false
    this.release(Hold.output)
    this.owner.onDrain()
    if (!this.full) this.drainWaiters.wake()
  }

  onClose(end: WireEnd): void {
    this.reason ??= reasonOfEnd(end, this.peerEnded, this.localFirst)
    const { closeNotify } = this
    this.cancelWatch?.()
    this.peerWatch?.stop()
    this.end = {
      reason: this.reason,
      bytesIn: this.wire.bytesIn(),
      bytesOut: this.wire.bytesOut(),
      lifetimeMillis: Math.round(this.timing.elapsed() - this.openedAt),
      ...(closeNotify === undefined ? {} : { closeNotify }),
    }
    this.inbox?.end()
    this.drainWaiters.wake()
    this.owner.onClosed(this.end)
    this.endWaiters.wake()
  }

  /** Whether the peer has ended its side first, or this side answers that the peer has. */
  isEndedByPeer(): boolean {
    return this.peerEnded && !this.localFirst && (this.reason === undefined || this.reason._tag === "PeerClosed")
  }

  /** Whether it ended, or is ending, otherwise than in order. */
  isBroken(): boolean {
    const tag = this.reason?._tag
    return tag !== undefined && tag !== "PeerClosed" && tag !== "LocalClosed" && tag !== "Drained"
  }

  closedError(): ConnectionClosedError {
    return new ConnectionClosedError({ reason: this.reason ?? closeReasons.localClosed })
  }
}
