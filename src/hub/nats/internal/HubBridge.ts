import type { Framing } from "../../../domain/index.ts"
import type { HubMember, HubPort, HubSink } from "../../index.ts"
import { EarlyMessages } from "./EarlyMessages.ts"
import { decodeEnvelope, type Envelope, encodeEnvelope, envelopeOverhead } from "./envelope.ts"
import type { Gap, Gaps } from "./Gaps.ts"
import { HeldArrivals } from "./HeldArrivals.ts"
import { type Arrival, eachRun, Origins } from "./Origins.ts"
import type { Outgoing, Position } from "./Outbox.ts"

// The runs of a turn are joined up to this many bytes. Larger messages save nothing, and delay the first frame.
const joinedBytes = 256 * 1024

/** The parts of the link to NATS that a bridge uses. */
export interface BridgeLink {
  readonly node: string
  /** The largest message, bytes. */
  readonly mostBytes: () => number
  /** Queues a message for NATS. */
  readonly send: (message: Outgoing) => void
  /** Whether publishers should wait until NATS has taken more. `false` while the hub is detached. */
  readonly isFull: () => boolean
  /** The number of bytes that are queued for NATS. */
  readonly pendingBytes: () => number
  readonly progress: () => number
  readonly subscribe: (subject: string, onMessage: (bytes: Uint8Array) => void) => () => void
  readonly onMissed: (arrival: Arrival, cause: "gap" | "overflow") => void
  readonly onStalled: (pendingBytes: number) => void
  readonly onRecovered: () => void
  readonly onFailed: (error: unknown) => void
}

/** Options of a bridge. */
export interface BridgeOptions {
  readonly framing: Framing.Framing
  readonly subject: string
  /**
   * A random number for this bridge. The positions of its messages count from its start, so a room that ends and begins
   * again is another origin.
   */
  readonly epoch: number
  /** The maximum number of bytes that wait for NATS, and of bytes that have arrived and wait for blocked members. */
  readonly queueBytes: number
  /** Whether bytes above `queueBytes` that have arrived are dropped. Otherwise the hub gets them, and its policy applies. */
  readonly dropsArrived: boolean
  /**
   * Where the bridge notes the frames that it does not get, if NATS stores the history of the hub. Stored messages then come
   * first: {@link HubBridge.restore}, then {@link HubBridge.endRestoring}.
   */
  readonly gaps?: Gaps | undefined
}

/**
 * Joins a hub in memory to a subject of NATS, as one member of the hub. The bridge sends the frames of the other members to
 * NATS, and publishes the frames from NATS in the hub. A member does not get its own runs, so no frame returns.
 */
export class HubBridge implements HubSink {
  readonly needsPublisher: boolean
  private readonly link: BridgeLink
  private readonly options: BridgeOptions
  private readonly member: HubMember
  private readonly unsubscribe: () => void
  private readonly origins: Origins
  /** The runs of this turn. */
  private runs: Array<Uint8Array> = []
  private runBytes = 0
  private armed = false
  private sequence = 0
  private frames = 0
  /** Whether the hub blocks its publishers. */
  private blocked = false
  private readonly held: HeldArrivals
  private full = false
  /** The messages that arrived before the history was restored; `undefined` afterwards. */
  private early: EarlyMessages | undefined
  /** Whether a stored message is being taken. */
  private isRestoring = false

  constructor(hub: HubPort, link: BridgeLink, options: BridgeOptions) {
    this.link = link
    this.options = options
    // If the bytes alone determine the frames, the hub can join the runs of all publishers.
    this.needsPublisher = options.framing.delimited === false
    this.origins = new Origins(options.queueBytes, options.gaps && ((gap) => this.onGap(gap)))
    this.held = new HeldArrivals(options.queueBytes)
    if (options.gaps !== undefined) this.early = new EarlyMessages(options.queueBytes)
    // Publishers wait for NATS while it takes their frames. The link ends the wait when NATS takes nothing.
    this.member = hub.attach(this, { budgetBytes: options.queueBytes, slowConsumer: "block" })
    this.unsubscribe = link.subscribe(options.subject, (bytes) => this.receive(bytes))
  }

  // --- to NATS

  deliver(run: Uint8Array): boolean {
    if (this.runBytes + run.length > joinedBytes) this.seal()
    this.runs.push(run)
    this.runBytes += run.length
    if (!this.armed) {
      this.armed = true
      queueMicrotask(() => {
        this.armed = false
        this.seal()
      })
    }
    return this.isReady()
  }

  cork(): void {}

  uncork(): boolean {
    return this.isReady()
  }

  private isReady(): boolean {
    this.full = this.link.isFull()
    return !this.full
  }

  pending(): number {
    return this.runBytes + this.link.pendingBytes()
  }

  progress(): number {
    return this.link.progress()
  }

  /** NATS has taken enough, or the hub is detached: the hub delivers again. */
  onLinkReady(): void {
    if (!this.full) return
    this.full = false
    this.member.drained()
  }

