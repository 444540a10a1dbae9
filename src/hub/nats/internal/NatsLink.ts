import * as Duration from "effect/Duration"
import type { HubDetachReason, HubNotice } from "../../../domain/index.ts"
import type { Timing } from "../../../runtime/Timing.ts"
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from "./announcement.ts"
import type { Bus, BusObserver, RefusedSubject } from "./Bus.ts"
import type { BridgeLink, HubBridge } from "./HubBridge.ts"
import { Nodes } from "./Nodes.ts"
import type { Arrival } from "./Origins.ts"
import { type Dropped, Outbox, type Outgoing } from "./Outbox.ts"
import { Presence } from "./presence/Presence.ts"
import { ToldOnce } from "./ToldOnce.ts"

// This file is longer than 300 lines because the queue and the announcements share the states of the link.

/** Options of a link. */
export interface LinkOptions {
  readonly node: string
  readonly epoch: number
  /** The name of the framing of the hub. */
  readonly framing: string
  /** The subject of the announcements. */
  readonly nodesSubject: string
  /** The beginning of all subjects of the hub. */
  readonly subjectPrefix: string
  readonly queueBytes: number
  readonly stallTimeout: Duration.Duration
  readonly announceInterval: Duration.Duration
  readonly nodeTimeout: Duration.Duration
  /** How long a node that starts waits for the answers of the others, before it says that it is attached. */
  readonly answerTimeout: Duration.Duration
  /** How long a node that was detached waits for the nodes that were there before, before it sends its queue. */
  readonly returnTimeout: Duration.Duration
  /** How long a silent node is remembered. */
  readonly forgetAfter: Duration.Duration
  readonly emit: (notice: HubNotice) => void
}

const none: Dropped = { frames: 0, bytes: 0 }

// After this many bytes, the link asks NATS for a sign of progress. A slow link takes seconds for a full queue, and must
// not look like a server that takes nothing.
const progressBytes = 256 * 1024

// The most nodes with another framing whose epochs are remembered, so that each is told once.
const mostMismatched = 256

// The most refused subjects that are remembered, so that each is told once. NATS refuses each message again.
const mostRefused = 4096

/**
 * The link of a node to NATS: one connection, one queue for everything that the node publishes, and the announcements of
 * the nodes.
 *
 * | state    | condition                                              | what the node does                                 |
 * |----------|--------------------------------------------------------|----------------------------------------------------|
 * | detached | no connection, or NATS confirmed nothing for the stall | It queues frames, and drops the oldest above the   |
 * |          | timeout                                                | bound. Members do not wait for NATS.               |
 * | settling | there is a connection, and earlier nodes have not      | It says hello, collects gaps, and keeps its queue: |
 * |          | answered                                               | frames sent now would miss these nodes.            |
 * | attached | all of them have answered, or time is up               | It has sent the queue. Members wait for NATS when  |
 * |          |                                                        | half the queue is full.                            |
 */
export class NatsLink implements BridgeLink, BusObserver {
  readonly node: string
  readonly epoch: number
  readonly nodes: Nodes
  readonly presence: Presence
  private readonly options: LinkOptions
  private readonly timing: Timing
  private readonly outbox = new Outbox()
  private readonly bridges = new Set<HubBridge>()
  /** The bridge of the hub itself, whose position the announcements have. */
  private main: HubBridge | undefined
  private bus: Bus | undefined
  private state: "detached" | "settling" | "attached" = "detached"
  /** Whether the connection is there, and NATS confirms nothing. */
  private stalled = false
  /** A number for each connection. */
  private connection = 0
  /**
   * When the link asked for the confirmation that it waits for, or when NATS last showed progress; `undefined` while the
   * link waits for no confirmation.
   */
  private askedAt: number | undefined
  /** The number of bytes that were sent since the link last asked for a sign of progress. */
  private sentBytes = 0
  private announcedAt = 0
  private settlingSince = 0
  private cancelSettling: (() => void) | undefined
  private cancelTick: (() => void) | undefined
  private readonly missed = new Map<string, number>()
  /** The epochs of the nodes with another framing. */
  private readonly mismatched = new ToldOnce(mostMismatched)
  /** The refused subjects of this connection. */
  private readonly refused = new ToldOnce(mostRefused)
  private dropped = none
  private isBegun = false
  /** Why the hub was detached before the link began. The program hears of it when it would hear that the hub is attached. */
  private earlyReason: HubDetachReason | undefined
  /** Whether the node has left the hub. */
  private isOver = false

