import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"
import type { ServerService } from "../../server/index.ts"
import { loadEncoding } from "../encodings.ts"
import { nameRefused, tagRefused } from "./labels.ts"
import type { Notice } from "./Notice.ts"
import type { Client, Roster } from "./Roster.ts"
import type { RosterFeed } from "./RosterFeed.ts"
import { refusal, wrongKind } from "./refusals.ts"
import { ServerListening } from "./ServerListening.ts"
import type { Resolved, ServerSending } from "./ServerSending.ts"
import { done, executeShared } from "./sharedCommands.ts"
import type { WindowParts } from "./WindowParts.ts"

/** Operations and settings of the program that contains a server window. */
export interface ServerHooks {
  /** The address for an empty endpoint. */
  readonly defaultListen: string
  /** Reloads the files of access rules and TLS; `undefined` if there are none. */
  readonly reload: Effect.Effect<void, { readonly message: string }> | undefined
  /** Drains and ends the program. */
  readonly drain: Effect.Effect<void>
  /** Ends the program at once; `undefined` if the window cannot end it. */
  readonly leave: Effect.Effect<void> | undefined
}

type Outcome = Effect.Effect<Assistant.Outcome, Assistant.Refusal>

/** Carries out the commands of a server window. */
export class ServerCommands {
  readonly listening: ServerListening
  private readonly server: ServerService
  private readonly roster: Roster
  private readonly feed: RosterFeed
  private readonly parts: WindowParts
  private readonly sending: ServerSending
  private readonly hooks: ServerHooks

  constructor(made: {
    readonly server: ServerService
    readonly roster: Roster
    readonly feed: RosterFeed
    readonly parts: WindowParts
    readonly sending: ServerSending
    readonly hooks: ServerHooks
  }) {
    this.server = made.server
    this.roster = made.roster
    this.feed = made.feed
    this.parts = made.parts
    this.sending = made.sending
    this.hooks = made.hooks
    this.listening = new ServerListening(made.server, made.feed, made.parts, made.hooks.defaultListen)
  }

  execute(command: Assistant.Command): Outcome {
    const { parts, server } = this
    switch (command._tag) {
      case "Listen":
        return this.listening.listen(command.endpoint)
      case "StopListening":
        return this.listening.stop(command.endpoint, command.clients ?? "keep")
      case "Send":
        return Effect.flatMap(parts.payloads.prepare(command.payload), (payload) =>
          this.sending.send(payload, command.to ?? Assistant.everyone, ""),
        )
      case "Broadcast":
        return Effect.flatMap(parts.payloads.prepare(command.payload), (payload) => this.sending.broadcast(payload, ""))
      case "Repeat":
        return this.repeat(command)
      case "RunMacro":
        return this.runMacro(command.name, command.to)
      case "Rename":
        return this.rename(command.to, command.name)
      case "Tag":
      case "Untag":
        return this.tag(command.to, command.tag, command._tag === "Tag")
      case "Kick":
        return this.each(command.to, ({ id }) => server.kick(id))
      case "Reset":
        return this.each(command.to, ({ id }) => server.kick(id, "reset"))
      case "HalfClose":
        return this.each(command.to, ({ id }) => server.halfClose(id))
      case "Pause":
        return this.each(command.to ?? Assistant.everyone, ({ id }) =>
          Effect.zipRight(server.pauseReading(id), this.told({ _tag: "ReadingPaused" }, id)),
        )
      case "Resume":
        return this.each(command.to ?? Assistant.everyone, ({ id }) =>
          Effect.zipRight(server.resumeReading(id), this.told({ _tag: "ReadingResumed" }, id)),
        )
      case "SetEncoding":
        return this.setEncoding(command.to, command.encoding, command.direction ?? "both")
      case "SuspendAccepting":
        return Effect.as(Effect.zipRight(server.suspend, this.told({ _tag: "AcceptingSuspended" })), done)
      case "ResumeAccepting":
        return Effect.as(Effect.zipRight(server.resume, this.told({ _tag: "AcceptingResumed" })), done)
      case "Reload":
        return this.reload
      case "Drain":
        return Effect.as(this.hooks.drain, done)
      default:
        return executeShared(parts, command, this.hooks.leave) ?? wrongKind(command, "server")
    }
  }

  private told(notice: Notice, client: number = 0): Effect.Effect<void> {
    return Effect.sync(() => this.parts.say(notice, "plain", client))
  }

