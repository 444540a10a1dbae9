import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Refusal } from "../../domain/assistant/index.ts"
import { type ConnectionId, Framing, InvalidPayloadError } from "../../domain/index.ts"
import type { Handler, ServerService } from "../../server/index.ts"
import { DelayedActions } from "./DelayedActions.ts"
import type { PreparedPayload } from "./Payloads.ts"
import type { Client, Roster } from "./Roster.ts"
import { isAmong, keptHit, type RuleBook, type RuleHit, withCaptures } from "./RuleBook.ts"
import type { WindowParts } from "./WindowParts.ts"

// If more bytes of replies than this are queued for a client, the rules test its next frames later.
const mostUnsentBytes = 256 * 1024
// The rules test frames of one client for at most this time before the event loop continues.
const sliceMillis = 10

/** The parts of a server window on which rules act. */
export interface RuledServer {
  readonly server: ServerService
  readonly parts: WindowParts
  /** Keeps the roster up to date while the scope is open. */
  readonly follow: Effect.Effect<void, never, Scope.Scope>
  /** Runs an effect in the scope of the window. */
  readonly run: (effect: Effect.Effect<unknown>) => Fiber.RuntimeFiber<unknown, unknown>
}

/**
 * A reactor that applies the rules to each frame and then does what its mode does. If no rule is enabled, its `onRun`
 * is the `onRun` of the mode.
 */
export class RuledReactor implements Handler.Reactor {
  readonly _tag = "Reactor"
  readonly name: string
  onRun: Handler.Reactor["onRun"]
  readonly onOpen: Handler.Reactor["onOpen"]
  readonly onPeerEnd: Handler.Reactor["onPeerEnd"]
  readonly onClose: Handler.Reactor["onClose"]
  private readonly plain: Handler.Reactor
  private readonly roster: Roster
  private readonly framing: Framing.Framing
  private readonly maxFrame: number
  private ruled: RuledServer | undefined
  private delayed: DelayedActions | undefined
  private following: Fiber.RuntimeFiber<unknown, unknown> | undefined
  /** Frames that the rules have not tested yet. */
  private readonly unasked = new WeakMap<Handler.ReactorConnection, Array<Uint8Array>>()

  constructor(plain: Handler.Reactor, roster: Roster, framing: Framing.Framing, maxFrame: number) {
    this.plain = plain
    this.name = plain.name
    this.onRun = plain.onRun
    this.onOpen = plain.onOpen
    this.onPeerEnd = plain.onPeerEnd
    this.onClose = plain.onClose
    this.roster = roster
    this.framing = framing
    this.maxFrame = maxFrame
  }

  /** Starts applying rules to a server. */
  attach(ruled: RuledServer): void {
    this.ruled = ruled
    this.delayed = new DelayedActions(ruled.run)
    this.rulesChanged()
  }

  /** Cancels the delayed actions for a client that has disconnected. */
  clientGone(id: ConnectionId): void {
    this.delayed?.clientGone(id)
  }

  /** A rule was added or removed, or has switched itself off. */
  rulesChanged(): void {
    const { delayed, ruled } = this
    if (ruled !== undefined) {
      delayed?.rulesChanged(ruled.parts.rules)
      this.follow(ruled, ruled.parts.rules.all.length > 0)
    }
    if (ruled === undefined || ruled.parts.rules.isIdle) {
      this.onRun = this.plain.onRun
      return
    }
    this.onRun = (connection, run) => {
      const unasked = this.unasked.get(connection)
      if (unasked === undefined) this.askAll(ruled, connection, run)
      else unasked.push(new Uint8Array(run))
      this.plain.onRun(connection, run)
    }
  }

  /** Rules look up the client of each frame, so the roster must contain each client before its first frame arrives. */
  private follow(ruled: RuledServer, isWanted: boolean): void {
    if (isWanted === (this.following !== undefined)) return
    if (this.following === undefined) {
      this.following = ruled.run(Effect.scoped(Effect.zipRight(ruled.follow, Effect.never)))
    } else {
      this.following.unsafeInterruptAsFork(this.following.id())
      this.following = undefined
    }
  }

