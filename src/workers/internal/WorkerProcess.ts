import type { ChildProcess } from "node:child_process"
import { Duplex, PassThrough } from "node:stream"
import { serialize } from "node:v8"
import { closeReasons, formatBytes, type RefusalRule } from "../../domain/index.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { HostedFigures, HostedObserver, HostedOwner, HostedServer } from "../../server/ConnectionHost.ts"
import { takeSocket } from "../../transport/handOver.ts"
import type { Wire } from "../../transport/index.ts"
import type { PackedTls, WorkerSetup } from "../WorkerSetup.ts"
import { Channel } from "./Channel.ts"
import { HubLink } from "./HubLink.ts"
import { type Command, channelDescriptor, type Handing, type Report } from "./messages.ts"
import { figureBytes, Kind } from "./Records.ts"

/** The callbacks of a worker to its crew. */
export interface WorkerOwner {
  readonly onReady: () => void
  /**
   * The process has ended. `cause` says how. It was ready for `readyMillis`. The observers of its connections already have
   * their ends.
   */
  readonly onEnded: (cause: string, connections: number, readyMillis: number) => void
}

interface Entering {
  readonly owner: HostedOwner
  /** Closes the socket in this process. */
  readonly close: () => void
}

interface Open {
  readonly observer: HostedObserver
  /** When it opened, by `Timing.elapsed`. */
  readonly since: number
  figures: HostedFigures
}

// A worker that is not ready after this number of ticks is replaced.
const mostStartTicks = 30
// A worker that does not answer for this number of ticks is replaced, because its connections are stuck.
const mostSilentTicks = 10
// A worker that does not answer for this number of ticks gets no new connections while another worker answers. It is also
// replaced if more than `mostQueuedBytes` wait for it.
const doubtfulTicks = 3
const mostQueuedBytes = 64 * 1024 * 1024

const none: HostedFigures = { bytesIn: 0, bytesOut: 0, pendingBytes: 0, isClosing: false }

/** The stream of the channel. Without free descriptors, Node makes no streams, and the child emits `error` later. */
const channelOf = (child: ChildProcess): Duplex => {
  const streams: ReadonlyArray<unknown> | undefined = child.stdio
  const stream = streams?.[channelDescriptor]
  return stream instanceof Duplex ? stream : new PassThrough().destroy()
}

/** One worker process, as the server sees it. */
export class WorkerProcess {
  readonly number: number
  isReady = false
  private readonly child: ChildProcess
  private readonly main: HostedServer
  private readonly owner: WorkerOwner
  private readonly channel: Channel
  private readonly link: HubLink
  private lastTicket = 0
  private readonly entering = new Map<number, Entering>()
  private readonly open = new Map<number, Open>()
  /** The questions that the worker has not answered yet. */
  private readonly asked = new Map<number, () => void>()
  private lastAsked = 0
  private readyAt: number | undefined
  private isOver = false
  private isEnding = false
  /** The number of ticks since the worker was started, was ready, or has answered. */
  private silentTicks = 0
  private readonly takenWaiters = new Waiters()
  /** Waits until the channel is not full. */
  private readonly taken = this.takenWaiters.until(() => !this.channel.isFull())
  private failure: string | undefined

  constructor(number: number, child: ChildProcess, setup: WorkerSetup, main: HostedServer, owner: WorkerOwner) {
    this.number = number
    this.child = child
    this.main = main
    this.owner = owner
    this.channel = new Channel(channelOf(child), {
      onRecord: (kind, body) => this.onRecord(kind, body),
      onDrained: () => this.takenWaiters.wake(),
    })
    this.link = new HubLink(main.hub, this.channel, main.settings.frame)
    const bytes = serialize(setup)
    this.channel.begin(Kind.setup, bytes.length).bytes(bytes)
    child.on("error", (error) => this.end(error.message))
    child.on("exit", (code, signal) => this.end(this.failure ?? signal ?? `exit code ${code}`))
  }

  get pid(): number | undefined {
    return this.child.pid
  }

  /** The number of connections, open or entering. */
  get size(): number {
    return this.entering.size + this.open.size
  }

  get enteringCount(): number {
    return this.entering.size
  }

  // --- from the server

  take(wire: Wire, owner: HostedOwner): void {
    const socket = takeSocket(wire)
    if (socket === undefined) {
      owner.onRefused(this.failedHandOver("ECONNABORTED"))
      return
    }
    const ticket = ++this.lastTicket
    const { close } = socket
    this.entering.set(ticket, { owner, close })
    const { local, remote } = wire
    const unread = socket.unread && Buffer.from(socket.unread).toString("base64")
    const handing: Handing = { ticket, local, remote, ...(unread && { unread }) }
    // The types of Node do not have the handles that it accepts.
    this.child.send(handing, socket.handle as never, (error) => {
      close()
      if (error !== null) this.refuse(ticket, error.message)
    })
  }

  command(command: Command): void {
    this.channel.json(command)
  }

  /** Replaces TLS for new connections. */
  secure(tls: PackedTls | undefined): void {
    const bytes = serialize(tls)
    this.channel.begin(Kind.tls, bytes.length).bytes(bytes)
  }

  /** Calls `done` when the hub has passed all runs that were published before this call to the worker. */
  whenPassed(done: () => void): void {
    this.link.whenPassed(done)
  }

  /**
   * Asks for the figures (`refresh`), or for all frames that the clients of the worker have published so far (`pass`). Calls
   * `done` when they have arrived, or the worker has ended.
   */
  ask(what: "refresh" | "pass", done: () => void): void {
    if (!this.isReady || this.isOver) {
      done()
      return
    }
    const number = ++this.lastAsked
    this.asked.set(number, done)
    this.command({ do: what, number })
  }