  private repeat(command: Extract<Assistant.Command, { readonly _tag: "Repeat" }>): Outcome {
    return Effect.gen(this, function* () {
      const payload = yield* this.parts.payloads.prepare(command.payload)
      const to = command.to ?? Assistant.everyone
      // If a payload is the same for all clients, it is checked now: an invalid payload is then refused once and not at
      // each turn.
      if (!payload.isOfClient) yield* this.sending.bytesFor(payload, undefined)
      const repeat = yield* this.parts.repeats.start(command, (number) =>
        this.sending.send(payload, to, `repeat ${number}`),
      )
      return { _tag: "RepeatStarted" as const, repeat }
    })
  }

  private runMacro(name: string, to: Assistant.Recipients | undefined): Outcome {
    return Effect.gen(this, function* () {
      const macro = yield* this.parts.macros.find(name)
      const own = macro.to === undefined ? Assistant.everyone : yield* Assistant.parseRecipients(macro.to)
      const payload = yield* this.parts.payloads.prepare(macro.payload)
      return yield* this.sending.send(payload, to ?? own, name)
    })
  }

  private rename(to: Assistant.Recipients, name: string): Outcome {
    return Effect.gen(this, function* () {
      const malformed = nameRefused(name)
      if (malformed !== undefined) return yield* malformed
      const { clients, unmatched } = yield* this.sending.resolve(to)
      const [client, second] = clients
      if (client === undefined || second !== undefined) {
        return yield* refusal(
          "value",
          `only one client can have a name, and the recipients are ${clients.length} clients`,
          { field: "to" },
        )
      }
      const refused = this.roster.rename(client, name)
      if (refused !== undefined) return yield* refused
      this.parts.touch()
      return { _tag: "Applied" as const, to: [client.id], unmatched }
    })
  }

  private tag(to: Assistant.Recipients, tag: string, isSet: boolean): Outcome {
    return Effect.gen(this, function* () {
      const malformed = tagRefused(tag)
      if (malformed !== undefined) return yield* malformed
      const resolved = yield* this.sending.resolve(to)
      for (const client of isSet ? resolved.clients : []) {
        const refused = this.roster.tagRefused(client, tag)
        if (refused !== undefined) return yield* refused
      }
      const changed = resolved.clients.filter(({ tags }) => tags.has(tag) !== isSet)
      for (const client of changed) this.roster.setTag(client, tag, isSet)
      this.parts.touch()
      return applied({ ...resolved, clients: changed })
    })
  }

  private setEncoding(
    to: Assistant.Recipients | undefined,
    encoding: string,
    direction: "in" | "out" | "both",
  ): Outcome {
    return Effect.gen(this, function* () {
      const coder = yield* loadEncoding(encoding)
      const { parts } = this
      const roster = yield* this.feed.fresh
      const isForAll = to === undefined || Assistant.formatRecipients(to) === "@all"
      // An encoding for all clients also applies to new clients, so the command works without a connected client.
      if (isForAll) roster.setCoder(undefined, coder, direction)
      const resolved: Resolved = isForAll
        ? { clients: [...roster.clients], unmatched: [] }
        : yield* this.sending.resolve(to)
      for (const client of resolved.clients) roster.setCoder(client, coder, direction)
      parts.touch()
      return applied(resolved)
    })
  }

  /** Runs an action for each client. Clients that have disconnected meanwhile are left out. */
  private each(to: Assistant.Recipients | undefined, act: (client: Client) => Effect.Effect<void, unknown>): Outcome {
    return Effect.gen(this, function* () {
      if (to === undefined) {
        return yield* refusal("syntax", "recipients are missing", {
          field: "to",
          advice: "give recipients such as @3 or @all",
        })
      }
      const resolved = yield* this.sending.resolve(to)
      const clients: Array<Client> = []
      for (const client of resolved.clients) {
        const isDone = yield* Effect.match(act(client), { onSuccess: () => true, onFailure: () => false })
        if (isDone) clients.push(client)
      }
      this.parts.touch()
      return applied({ ...resolved, clients })
    })
  }

  private get reload(): Outcome {
    const { reload } = this.hooks
    if (reload === undefined) {
      return refusal("forbidden", "there are no files to reload", {
        advice: "the files of access rules and TLS are set when the server starts",
      })
    }
    return Effect.as(
      Effect.mapError(reload, ({ message }) => refusal("file", message)),
      done,
    )
  }
}

const applied = ({ clients, unmatched }: Resolved): Assistant.Outcome => ({
  _tag: "Applied",
  to: clients.map(({ id }) => id),
  unmatched,
})
