import { deserialize } from "node:v8"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Scope from "effect/Scope"
import type { ConnectionId, RefusalRule, ServerEvent } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import type { PackedTls } from "../WorkerSetup.ts"
import type { Channel } from "./Channel.ts"
import { Figures } from "./Figures.ts"
import { HubLink } from "./HubLink.ts"
import type { Command, Report } from "./messages.ts"
import { Kind } from "./Records.ts"
import type { Tickets } from "./Tickets.ts"
import { Valve } from "./Valve.ts"

/** The parts of a worker that its server uses. */
export interface HandedParts {
  readonly channel: Channel
  readonly server: ServerService
  readonly tickets: Tickets
  /** Accepts handed sockets again after a drain. */
  readonly listen: Effect.Effect<unknown>
  /** Replaces TLS for new connections. */
  readonly secure: (material: PackedTls | undefined) => Effect.Effect<void>
}

/** The server of a worker: it carries out the commands of the main server, and reports what happens. */
export class HandedServer {
  /** Done when the main server asks the worker to end. */
  readonly ended = Deferred.unsafeMake<void>(FiberId.none)
  readonly figures: Figures
  private readonly parts: HandedParts
  private readonly valve: Valve
  private readonly link: HubLink
  /** The scope of the observer of frames, while frames are watched. */
  private watching: Scope.CloseableScope | undefined
  /** Whether a send of the main server is in progress, which the main server itself reports. */
  private isSending = false

  constructor(parts: HandedParts) {
    const { channel, server, tickets } = parts
    this.parts = parts
    this.valve = new Valve(server)
    this.link = new HubLink(server.hub.port, channel, server.hub.framing)
    this.figures = new Figures(server, channel, tickets)
  }

  // --- from the main server

  onRecord(kind: number, body: Buffer): void {
    switch (kind) {
      case Kind.hub:
        this.link.receive(body)
        break
      case Kind.hubTaken:
        this.link.onTaken(body.readUInt32LE(0))
        break
      case Kind.send:
        this.send(body.readUInt32LE(0), body.subarray(4))
        break
      case Kind.tls:
        this.run(this.parts.secure(deserialize(body)))
        break
      default:
        this.obey(JSON.parse(body.toString()))
        break
    }
  }

  /** The main server has taken the records that were waiting. */
  onDrained(): void {
    this.valve.open("channel")
  }

  private send(ticket: number, payload: Uint8Array): void {
    const id = this.parts.tickets.idOf(ticket)
    if (id === undefined) return
    this.isSending = true
    this.run(this.parts.server.sendTo([id], payload))
    this.isSending = false
  }

  private obey(command: Command): void {
    const { channel, listen, server } = this.parts
    switch (command.do) {
      case "watch":
        this.watch(command.on)
        break
      case "hold":
        if (command.on) this.valve.close("server")
        else this.valve.open("server")
        break
      case "drain":
        this.run(Effect.zipRight(server.drain, listen))
        break
      case "end":
        Deferred.unsafeDone(this.ended, Exit.void)
        break
      case "ping":
        channel.json({ is: "pong" } satisfies Report)
        break
      case "refresh":
        this.run(Effect.map(this.figures.send, () => this.report({ is: "done", number: command.number })))
        break
      case "pass":
        this.link.whenPassed(() => this.report({ is: "done", number: command.number }))
        break
      case "halfClose":
        this.each(command.ticket, (id) => server.halfClose(id))
        break
      case "pause":
        this.each(command.ticket, (id) => server.pauseReading(id))
        break
      case "resume":
        this.each(command.ticket, (id) => server.resumeReading(id))
        break
      case "close":
        this.each(command.ticket, (id) => server.kick(id))
        break
      case "reset":
        this.each(command.ticket, (id) => server.kick(id, "reset"))
        break
    }
  }

  private each(ticket: number, act: (id: ConnectionId) => Effect.Effect<unknown, unknown>): void {
    const id = this.parts.tickets.idOf(ticket)
    if (id !== undefined) this.run(act(id))
  }

  private run(effect: Effect.Effect<unknown, unknown>): void {
    Effect.runFork(Effect.ignore(effect))
  }

  private watch(isOn: boolean): void {
    const { watching } = this
    if (isOn === (watching !== undefined)) return
    if (watching !== undefined) {
      this.watching = undefined
      Effect.runSync(Scope.close(watching, Exit.void))
      return
    }
    const scope = Effect.runSync(Scope.make())
    this.watching = scope
    const observer = this.parts.server.observe({
      onRun: (id, run) => this.frame(Kind.run, id, run),
      onSent: ([id], payload) => {
        if (id !== undefined && !this.isSending) this.frame(Kind.sent, id, payload)
      },
    })
    Effect.runSync(Scope.extend(observer, scope))
  }

  // --- to the main server

  private frame(kind: number, id: ConnectionId, bytes: Uint8Array): void {
    const { channel, tickets } = this.parts
    const ticket = tickets.ticketOf(id)
    if (ticket === undefined) return
    const record = channel.begin(kind, 4 + bytes.length)
    record.u32(ticket)
    record.copy(bytes)
    if (channel.isFull()) this.valve.close("channel")
  }

  private report(report: Report): void {
    this.parts.channel.json(report)
  }

  refused(ticket: number, rule: RefusalRule): void {
    this.report({ is: "refused", ticket, rule })
  }

  /** Reports an event of a connection. The main server has the events of the listeners and of a drain itself. */
  onEvent(event: ServerEvent): void {
    const { tickets } = this.parts
    switch (event._tag) {
      case "ConnectionOpened": {
        const ticket = tickets.opened(event.id)
        if (ticket !== undefined) this.report({ is: "opened", ticket, ...(event.tls && { tls: event.tls }) })
        break
      }
      case "ConnectionRefused": {
        const ticket = tickets.now()
        if (ticket !== undefined) this.refused(ticket, event.rule)
        break
      }
      case "ConnectionClosed": {
        const ticket = tickets.closed(event.id)
        const { bytesIn, bytesOut, closeNotify, lifetimeMillis, reason } = event
        const end = { reason, bytesIn, bytesOut, lifetimeMillis, ...(closeNotify !== undefined && { closeNotify }) }
        if (ticket !== undefined) this.report({ is: "closed", ticket, end })
        break
      }
      default: {
        if (!("id" in event)) return
        const { at: _at, id, seq: _seq, ...rest } = event
        const ticket = tickets.ticketOf(id)
        if (ticket !== undefined) this.report({ is: "event", ticket, event: rest })
      }
    }
  }
}