  /** Whether the worker can serve new connections now. */
  get isAnswering(): boolean {
    return this.isReady && this.silentTicks < doubtfulTicks
  }

  /** Called once a second. Kills a worker that is stuck. */
  tick(): void {
    this.silentTicks++
    const { queuedBytes } = this.channel
    if (!this.isReady) {
      if (this.silentTicks > mostStartTicks) this.abandon(`it was not ready after ${mostStartTicks} s`)
    } else if (this.silentTicks > mostSilentTicks) this.abandon(`it did not answer for ${mostSilentTicks} s`)
    else if (this.silentTicks >= doubtfulTicks && queuedBytes > mostQueuedBytes) {
      this.abandon(`it did not answer, and ${formatBytes(queuedBytes)} waited for it`)
    } else this.command({ do: "ping" })
  }

  private abandon(why: string): void {
    this.failure = why
    this.child.kill("SIGKILL")
  }

  /** Asks the worker to end. Its connections must have ended, or the server must be over. */
  finish(): void {
    this.isEnding = true
    this.command({ do: "end" })
  }

  kill(): void {
    this.isEnding = true
    this.child.kill("SIGKILL")
  }

  // --- from the worker

  private onRecord(kind: number, body: Buffer): void {
    switch (kind) {
      case Kind.hub:
        this.link.receive(body)
        break
      case Kind.hubTaken:
        this.link.onTaken(body.readUInt32LE(0))
        break
      case Kind.run:
        this.open.get(body.readUInt32LE(0))?.observer.onRun(body.subarray(4))
        break
      case Kind.sent:
        this.open.get(body.readUInt32LE(0))?.observer.onSent(body.subarray(4))
        break
      case Kind.figures:
        this.onFigures(body)
        break
      default:
        this.onReport(JSON.parse(body.toString()))
        break
    }
  }

  private onFigures(body: Buffer): void {
    for (let at = 0; at < body.length; at += figureBytes) {
      const open = this.open.get(body.readUInt32LE(at))
      if (open === undefined) continue
      open.figures = {
        isClosing: body.readUInt8(at + 4) === 1,
        bytesIn: body.readDoubleLE(at + 5),
        bytesOut: body.readDoubleLE(at + 13),
        pendingBytes: body.readDoubleLE(at + 21),
      }
      open.observer.onFigures(open.figures)
    }
  }

  private onReport(report: Report): void {
    switch (report.is) {
      case "ready":
        this.isReady = true
        this.silentTicks = 0
        this.readyAt = this.main.timing.elapsed()
        this.owner.onReady()
        break
      case "pong":
        this.silentTicks = 0
        break
      case "opened":
        this.onOpened(report.ticket, report.tls)
        break
      case "refused": {
        const entering = this.entering.get(report.ticket)
        this.entering.delete(report.ticket)
        entering?.owner.onRefused(report.rule)
        break
      }
      case "lost":
        this.refuse(report.ticket, "EMFILE")
        break
      case "event":
        this.open.get(report.ticket)?.observer.onEvent(report.event)
        break
      case "closed": {
        const open = this.open.get(report.ticket)
        this.open.delete(report.ticket)
        open?.observer.onClosed(report.end)
        break
      }
      case "done": {
        const done = this.asked.get(report.number)
        this.asked.delete(report.number)
        done?.()
        break
      }
      case "failed":
        this.failure = report.message
        break
    }
  }

  private onOpened(ticket: number, tls: Parameters<HostedOwner["onOpened"]>[1]): void {
    const entering = this.entering.get(ticket)
    if (entering === undefined) return
    this.entering.delete(ticket)
    const { channel } = this
    const commandOf = (what: "halfClose" | "pause" | "resume" | "close" | "reset") => () => {
      // The frames that were published before the command reach the worker first.
      if (what === "close" || what === "halfClose") setImmediate(() => this.command({ do: what, ticket }))
      else this.command({ do: what, ticket })
    }
    const observer = entering.owner.onOpened(
      {
        send: (payload) => {
          const record = channel.begin(Kind.send, 4 + payload.length)
          record.u32(ticket)
          record.bytes(payload)
        },
        taken: this.taken,
        halfClose: commandOf("halfClose"),
        pause: commandOf("pause"),
        resume: commandOf("resume"),
        close: commandOf("close"),
        reset: commandOf("reset"),
      },
      tls,
    )
    this.open.set(ticket, { observer, since: this.main.timing.elapsed(), figures: none })
  }

  private failedHandOver(cause: string): RefusalRule {
    return { _tag: "HandOverFailed", worker: this.number, cause }
  }

  private refuse(ticket: number, cause: string): void {
    const entering = this.entering.get(ticket)
    this.entering.delete(ticket)
    // Node passes one handle at a time. When the worker ends, Node forgets the others, and calls back for none of them.
    entering?.close()
    entering?.owner.onRefused(this.failedHandOver(cause))
  }

  /** The process has ended: its connections have ended too. */
  private end(cause: string): void {
    if (this.isOver) return
    this.isOver = true
    this.isReady = false
    this.channel.close()
    this.link.end()
    const connections = this.open.size
    const now = this.main.timing.elapsed()
    for (const { figures, observer, since } of this.open.values()) {
      const { bytesIn, bytesOut } = figures
      const reason = this.isEnding
        ? closeReasons.localClosed
        : ({ _tag: "WorkerDied", worker: this.number, cause } as const)
      observer.onClosed({ reason, bytesIn, bytesOut, lifetimeMillis: now - since })
    }
    this.open.clear()
    for (const ticket of [...this.entering.keys()]) this.refuse(ticket, cause)
    for (const done of this.asked.values()) done()
    this.asked.clear()
    this.owner.onEnded(cause, connections, this.readyAt === undefined ? 0 : now - this.readyAt)
  }
}
