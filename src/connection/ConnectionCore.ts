import * as Duration from "effect/Duration"
import {
  type CloseReason,
  CodecError,
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

// This file is longer than 300 lines because reading, sending and the end of a connection share their state. A second
// object for each connection would cost memory and a call on the hot path. The folder `internal` has the independent
// parts.

const noBytes = new Uint8Array(0)

const probeAfter = Duration.seconds(10)

// The longest read into lent memory, bytes.
const lentBytes = 1024 * 1024

/**
 * A wire with framing, back-pressure and an end. It runs in callbacks and starts no fiber, so an idle connection costs
 * only what its owner adds. The first cause of its end is the reported one.
 */
export class ConnectionCore implements WireHandlers, WatchedPeer, Framing.RunSink, Sender {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** The received payloads, for programs that pull. */
  readonly inbox: Inbox | undefined
  /** Woken when the kernel has taken all bytes, and at the end. */
  readonly drainWaiters = new Waiters()
  /** Woken at the peer's FIN, when this side begins to end the connection, and at the end. */
  readonly endWaiters = new Waiters()
  /** Whether a whole frame has arrived. */
  hasFrame = false
  /** Whether close_notify arrived before the peer's FIN. `undefined` without TLS, and before the peer's FIN. */
  closeNotify: boolean | undefined
  /** Whether the program has noticed the peer's FIN. */
  isPeerEndKnown = false
  /** How the program reads: not at all, with `receive`, or with a loop that reads to the end. */
  reading: "none" | "byHand" | "toTheEnd" = "none"
  /** The number of `sendAll` calls in progress. */
  feeds = 0
  /** Set once, when the connection ends. */
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
  /** Whether the wire has ended by itself, so that it needs no close deadline. */
  private isOver = false
  private inputEnded = false
  private full = false
  private lends = false
  private skipped = 0
  /** The number of bytes that the decoder got. */
  private received = 0
  private cancelPause: (() => void) | undefined
  private cancelWatch: (() => void) | undefined
  private peerWatch: PeerWatch | undefined

  /** `pull` means that payloads are queued for `receive`. Otherwise only `onRun` gets them. */
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

  /**
   * Starts to read. The owner calls it once, after it has registered the connection. `before` receives the callbacks of
   * the wire and passes them on to this connection.
   */
  start(before: WireHandlers = this): void {
    const { keepalive } = this.settings
    if (Duration.isFinite(keepalive.idle)) this.wire.probe(keepalive)
    this.wire.start(before)
  }

  // --- reading

  hold(cause: Hold): void {
    // After the end of input, the wire reads only to find the peer's FIN. A wire that does not read would never find
    // it.
    if (this.inputEnded || this.end !== undefined) return
    this.holds.add(cause)
    this.watchPeer()
  }

  release(cause: Hold): void {
    this.holds.remove(cause)
    // The timer starts again, because bytes that arrived while reading was stopped are read now and belong to the
    // frame.
    if (this.cancelPause !== undefined && this.settings.framing.pause !== undefined) {
      this.watchPause(this.settings.framing.pause)
    }
  }

  /**
   * Reads payloads without a copy, into memory that {@link recycle} makes available again. This needs raw framing:
   * frames of other framings share the memory of one read.
   */
  lend(): void {
    if (this.settings.framing !== Framing.raw) return
    this.lends = true
    if (this.inbox !== undefined) this.inbox.packs = false
    this.wire.readLarge?.(Math.min(lentBytes, this.settings.maxFrameBytes))
  }

  /** Allows the wire to reuse the memory of a lent payload. */
  recycle(payload: Uint8Array): void {
    if (this.lends) this.wire.recycle?.(payload)
  }

  /** Whether reading is stopped. */
  isHeld(): boolean {
    return this.holds.isAny()
  }

  /** Whether reading is paused by a command. */
  isPaused(): boolean {
    return this.holds.has(Hold.command)
  }

  /** Whether reading is stopped for a cause other than the peer's own rate. */
  isHeldForOthers(): boolean {
    return this.holds.isAnyBut(Hold.ownRate)
  }

  /** Whether received bytes are still delivered. */
  takesInput(): boolean {
    return !this.closing && !this.inputEnded
  }

  /** Changes whenever the program takes received bytes, or the kernel takes sent bytes. */
  handled(): number {
    return this.wire.progress() - (this.inbox?.left() ?? 0)
  }

  /** Whether the program has noticed the peer's FIN, or is certain to notice it. */
  learnsPeerEnd(): boolean {
    return this.isPeerEndKnown || this.reading === "toTheEnd"
  }

  /** Whether the program may be working on an answer to a received payload. */
  isAnswering(): boolean {
    return this.reading === "byHand" && this.feeds === 0
  }

  get framing(): Framing.Framing {
    return this.settings.framing
  }

  bytesIn(): number {
    return this.wire.bytesIn()
  }

  bytesOut(): number {
    return this.wire.bytesOut()
  }

  /**
   * Records the ordinals and offsets of the received payloads from now on, for a program that decodes messages. Each
   * payload costs as much as before.
   */
  keepOffsets(): void {
    // If the decoder has skipped bytes, the offsets of the runs in the inbox are unknown.
    this.inbox?.keepOffsets(this.skipped === 0 ? this.received - this.decoder.pending() : undefined)
  }

  /** Reports a payload that is no message. Returns the error with the ordinal and the offset of the payload. */
  reportInvalid(error: CodecError, frame: number): CodecError {
    const { codec, parseError, problem } = error
    const { offset } = this.inbox?.offsets?.find(frame) ?? {}
    const placed = new CodecError({
      codec,
      problem,
      frame,
      ...(offset === undefined ? {} : { offset }),
      ...(parseError && { parseError }),
    })
    this.owner.onMessageInvalid({ codec, problem, frame, offset, parseError })
    return placed
  }

  /** Closes the connection after a payload that is no message. */
  refuseInvalid({ codec, frame = 0, offset, problem }: CodecError): void {
    this.beginClose({ _tag: "MessageInvalid", codec, problem, frame, offset })
  }

  /** Ends the input. Payloads that have arrived are still delivered, then the end. */
  endInput(): void {
    this.inputEnded = true
    this.endPause()
    this.inbox?.end()
    // The wire continues to read, and the bytes are discarded. Unread bytes would turn this side's FIN into an RST,
    // which destroys bytes that the peer has not read yet (RFC 1122, 4.2.2.13).
    this.holds.clear()
    this.endWaiters.wake()
  }

  /** Whether this side is ending the connection: its input has ended, or it is closing or closed. */
  isWindingDown(): boolean {
    return this.inputEnded || this.closing || this.end !== undefined
  }

  // --- writing

  /**
   * Sends one payload. Returns `false` if more than `outboxBytes` are pending; `drainWaiters` are woken when the kernel
   * has taken all bytes. Returns an error if nothing was sent.
   */
  send(payload: Uint8Array): boolean | InvalidPayloadError {
    const { framing, maxFrameBytes } = this.settings
    const wire = Framing.encodeFrame(framing, payload, maxFrameBytes)
    if (wire instanceof InvalidPayloadError) return wire
    this.write(wire)
    this.owner.onSent(payload)
    return this.hasRoom()
  }

  /** Whether at most `outboxBytes` are pending. */
  hasRoom(): boolean {
    return this.wire.pending() <= this.settings.outboxBytes
  }

  /** Whether the kernel has taken all written bytes. */
  isTaken(): boolean {
    return !this.full
  }

  /** Whether the kernel has ended the connection, although its event has not arrived yet. */
  isGone(): boolean {
    return this.wire.isGone()
  }

  isWritable(): boolean {
    return this.end === undefined && !this.localEnded && !this.closing
  }

  /** Writes wire bytes. Returns `false` if the kernel has not taken all of them; `onDrain` follows. */
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

  /** Whether the peer has sent FIN and everything before it was delivered. */
  isPeerEnded(): boolean {
    return this.peerEnded
  }

  /** Sends FIN after all bytes that are queued for this connection. */
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
   * Closes gracefully: flushes, sends FIN, then waits for the peer's FIN. Resets the connection if it makes no progress
   * for `closeDeadline`, unless the caller has a deadline of its own (`unwatched`).
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

  /**
   * Resets the connection at once. The reason of an end in progress stays, unless `reason` is `DrainDeadline` or
   * `PendingLimit`.
   */
  abort(reason: CloseReason): void {
    if (this.end !== undefined) return
    this.closing = true
    if (this.reason === undefined || reason._tag === "DrainDeadline" || reason._tag === "PendingLimit")
      this.reason = reason
    this.inbox?.end()
    this.wire.reset()
  }

  /**
   * Ends the connection at once. The kernel still delivers the bytes that it has taken. If other bytes are left, the
   * connection is reset: a FIN after a cut would look like an orderly end.
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
   * Ends the connection together with its owner. After a success, an orderly close sends the bytes that the kernel has
   * not taken.
   */
  endWith(owner: "succeeded" | "failed"): void {
    if (owner === "succeeded" && this.hasUnsent()) this.beginClose(closeReasons.localClosed, machineTiming)
    else this.destroy(closeReasons.localClosed)
  }

  /** Whether bytes for this connection are left that the kernel has not taken. */
  hasUnsent(): boolean {
    return this.wire.pending() > 0 || this.owner.isOwed?.() === true
  }

  /** Flushes the bytes that are queued elsewhere. Returns whether the kernel has taken all bytes. */
  private isFlushedAtOnce(): boolean {
    let isFlushed = false
    this.owner.flush(() => {
      isFlushed = true
    })
    return isFlushed && this.wire.pending() === 0
  }

  /**
   * The subscription of a program that sends to this connection has overflowed. If the program was waiting for this
   * peer, the connection is reset with `SlowConsumer`.
   */
  onSourceOverflow(pendingBytes: number, budgetBytes: number): void {
    if (!this.isTaken()) this.abort({ _tag: "SlowConsumer", pendingBytes, budgetBytes })
  }

  // --- events of the wire

  onData(bytes: Uint8Array): void {
    if (this.closing || this.inputEnded) return
    this.inbox?.offsets?.onChunk(bytes, this.received, this.decoder.pending())
    this.received += bytes.length
    // Framings and reactors can be user code. An exception ends their connection and no other.
    try {
      const pushed = this.decoder.push(bytes, this)
      if (pushed !== true && !this.closing) this.abort(this.reasonOfFailure(pushed))
    } catch (error) {
      this.failFraming(error)
    }
    if (this.settings.framing.pause !== undefined) this.watchPause(this.settings.framing.pause)
  }

  private reasonOfFailure(failure: false | Framing.DecodeFailure): CloseReason {
    const limitBytes = this.settings.maxFrameBytes
    if (failure === false) return { _tag: "FrameTooLong", limitBytes }
    const { offset, problem } = failure
    return problem === undefined
      ? { _tag: "FrameTooLong", limitBytes, offset }
      : { _tag: "FrameInvalid", problem, offset }
  }

  /** The decoder has skipped bytes. */
  onBytesSkipped(bytes: number, cause: Framing.SkipCause): void {
    if (this.isBroken()) return
    this.skipped += bytes
    this.owner.onBytesSkipped(bytes, this.skipped, cause)
  }

  /** Starts the timer of the pause that ends a frame. */
  private watchPause(pause: Duration.Duration): void {
    this.cancelPause?.()
    this.cancelPause =
      this.decoder.pending() > 0 && this.takesInput() ? this.timing.after(pause, () => this.onPause(pause)) : undefined
  }

  private endPause(): void {
    this.cancelPause?.()
    this.cancelPause = undefined
  }

  private onPause(pause: Duration.Duration): void {
    this.cancelPause = undefined
    // While this side does not read, silence does not mean that the peer has sent nothing.
    if (this.isHeld()) {
      this.watchPause(pause)
      return
    }
    try {
      const left = this.endDecoder()
      if (left > 0) this.onBytesSkipped(left, "incomplete")
    } catch (error) {
      this.failFraming(error)
    }
  }

  /** Ends the last frame. Returns the number of bytes that are left. */
  private endDecoder(): number {
    this.inbox?.offsets?.onChunk(noBytes, this.received, this.decoder.pending())
    return this.decoder.end(this)
  }

  /** The decoder has found whole frames. */
  onRun(run: Uint8Array): void {
    if (this.isBroken()) return
    this.hasFrame = true
    try {
      this.owner.onRun(this.lends && this.owner.keepsRuns() ? new Uint8Array(run) : run)
    } catch (error) {
      this.fail(error)
    }
    if (this.closing || this.inbox === undefined) return
    this.inbox.offsets?.onRun(run)
    this.inbox.push(run)
  }

  onEnd(closeNotify?: boolean): void {
    this.closeNotify = closeNotify
    this.endPause()
    try {
      const left = this.closing || this.inputEnded ? 0 : this.endDecoder()
      // The reason is set before the end, so that a reader receives the payloads before the truncated frame and then
      // fails. The connection stays open for answers to these payloads.
      if (left > 0) this.reason ??= { _tag: "FrameTruncated", bytes: left }
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
    const { keepalive } = this.settings
    this.wire.probe({ ...keepalive, idle: Duration.min(keepalive.idle, probeAfter) })
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

  /** Ends the connection after an exception of its handler or reactor. */
  fail(error: unknown): void {
    this.abort({ _tag: "HandlerFailed", ...failureOfThrown(error) })
  }

  /** Ends the connection after an exception of its framing. */
  failFraming(error: unknown): void {
    this.abort({ _tag: "FramingFailed", ...failureOfThrown(error) })
  }

  private watchPeer(): void {
    this.peerWatch ??= new PeerWatch(this.timing, this.wire, this)
    this.peerWatch.start()
  }

  onGone(): void {
    if (this.peerEnded) this.destroy(closeReasons.peerClosed)
    // After both FINs the kernel no longer knows the peer. So the peer may have closed gracefully, and its last bytes
    // may still be unread.
    if (this.localEnded) return
    // The socket reports its error after its unread bytes. So reading continues, and the bytes are discarded.
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
    this.endPause()
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

  /** Whether the peer has sent FIN in the middle of a frame. This side can still send. */
  isTruncated(): boolean {
    return this.reason?._tag === "FrameTruncated"
  }

  /** Whether the peer sent the first FIN, and nothing else has ended the connection. */
  isEndedByPeer(): boolean {
    return this.peerEnded && !this.localFirst && (this.reason === undefined || this.reason._tag === "PeerClosed")
  }

  /** Whether the connection has ended, or is ending, for a reason other than a graceful close. */
  isBroken(): boolean {
    const tag = this.reason?._tag
    return tag !== undefined && tag !== "PeerClosed" && tag !== "LocalClosed" && tag !== "Drained"
  }

  closedError(): ConnectionClosedError {
    const reason = this.reason ?? closeReasons.localClosed
    const isHalfClosed = this.reason === undefined && this.localEnded
    return new ConnectionClosedError(isHalfClosed ? { reason, isHalfClosed } : { reason })
  }
}