  /**
   * Applies the rules to each frame of a run. A read can contain thousands of frames. Without a bound they would block
   * the event loop for seconds, and their replies to a client that does not read would fill the memory. So the
   * remaining frames wait for a later turn.
   */
  private askAll(ruled: RuledServer, connection: Handler.ReactorConnection, run: Uint8Array): void {
    const ask = (frame: Uint8Array) => this.ask(ruled, ruled.parts.rules, connection, frame)
    if (this.framing.delimited === false) {
      ask(run)
      return
    }
    const until = performance.now() + sliceMillis
    for (let at = 0; at < run.length; ) {
      at = Framing.cutSome(this.framing, run, at, 1, ask)
      if (at < run.length && (connection.unsentReplies() > mostUnsentBytes || performance.now() > until)) {
        this.unasked.set(connection, [run.slice(at)])
        connection.defer(() => this.askUnasked(ruled, connection))
        return
      }
    }
  }

  private askUnasked(ruled: RuledServer, connection: Handler.ReactorConnection): void {
    const runs = this.unasked.get(connection) ?? []
    this.unasked.delete(connection)
    for (const run of runs) {
      const left = this.unasked.get(connection)
      if (left === undefined) this.askAll(ruled, connection, run)
      else left.push(run)
    }
  }

  private ask(ruled: RuledServer, rules: RuleBook, connection: Handler.ReactorConnection, frame: Uint8Array): void {
    const client = this.roster.clients.get(connection.id)
    if (client === undefined || client.isLeaving) return
    const hit = rules.find(
      frame,
      (from) => isAmong(from, client, client.id),
      (bytes) => {
        const decoder = client.coderIn.decoder()
        return decoder.write(bytes) + decoder.end()
      },
    )
    if (hit === undefined) return
    const { delay } = hit.rule.rule
    if (delay === undefined || delay === 0) this.act(ruled, hit, client, connection)
    else this.actLater(ruled, hit, client.id)
  }

  private actLater(ruled: RuledServer, hit: RuleHit, id: ConnectionId): void {
    const kept = keptHit(hit)
    const act = Effect.sync(() => {
      const client = this.roster.clients.get(id)
      if (client !== undefined) this.act(ruled, kept, client, undefined)
    })
    const problem = this.delayed?.add(hit.rule, id, act)
    if (problem !== undefined) ruled.parts.rules.setProblem(hit.rule, problem)
  }

  private act(
    ruled: RuledServer,
    { captures, frame, rule }: RuleHit,
    client: Client,
    connection: Handler.ReactorConnection | undefined,
  ): void {
    const { parts, run, server } = ruled
    let problem: string | undefined
    for (const action of rule.actions) {
      switch (action._tag) {
        case "Reply": {
          const made = this.replyFor(ruled, action.payload, { client, captures, frame })
          if (typeof made === "string") {
            problem = made
            break
          }
          parts.senders.set(made, rule.rule.name)
          if (connection === undefined) run(Effect.ignore(server.sendTo([client.id], made)))
          else connection.reply(made, 1)
          break
        }
        case "Close":
        case "Reset":
          client.isLeaving = true
          run(Effect.ignore(server.kick(client.id, action._tag === "Close" ? "fin" : "reset")))
          break
        case "Rename":
          problem ??= this.roster.rename(client, withCaptures(action.name, captures))?.message
          break
        case "Tag":
          problem ??= this.tag(client, withCaptures(action.tag, captures))?.message
      }
    }
    parts.rules.setProblem(rule, problem)
    parts.touch()
  }

  /** The payload of a reply, or the reason why it cannot be made. */
  private replyFor(
    { parts }: RuledServer,
    payload: PreparedPayload,
    target: { readonly client: Client } & Pick<RuleHit, "captures" | "frame">,
  ): Uint8Array | string {
    const made = parts.payloads.bytes(
      payload,
      { coder: target.client.coderOut, ...target },
      parts.payloads.nextSending(),
    )
    if (Either.isLeft(made)) return made.left.message
    // If a reactor replied with a payload that the framing cannot encode, the connection would end.
    const wire = Framing.encodeFrame(this.framing, made.right, this.maxFrame)
    return wire instanceof InvalidPayloadError ? wire.message : made.right
  }

  private tag(client: Client, tag: string): Refusal | undefined {
    const refused = this.roster.tagRefused(client, tag)
    if (refused === undefined) this.roster.setTag(client, tag, true)
    return refused
  }
}
