import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"
import { type Endpoint, formatEndpoint, type ListenError, overlap } from "../../domain/index.ts"
import type { Server } from "../../server/index.ts"
import { loadEncoding } from "../encodings.ts"
import { nameRefused, tagRefused } from "./labels.ts"
import type { Notice } from "./Notice.ts"
import type { Client, Roster } from "./Roster.ts"
import type { RosterFeed } from "./RosterFeed.ts"
import { listenRefused, problemFrom, readListenEndpoint, refusal, wrongKind } from "./refusals.ts"
import type { Resolved, ServerSending } from "./ServerSending.ts"
import { done, type WindowParts } from "./WindowParts.ts"

/** What the command around a server does for it. */
export interface ServerHooks {
  /** Where an empty endpoint listens. */
  readonly defaultListen: string
  /** Reads files again; none: there is nothing to read. */
  readonly reload: Effect.Effect<void, { readonly message: string }> | undefined
  /** Ends everything in order, and leaves. */
  readonly drain: Effect.Effect<void>
  /** Leaves at once; none: the window cannot. */
  readonly leave: Effect.Effect<void> | undefined
}

type Outcome = Effect.Effect<Assistant.Outcome, Assistant.Refusal>

/** Carries out the commands of a server window. */
export class ServerCommands {
  /** Attempts to listen that are under way. */
  trying = 0
  /** Why the last attempt to listen failed. */
  problem: Assistant.Problem | undefined
  private readonly server: Server["Type"]
  private readonly roster: Roster
  private readonly feed: RosterFeed
  private readonly parts: WindowParts
  private readonly sending: ServerSending
  private readonly hooks: ServerHooks

  constructor(made: {
    readonly server: Server["Type"]
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
  }

  execute(command: Assistant.Command): Outcome {
    const { parts, server } = this
    switch (command._tag) {
      case "Listen":
        return this.listen(command.endpoint)
      case "StopListening":
        return this.stop(command.endpoint, command.clients ?? "keep")
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
      case "Quit":
        return this.hooks.leave === undefined
          ? refusal("forbidden", "this window cannot end the program", {
              advice: "end the program where it was started",
            })
          : Effect.as(this.hooks.leave, done)
      default:
        return parts.executeShared(command) ?? wrongKind(command, "server")
    }
  }

  private told(notice: Notice, client: number = 0): Effect.Effect<void> {
    return Effect.sync(() => this.parts.say(notice, "plain", client))
  }

  private listen(text: string): Outcome {
    const { parts, server } = this
    const change = (trying: number, problem?: Assistant.Refusal) =>
      Effect.sync(() => {
        this.trying += trying
        this.problem = problem === undefined ? undefined : problemFrom(problem)
        if (problem !== undefined) {
          const { code, message } = problem
          parts.say(
            { _tag: "ListenFailed", endpoint: text.trim() || this.hooks.defaultListen, message, code },
            "problem",
          )
        }
        parts.touch()
      })
    const listening = Effect.gen(this, function* () {
      const endpoint = yield* readListenEndpoint(text.trim() === "" ? this.hooks.defaultListen : text)
      const listener = yield* Effect.mapError(server.startListening(endpoint), (error: ListenError) =>
        listenRefused(error),
      )
      return { _tag: "ListeningOn" as const, endpoint: formatEndpoint(listener.endpoint) }
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        change(1),
        Effect.tapErrorCause(
          Effect.tapBoth(restore(listening), {
            onSuccess: () => change(-1),
            onFailure: (error) => change(-1, error),
          }),
          (cause) => (cause._tag === "Fail" ? Effect.void : change(-1)),
        ),
      ),
    )
  }

  private stop(text: string | undefined, clients: "keep" | "close" | "reset"): Outcome {
    return Effect.gen(this, function* () {
      const { server } = this
      const listening = yield* server.listening
      const wanted = text === undefined || text.trim() === "" ? undefined : yield* readListenEndpoint(text)
      const stopped =
        wanted === undefined
          ? listening
          : listening.filter((endpoint) => formatEndpoint(endpoint) === formatEndpoint(wanted))
      if (stopped.length === 0) {
        const where = wanted === undefined ? "" : ` on ${formatEndpoint(wanted)}`
        return yield* refusal("unknown", `nothing listens${where} here`, { field: "endpoint" })
      }
      yield* Effect.forEach(stopped, server.stopListening, { discard: true })
      const connected = yield* this.feed.fresh
      const concerned =
        clients === "keep"
          ? []
          : [...connected.clients].filter(({ local }) => wanted === undefined || cameTo(stopped, local))
      let ended = 0
      for (const { id } of concerned) {
        const how = clients === "reset" ? "reset" : "fin"
        yield* Effect.catchAll(
          Effect.map(server.kick(id, how), () => {
            ended++
          }),
          () => Effect.void,
        )
      }
      return { _tag: "ListeningStopped" as const, endpoints: stopped.map(formatEndpoint), ended }
    })
  }

  private repeat(command: Extract<Assistant.Command, { readonly _tag: "Repeat" }>): Outcome {
    return Effect.gen(this, function* () {
      const payload = yield* this.parts.payloads.prepare(command.payload)
      const to = command.to ?? Assistant.everyone
      // What cannot be made for anybody is refused at once, not at each turn.
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
        return yield* refusal("value", `a name is for one client, and ${clients.length} are meant`, { field: "to" })
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
      // An encoding for all clients is also that of new clients, so no client need be connected.
      if (isForAll) roster.setCoder(undefined, coder, direction)
      const resolved: Resolved = isForAll
        ? { clients: [...roster.clients], unmatched: [] }
        : yield* this.sending.resolve(to)
      for (const client of resolved.clients) roster.setCoder(client, coder, direction)
      parts.touch()
      return applied(resolved)
    })
  }

  /** Does something with each of some clients. A client that has gone meanwhile is left out. */
  private each(to: Assistant.Recipients | undefined, act: (client: Client) => Effect.Effect<void, unknown>): Outcome {
    return Effect.gen(this, function* () {
      if (to === undefined) {
        return yield* refusal("syntax", "the clients are missing", { field: "to", advice: "such as @3 or @all" })
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
      return refusal("forbidden", "there are no files to read again", {
        advice: "files of access rules and TLS are given when the server is started",
      })
    }
    return Effect.as(
      Effect.mapError(reload, ({ message }) => refusal("file", message)),
      done,
    )
  }
}

/** Whether a connection was accepted at one of some endpoints. */
const cameTo = (endpoints: ReadonlyArray<Endpoint>, local: Endpoint): boolean =>
  endpoints.some((endpoint) => overlap(endpoint, local))

const applied = ({ clients, unmatched }: Resolved): Assistant.Outcome => ({
  _tag: "Applied",
  to: clients.map(({ id }) => id),
  unmatched,
})