  constructor(options: LinkOptions, timing: Timing) {
    this.options = options
    this.timing = timing
    this.node = options.node
    this.epoch = options.epoch
    const { epoch, node } = this
    this.presence = new Presence(
      {
        isReachable: () => this.state !== "detached",
        mostBytes: () => this.mostBytes(),
        tell: (body) => this.tellNodes({ v: 1, node, epoch, ...body }),
      },
      timing,
    )
    this.nodes = new Nodes(
      {
        onJoined: (joined) => options.emit({ _tag: "NodeJoined", node: joined }),
        onLeft: (left, name, cause) => {
          this.presence.onLeft(left)
          options.emit({ _tag: "NodeLeft", node: name, cause })
        },
        onForgotten: (name) => {
          // After a restart, a node can have the same name, and its positions still count.
          if (this.nodes.isKnown(name)) return
          for (const bridge of this.bridges) bridge.forget(name)
        },
      },
      Duration.toMillis(options.nodeTimeout),
      Duration.toMillis(options.forgetAfter),
    )
  }

  /** Sets the bridge of the hub itself. */
  useMain(main: HubBridge): void {
    this.main = main
  }

  /** Begins after the first connection, when the history is restored. */
  begin(): void {
    this.isBegun = true
    this.connectedBus.subscribe(this.options.nodesSubject, (bytes) => this.onAnnouncement(bytes))
    this.settle()
    this.tick()
  }

  /** Sets the bus of the first connection. */
  use(bus: Bus): void {
    this.bus = bus
  }

  private get connectedBus(): Bus {
    if (this.bus === undefined) throw new Error("the link has no bus")
    return this.bus
  }

  // --- what the faces show

  get isAttached(): boolean {
    return this.state === "attached"
  }

  get server(): string {
    return this.bus?.server() ?? ""
  }

  // --- from bridges

  add(bridge: HubBridge): void {
    this.bridges.add(bridge)
  }

  remove(bridge: HubBridge): void {
    this.bridges.delete(bridge)
  }

  mostBytes(): number {
    return this.connectedBus.mostBytes()
  }

  /** Whether frames go to NATS at once. A node that starts waits for no other node. */
  private get isTaking(): boolean {
    return this.state === "attached" || (this.state === "settling" && !this.nodes.hasExpected)
  }

  send(message: Outgoing): void {
    this.outbox.push(message)
    if (this.isTaking) this.pump()
    else this.bound()
  }

  isFull(): boolean {
    return this.isTaking && this.outbox.bytes >= this.options.queueBytes / 2
  }

  pendingBytes(): number {
    return this.outbox.bytes
  }

  progress(): number {
    return this.outbox.progress
  }

  subscribe(subject: string, onMessage: (bytes: Uint8Array) => void): () => void {
    return this.connectedBus.subscribe(subject, onMessage)
  }

  onMissed({ missed, node, total }: Arrival, cause: "gap" | "overflow"): void {
    if (this.state === "attached") this.options.emit({ _tag: "HubMissed", node, missed, total, cause })
    else this.missed.set(node, (this.missed.get(node) ?? 0) + missed)
  }

  onStalled(pendingBytes: number): void {
    this.options.emit({ _tag: "HubStalled", pendingBytes })
  }

  onRecovered(): void {
    this.options.emit({ _tag: "HubRecovered" })
  }

  onFailed(error: unknown): void {
    this.detach({ _tag: "BridgeFailed", message: String(error) })
  }

