import * as Effect from "effect/Effect"
import type { ConnectionEnd } from "../../connection/index.ts"
import {
  type CloseReason,
  ConnectionClosedError,
  type ConnectionId,
  closeReasons,
  type Endpoint,
  Framing,
  InvalidPayloadError,
  type ProxiedBy,
  type SendError,
  type ServerEvent,
  type TlsSession,
} from "../../domain/index.ts"
import type { HubPort } from "../../hub/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Tap } from "../../runtime/Tap.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { Attributes } from "../Attribute.ts"
import type { Hosted, HostedEvent, HostedFigures, HostedObserver } from "../ConnectionHost.ts"
import type { CheckedServerSettings } from "../ServerConfig.ts"
import type { ServerObserver } from "../ServerObserver.ts"
import type { ConnectionInfo } from "../ServerState.ts"
import type { OpenConnection } from "./OpenConnection.ts"

/** The parts of a server that its hosted connections share. */
export interface HostedContext {
  readonly settings: CheckedServerSettings
  readonly timing: Timing
  readonly hub: HubPort
  readonly bus: EventBus<ServerEvent>
  readonly tap: Tap<ServerObserver>
  readonly heard: { last: ConnectionId | undefined }
  readonly onClosed: (connection: HostedConnection) => void
}

/** The facts about a connection at its opening. */
export interface HostedFacts {
  readonly id: ConnectionId
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly tls: TlsSession | undefined
  readonly proxied: ProxiedBy | undefined
}

/** A connection that runs in another process, as its server sees it. It emits the events of the connection. */
export class HostedConnection implements OpenConnection, HostedObserver {
  readonly id: ConnectionId
  readonly remote: Endpoint
  private readonly facts: HostedFacts
  private readonly since: number
  /** When the connection opened, by `Timing.elapsed`. */
  private readonly openedAt: number
  private readonly hosted: Hosted
  private readonly context: HostedContext
  private figures: HostedFigures = { bytesIn: 0, bytesOut: 0, pendingBytes: 0, isClosing: false }
  private isPaused = false
  private isPeerEnded = false
  private isFinSent = false
  /** The reason for which the server has asked the other process to end the connection. */
  private asked: CloseReason | undefined
  private ended: CloseReason | undefined

  constructor(facts: HostedFacts, hosted: Hosted, context: HostedContext) {
    this.id = facts.id
    this.remote = facts.remote
    this.facts = facts
    this.hosted = hosted
    this.context = context
    this.since = context.timing.now()
    this.openedAt = context.timing.elapsed()
    const { id, local, proxied, remote, tls } = facts
    context.bus.emit((seq, at) => ({
      ...{ seq, at, _tag: "ConnectionOpened", id, local, remote },
      ...(tls && { tls }),
      ...(proxied && { proxied }),
    }))
  }

  // --- from the other process

  onRun(run: Uint8Array): void {
    const { bus, heard, settings, tap } = this.context
    heard.last = this.id
    if (bus.wantsFrames()) {
      settings.frame.payloads(run, (bytes) =>
        bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameReceived", id: this.id, bytes })),
      )
    }
    if (tap.wantsRuns) tap.tell((observer) => observer.onRun?.(this.id, run))
  }

  onSent(payload: Uint8Array): void {
    const { bus, tap } = this.context
    if (tap.wantsSent) tap.tell((observer) => observer.onSent?.([this.id], payload))
    bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", to: [this.id], bytes: payload }))
  }

  onEvent(event: HostedEvent): void {
    if (event._tag === "ConnectionHalfClosed") {
      if (event.by === "peer") this.isPeerEnded = true
      else this.isFinSent = true
    }
    this.context.bus.emit((seq, at) => ({ seq, at, id: this.id, ...event }))
  }

  onFigures(figures: HostedFigures): void {
    this.figures = figures
  }

