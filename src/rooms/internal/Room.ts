import type { Framing } from "../../domain/index.ts"
import type { BareHub, HubPort } from "../../hub/index.ts"
import { ChangeWatch } from "../../runtime/ChangeWatch.ts"
import type { JoinableHub } from "../../server/index.ts"
import type { PresenceEvent, RoomMember } from "../Presence.ts"
import type { JoiningConnection } from "../RoomsService.ts"

/** A room: a hub, its members and the readers of its presence. */
export class Room<M> implements JoinableHub {
  readonly name: string
  readonly framing: Framing.Framing
  readonly hub: BareHub
  /**
   * The number of members, subscriptions, readers of the presence, and joins in progress. The room ends when it falls
   * to 0.
   */
  users = 0
  private readonly entries = new Map<JoiningConnection, RoomMember<M>>()
  private watches: Set<ChangeWatch<PresenceEvent<M>>> | undefined

  constructor(name: string, framing: Framing.Framing, hub: BareHub) {
    this.name = name
    this.framing = framing
    this.hub = hub
  }

  get port(): HubPort {
    return this.hub
  }

  get members(): ReadonlyArray<RoomMember<M>> {
    return [...this.entries.values()]
  }

  get size(): number {
    return this.entries.size
  }

  has(connection: JoiningConnection): boolean {
    return this.entries.has(connection)
  }

  add(connection: JoiningConnection, entry: RoomMember<M>): void {
    this.entries.set(connection, entry)
    this.tell({ _tag: "Joined", joined: entry })
  }

  /** Replaces the entry of a member. Returns `false` if `before` is not the current entry of the connection. */
  change(connection: JoiningConnection, before: RoomMember<M>, changed: RoomMember<M>): boolean {
    if (this.entries.get(connection) !== before) return false
    this.entries.set(connection, changed)
    this.tell({ _tag: "Changed", changed, before: before.member })
    return true
  }

  remove(connection: JoiningConnection): void {
    const left = this.entries.get(connection)
    if (left === undefined) return
    this.entries.delete(connection)
    this.tell({ _tag: "Left", left })
  }

  watch(): ChangeWatch<PresenceEvent<M>> {
    const watch = new ChangeWatch<PresenceEvent<M>>(() => ({ _tag: "Snapshot", members: this.members }))
    this.watches ??= new Set()
    this.watches.add(watch)
    return watch
  }

  unwatch(watch: ChangeWatch<PresenceEvent<M>>): void {
    this.watches?.delete(watch)
  }

  /** Ends the hub, its members and the streams of presence. */
  close(): void {
    this.hub.close()
    for (const watch of this.watches ?? []) watch.end()
  }

  private tell(change: PresenceEvent<M>): void {
    for (const watch of this.watches ?? []) watch.push(change)
  }
}
