import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Assistant from "../../domain/assistant/index.ts"
import type { ConnectionId } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import type { Payloads, PreparedPayload } from "./Payloads.ts"
import type { Client, Roster } from "./Roster.ts"
import type { RosterFeed } from "./RosterFeed.ts"
import { payloadRefused, refusal } from "./refusals.ts"
import type { Senders } from "./Senders.ts"

/** The clients that a command applies to. */
export interface Resolved {
  readonly clients: ReadonlyArray<Client>
  readonly unmatched: ReadonlyArray<string>
}

/** Puts the name of the operator before the operator's text in a chat. */
export interface Voice {
  /** For everybody. */
  readonly spoken: (payload: Uint8Array) => Uint8Array
  /** For some clients. */
  readonly whispered: (payload: Uint8Array) => Uint8Array
}

/** Resolves recipients, and sends payloads to them. */
export class ServerSending {
  private readonly server: ServerService
  private readonly feed: RosterFeed
  private readonly coders: Roster["coders"]
  private readonly payloads: Payloads
  private readonly senders: Senders
  private readonly voice: Voice | undefined

  constructor(
    server: ServerService,
    clients: { readonly feed: RosterFeed; readonly coders: Roster["coders"] },
    payloads: Payloads,
    senders: Senders,
    voice: Voice | undefined,
  ) {
    this.server = server
    this.feed = clients.feed
    this.coders = clients.coders
    this.payloads = payloads
    this.senders = senders
    this.voice = voice
  }

  /** The connected clients that recipients select. Fails if there are none. */
  resolve(to: Assistant.Recipients): Effect.Effect<Resolved, Assistant.Refusal> {
    return Effect.flatMap(Effect.all([this.feed.fresh, this.server.lastHeard]), ([{ clients }, last]) => {
      const { ids, unmatched } = Assistant.resolveRecipients(to, clients, Option.getOrUndefined(last))
      if (ids.length === 0) return Effect.fail(Assistant.nobody(to, unmatched))
      return Effect.succeed({ unmatched, clients: ids.flatMap((id) => clients.get(id) ?? []) })
    })
  }

  /** Sends a payload. `by` names the sender; it is empty for a user. */
  send(
    payload: PreparedPayload,
    to: Assistant.Recipients,
    by: string,
  ): Effect.Effect<Assistant.Outcome, Assistant.Refusal> {
    // In a chat, all clients get the lines of the operator and of each other in one order.
    if (this.voice !== undefined && isEveryone(to)) return this.broadcast(payload, by)
    return Effect.flatMap(this.resolve(to), (resolved) => this.sendTo(payload, to, resolved, by))
  }

  /**
   * Sends a payload to all clients through the hub, in one order with the frames that clients publish. The clients of other
   * servers that share the hub get it too, also if this server has no client.
   */
  broadcast(payload: PreparedPayload, by: string): Effect.Effect<Assistant.Outcome, Assistant.Refusal> {
    return Effect.gen(this, function* () {
      const hasOthers = (yield* this.server.remoteClients).length > 0
      const { clients, unmatched } = hasOthers
        ? { clients: [...(yield* this.feed.fresh).clients], unmatched: [] }
        : yield* this.resolve(Assistant.everyone)
      if (payload.isOfClient || this.groups(payload, clients).length > 1) {
        return yield* this.sendTo(payload, Assistant.everyone, { clients, unmatched }, by)
      }
      const coder = clients[0]?.coderOut ?? this.coders.out
      const made = yield* this.payloads.bytes(payload, { coder }, this.payloads.nextSending())
      const bytes = this.voiced(made, Assistant.everyone)
      this.senders.set(bytes, by)
      const ids = yield* Effect.mapError(this.server.broadcast(bytes), payloadRefused)
      if (hasOthers) return { _tag: "SentTo", to: ids, bytes: bytes.length, unmatched }
      return yield* outcome(ids, bytes.length, unmatched)
    })
  }

  /** The bytes for one client, or for any client. */
  bytesFor(payload: PreparedPayload, client: Client | undefined, sending?: number) {
    return this.payloads.bytes(payload, { coder: client?.coderOut ?? this.coders.out, client }, sending)
  }

  /** The bytes that are sent for a payload: in a chat, with the name of the operator before them. */
  voiced(bytes: Uint8Array, to: Assistant.Recipients): Uint8Array {
    if (this.voice === undefined) return bytes
    return isEveryone(to) ? this.voice.spoken(bytes) : this.voice.whispered(bytes)
  }

  private sendTo(
    payload: PreparedPayload,
    recipients: Assistant.Recipients,
    { clients, unmatched }: Resolved,
    by: string,
  ): Effect.Effect<Assistant.Outcome, Assistant.Refusal> {
    return Effect.gen(this, function* () {
      const sending = this.payloads.nextSending()
      // All payloads are made before the first is sent. So if the payload of one client cannot be made, no client gets
      // any.
      const made = yield* Effect.forEach(this.groups(payload, clients), (group) =>
        Effect.map(this.bytesFor(payload, group[0], sending), (bytes) => ({
          bytes: this.voiced(bytes, recipients),
          ids: group.map(({ id }) => id),
        })),
      )
      const to: Array<ConnectionId> = []
      let length = 0
      for (const { bytes, ids } of made) {
        this.senders.set(bytes, by)
        to.push(...(yield* Effect.mapError(this.server.sendTo(ids, bytes), payloadRefused)))
        length = Math.max(length, bytes.length)
      }
      return yield* outcome(to, length, unmatched)
    })
  }

  /** Groups the clients that get the same bytes. */
  private groups(payload: PreparedPayload, clients: ReadonlyArray<Client>): ReadonlyArray<ReadonlyArray<Client>> {
    if (payload.isOfClient) return clients.map((client) => [client])
    if (payload.coder !== undefined || payload.spec.form !== "text") return [clients]
    const groups = new Map<Assistant.TextCoder, Array<Client>>()
    for (const client of clients) {
      const group = groups.get(client.coderOut)
      if (group === undefined) groups.set(client.coderOut, [client])
      else group.push(client)
    }
    return [...groups.values()]
  }
}

const isEveryone = (to: Assistant.Recipients): boolean => Assistant.formatRecipients(to) === "@all"

const outcome = (
  to: ReadonlyArray<ConnectionId>,
  bytes: number,
  unmatched: ReadonlyArray<string>,
): Effect.Effect<Assistant.Outcome, Assistant.Refusal> =>
  to.length === 0
    ? refusal("nobody", "nothing can be sent: the connections of these clients are closing", { field: "to" })
    : Effect.succeed({ _tag: "SentTo", to, bytes, unmatched })