  // --- the queue

  private pump(): void {
    const bus = this.connectedBus
    for (let next = this.outbox.takeUnsent(); next !== undefined; next = this.outbox.takeUnsent()) {
      bus.publish(next.subject, next.bytes)
      this.sentBytes += next.bytes.length
      if (this.sentBytes >= progressBytes) this.askProgress()
    }
    this.askConfirmation()
  }

  private askProgress(): void {
    this.sentBytes = 0
    const { connection } = this
    this.connectedBus.confirm(() => {
      if (this.connection === connection && this.askedAt !== undefined) this.askedAt = this.timing.elapsed()
    })
  }

  private askConfirmation(): void {
    if (this.askedAt !== undefined) return
    this.askedAt = this.timing.elapsed()
    const { connection } = this
    const { sent } = this.outbox
    this.connectedBus.confirm(() => {
      if (this.connection === connection) this.onConfirmed(sent)
    })
  }

  private onConfirmed(count: number): void {
    if (this.isOver) return
    this.askedAt = undefined
    this.outbox.confirm(count)
    if (this.stalled) {
      this.stalled = false
      this.settle()
      return
    }
    if (this.outbox.sent > 0) this.askConfirmation()
    if (this.outbox.bytes <= this.options.queueBytes / 4) this.wakeBridges()
  }

  private wakeBridges(): void {
    for (const bridge of this.bridges) bridge.onLinkReady()
  }

  private bound(): void {
    const { queueBytes } = this.options
    const pendingBytes = this.outbox.bytes
    if (pendingBytes <= queueBytes) return
    if (this.dropped === none) this.options.emit({ _tag: "HubOverflowed", pendingBytes, budgetBytes: queueBytes })
    const { bytes, frames } = this.outbox.dropTo(queueBytes)
    this.dropped = { frames: this.dropped.frames + frames, bytes: this.dropped.bytes + bytes }
  }

  // --- from the bus

  onConnected(): void {
    this.earlyReason = undefined
    if (this.isOver || !this.isBegun) return
    this.newConnection()
    this.outbox.rewind()
    this.settle()
  }

  onDisconnected(reason: HubDetachReason): void {
    this.newConnection()
    this.detach(reason)
  }

  /**
   * Without a subject that all nodes use, the node is detached until there is a new connection: it would lose frames, and
   * nothing would show it. Another subject concerns only its own part of the hub, such as a room.
   */
  onRefused(refused: RefusedSubject): void {
    const { action, subject } = refused
    if (subject === this.main?.subject || subject === this.options.nodesSubject) {
      this.stalled = false
      this.detach({ _tag: "SubjectRefused", subject, action })
      return
    }
    // The errors of other subjects, such as those of JetStream, have their own reports.
    if (!subject.startsWith(this.options.subjectPrefix)) return
    if (this.refused.isFirst(`${action} ${subject}`)) this.options.emit({ _tag: "HubRefused", subject, action })
  }

  private newConnection(): void {
    this.connection++
    this.refused.clear()
    this.askedAt = undefined
    this.stalled = false
  }

  private detach(reason: HubDetachReason): void {
    if (!this.isBegun) this.earlyReason = reason
    if (this.state === "detached") return
    if (this.state === "attached") this.nodes.expectLive()
    this.state = "detached"
    this.cancelSettling?.()
    this.options.emit({ _tag: "HubDetached", reason })
    this.bound()
    this.wakeBridges()
  }

  private settle(): void {
    this.state = "settling"
    this.settlingSince = this.timing.elapsed()
    const { answerTimeout, returnTimeout } = this.options
    this.cancelSettling = this.timing.after(this.nodes.hasExpected ? returnTimeout : answerTimeout, () => this.attach())
    if (this.isTaking) this.pump()
    this.announce("Hello")
  }