  /** Sends the runs of this turn as one message, or as several if they are too long. */
  seal(): void {
    const { link, needsPublisher: hasParts, options, runs } = this
    if (runs.length === 0) return
    const length = this.runBytes
    this.runs = []
    this.runBytes = 0
    const room = link.mostBytes() - envelopeOverhead(link.node, hasParts ? runs.length : 0)
    if (length <= room) {
      let frames = 0
      for (const run of runs) frames += options.framing.count(run)
      this.send(runs, frames, { hasParts })
    } else for (const run of runs) this.sendAlone(run)
  }

  private sendAlone(run: Uint8Array): void {
    // At least one byte, so that the loop ends with any bound of a server.
    const room = Math.max(1, this.link.mostBytes() - envelopeOverhead(this.link.node, 0))
    const frames = this.options.framing.count(run)
    for (let at = 0; at < run.length; at += room) {
      const end = at + room
      const continues = end < run.length
      this.send([run.subarray(at, end)], continues ? 0 : frames, { continues, continued: at > 0 })
    }
  }

  private send(
    runs: ReadonlyArray<Uint8Array>,
    frames: number,
    how: { readonly hasParts?: boolean; readonly continues?: boolean; readonly continued?: boolean },
  ): void {
    const { node } = this.link
    const { epoch } = this.options
    const { continued = false, continues = false, hasParts = false } = how
    const position = this.position()
    const { frames: framesBefore, sequence } = position
    this.sequence++
    this.frames += frames
    const fields = { epoch, node, sequence, framesBefore, frames, continues, continued }
    const bytes = encodeEnvelope(fields, runs, hasParts)
    this.link.send({ subject: this.options.subject, bytes, frames, position })
  }

  get subject(): string {
    return this.options.subject
  }

  /** The position after all messages that this bridge has made. */
  position(): Position {
    return { sequence: this.sequence, frames: this.frames }
  }

  onStalled(pendingBytes: number): void {
    this.link.onStalled(pendingBytes)
  }

  onRecovered(): void {
    this.link.onRecovered()
  }

  // The policy of the bridge is `block`.
  onOverflow(): void {}
  onDropped(): void {}

  onFailed(error: unknown): void {
    this.link.onFailed(error)
  }

  onHubEnded(): void {
    this.seal()
    this.unsubscribe()
  }

  // --- from NATS

  /**
   * Takes a stored message, and calls `each` with its runs. Gaps between stored messages are not reported, because NATS no
   * longer has their frames. A message that is stored twice, or that `origins` have taken already, counts once. Default: the
   * origins of the messages that arrive.
   */
  restore(envelope: Envelope, each: (run: Uint8Array) => void, origins: Origins = this.origins): void {
    this.isRestoring = true
    const arrival = origins.take(envelope)
    this.isRestoring = false
    if (arrival !== undefined) eachRun(arrival, this.needsPublisher, each)
  }

  /** Whether the bridge has the frames of an epoch, apart from its gaps. */
  knows(epoch: number): boolean {
    return epoch === this.options.epoch || this.origins.knows(epoch)
  }

  /** Publishes the messages that arrived meanwhile, without those that were stored too. */
  endRestoring(): void {
    const { early } = this
    this.early = undefined
    for (const bytes of early?.messages ?? []) this.receive(bytes)
  }

  private receive(bytes: Uint8Array): void {
    if (this.early !== undefined) {
      this.early.push(bytes)
      return
    }
    const envelope = decodeEnvelope(bytes)
    if (envelope === undefined || envelope.epoch === this.options.epoch) return
    const arrival = this.origins.take(envelope)
    if (arrival === undefined) return
    if (arrival.missed > 0) this.link.onMissed(arrival, "gap")
    if (arrival.body.length === 0) return
    if (this.blocked) this.hold(arrival)
    else this.publish(arrival)
  }

  /** Takes the position that another node has announced. */
  announce(epoch: number, node: string, sequence: number, frames: number): void {
    const arrival = this.origins.announce(epoch, node, sequence, frames)
    if (arrival !== undefined) this.link.onMissed(arrival, "gap")
  }

  /** Forgets a node. */
  forget(node: string): void {
    this.origins.forget(node)
  }

  private onGap(gap: Gap): void {
    if (this.isRestoring) return
    if (this.blocked) this.held.push(gap)
    else this.options.gaps?.add(gap)
  }

  private hold(arrival: Arrival): void {
    if (this.held.push(arrival)) return
    if (this.options.dropsArrived) {
      const total = this.origins.lose(arrival)
      this.link.onMissed({ ...arrival, missed: arrival.frames, total }, "overflow")
      return
    }
    this.publishHeld(true)
    this.publish(arrival)
  }

  private publish(arrival: Arrival): void {
    eachRun(arrival, this.needsPublisher, (run) => this.member.publish(run))
    this.options.gaps?.onPublished(arrival.epoch)
  }

  private publishHeld(isForced: boolean): void {
    this.held.takeWhile(
      () => isForced || !this.blocked,
      (arrival) => this.publish(arrival),
      (gap) => this.options.gaps?.add(gap),
    )
  }

  onBlocked(): void {
    this.blocked = true
  }

  onUnblocked(): void {
    this.blocked = false
    this.publishHeld(false)
  }
}