  onClosed(end: ConnectionEnd): void {
    if (this.ended !== undefined) return
    const { id, remote } = this
    const reason = this.reasonOf(end)
    this.ended = reason
    this.figures = { ...this.figures, bytesIn: end.bytesIn, bytesOut: end.bytesOut, pendingBytes: 0 }
    this.context.bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionClosed", id, remote, ...end, reason }))
    this.context.onClosed(this)
  }

  // The other process knows only that it was asked to end the connection.
  private reasonOf({ reason }: ConnectionEnd): CloseReason {
    const { asked } = this
    return asked !== undefined && (reason._tag === "Kicked" || asked._tag === "DrainDeadline") ? asked : reason
  }

  // --- for the server

  info(): ConnectionInfo {
    const { bytesIn, bytesOut, pendingBytes } = this.figures
    const { id, local, proxied, remote, tls } = this.facts
    return {
      id,
      local,
      remote,
      since: this.since,
      state: this.isClosing() ? "closing" : this.isPeerEnded ? "peer-half-closed" : "open",
      paused: this.isPaused,
      pendingBytes,
      bytesIn,
      bytesOut,
      tls,
      proxied,
      attributes: Attributes.none,
    }
  }

  bytesIn(): number {
    return this.figures.bytesIn
  }

  bytesOut(): number {
    return this.figures.bytesOut
  }

  pendingBytes(): number {
    return this.figures.pendingBytes
  }

  /** The budget of the peer is checked in its own process. */
  pendingInAll(): number {
    return 0
  }

  private isClosing(): boolean {
    return this.asked !== undefined || this.figures.isClosing
  }

  isWritable(): boolean {
    return this.ended === undefined && !this.isClosing() && !this.isFinSent
  }

  /** The other process asks the kernel. */
  isGone(): boolean {
    return false
  }

  sendQuietly(payload: Uint8Array): void {
    this.hosted.send(payload)
  }

  get taken(): Effect.Effect<void> {
    return this.hosted.taken
  }

  send(payload: Uint8Array): Effect.Effect<void, SendError> {
    return Effect.suspend((): Effect.Effect<void, SendError> => {
      const { bus, settings, tap } = this.context
      if (this.ended !== undefined || !this.isWritable()) {
        const reason = this.ended ?? this.asked
        return Effect.fail(
          reason === undefined && this.isFinSent
            ? new ConnectionClosedError({ reason: closeReasons.localClosed, isHalfClosed: true })
            : new ConnectionClosedError({ reason: reason ?? closeReasons.localClosed }),
        )
      }
      const wire = Framing.encodeFrame(settings.frame, payload, settings.maxFrame)
      if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
      if (tap.wantsSent || bus.wantsFrames()) this.onSent(payload)
      this.hosted.send(payload)
      return Effect.zipRight(this.taken, bus.unblocked)
    })
  }

  get halfClose(): Effect.Effect<void> {
    return Effect.sync(() => this.hosted.halfClose())
  }

  pause(): void {
    this.isPaused = true
    this.hosted.pause()
  }

  resume(): void {
    this.isPaused = false
    this.hosted.resume()
  }

  /** The host holds all connections at once. */
  holdForEvents(): void {}

  /** The other process applies the policy. */
  onOverflow(): void {}

  /** The host drains all connections at once. */
  drain(): void {}

  close(reason: CloseReason): void {
    this.asked ??= reason
    this.hosted.close()
  }

  reset(reason: CloseReason): void {
    if (this.asked === undefined || reason._tag === "DrainDeadline") this.asked = reason
    this.hosted.reset()
  }

  abort(reason: CloseReason): void {
    this.reset(reason)
  }

  /** The server is over. The connection counts as ended, and its process ends it. */
  destroy(reason: CloseReason): void {
    const { bytesIn, bytesOut } = this.figures
    this.reset(reason)
    this.onClosed({ reason, bytesIn, bytesOut, lifetimeMillis: this.context.timing.elapsed() - this.openedAt })
  }
}