  private attach(): void {
    if (this.state !== "settling") return
    if (this.earlyReason !== undefined) {
      this.detach(this.earlyReason)
      return
    }
    this.cancelSettling?.()
    this.nodes.expectNone()
    this.state = "attached"
    const { bytes: droppedBytes, frames: dropped } = this.dropped
    const missed = [...this.missed].map(([node, frames]) => ({ node, frames }))
    this.missed.clear()
    this.dropped = none
    this.options.emit({
      _tag: "HubAttached",
      server: this.server,
      nodes: this.nodes.heardSince(this.settlingSince),
      missed,
      late: this.outbox.frames,
      dropped,
      droppedBytes,
    })
    this.pump()
  }

  // --- announcements

  private announce(tag: "Hello" | "Beat"): void {
    const { epoch, main, node } = this
    if (main === undefined) return
    const { framing } = this.options
    this.announcedAt = this.timing.elapsed()
    // The others have not missed the frames that still wait here.
    const position = this.outbox.unsentPosition(main.subject) ?? main.position()
    this.tellNodes({ _tag: tag, v: 1, node, epoch, framing, ...position, ...this.presence.versions })
    this.askConfirmation()
  }

  private tellNodes(announcement: Announcement): void {
    this.connectedBus.publish(this.options.nodesSubject, encodeAnnouncement(announcement))
  }

  private onAnnouncement(bytes: Uint8Array): void {
    const heard = decodeAnnouncement(bytes)
    if (heard === undefined || heard.epoch === this.epoch) return
    if (heard._tag === "Left") {
      this.mismatched.forget(`${heard.epoch}`)
      this.nodes.leave(heard.epoch)
      return
    }
    if (heard._tag === "Ask") {
      if (heard.to === this.epoch) this.presence.onAsk(heard)
      return
    }
    if (heard._tag === "Clients" || heard._tag === "Members") {
      if (this.nodes.isLive(heard.epoch)) this.presence.onPart(heard)
      return
    }
    if (heard.framing !== this.options.framing) {
      this.onMismatch(heard.epoch, heard.node, heard.framing)
      return
    }
    this.main?.announce(heard.epoch, heard.node, heard.sequence, heard.frames)
    this.nodes.hear(heard.epoch, heard.node, this.timing.elapsed())
    this.presence.onVersions(heard)
    if (heard._tag === "Hello" && this.state !== "detached") this.announce("Beat")
    if (this.state === "settling" && this.nodes.hasExpected && this.nodes.missing(this.settlingSince) === 0) {
      this.attach()
    }
  }

  private onMismatch(epoch: number, node: string, framing: string): void {
    if (this.mismatched.isFirst(`${epoch}`)) this.options.emit({ _tag: "NodeMismatched", node, framing })
  }

  private tick(): void {
    const { announceInterval, stallTimeout } = this.options
    const now = this.timing.elapsed()
    const stallMillis = Duration.toMillis(stallTimeout)
    if (this.state !== "detached") {
      if (this.askedAt !== undefined && now - this.askedAt >= stallMillis) {
        this.stalled = true
        this.detach({ _tag: "NatsStalled", timeoutMillis: stallMillis })
      } else if (now - this.announcedAt >= Duration.toMillis(announceInterval)) this.announce("Beat")
    }
    this.nodes.expire(now)
    const next = Duration.millis(Math.min(stallMillis, Duration.toMillis(announceInterval)) / 4)
    this.cancelTick = this.timing.after(next, () => this.tick())
  }

  /**
   * Sends the queue, and tells the other nodes that this node leaves. Calls `done` when NATS has taken both, or at once if
   * the node is detached.
   */
  end(done: () => void): void {
    this.isOver = true
    this.cancelTick?.()
    this.cancelSettling?.()
    if (this.state === "detached") {
      done()
      return
    }
    this.pump()
    const { epoch, node } = this
    this.tellNodes({ _tag: "Left", v: 1, node, epoch })
    this.connectedBus.confirm(done)
    // An answer to a `Hello` would bring the node back.
    this.state = "detached"
  }
}
