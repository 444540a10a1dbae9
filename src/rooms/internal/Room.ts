import type { Framing } from "../../domain/index.ts"
import type { BareHub, HubPort } from "../../hub/index.ts"
import { ChangeWatch } from "../../runtime/ChangeWatch.ts"
import type { JoinableHub } from "../../server/index.ts"
import type { PresenceEvent, RoomMember } from "../Presence.ts"
import type { JoiningConnection } from "../RoomsService.ts"
import type { AnnouncedMember, RemoteMembers } from "./RemoteMembers.ts"

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
  /** The members of the other nodes. `undefined` if the room is not shared. */
  private readonly remote: RemoteMembers<M> | undefined
  /** The members of this node, as the other nodes know them. */
  private announced: Map<JoiningConnection, AnnouncedMember<M>> | undefined
  /** Ends the observation of the other nodes, which lasts while there are readers of the presence. */
  private unobserve: (() => void) | undefined

  constructor(name: string, framing: Framing.Framing, hub: BareHub, remote: RemoteMembers<M> | undefined) {
    this.name = name
    this.framing = framing
    this.hub = hub
    this.remote = remote
  }

  get port(): HubPort {
    return this.hub
  }

  /** The members of this node, then those of the other nodes. */
  get members(): ReadonlyArray<RoomMember<M>> {
    return [...this.entries.values(), ...(this.remote?.of(this.name) ?? [])]
  }

  /** The number of members of this node. */
  get size(): number {
    return this.entries.size
  }

  has(connection: JoiningConnection): boolean {
    return this.entries.has(connection)
  }

  add(connection: JoiningConnection, entry: RoomMember<M>): void {
    this.entries.set(connection, entry)
    if (this.remote !== undefined) {
      this.announced ??= new Map()
      this.announced.set(connection, this.remote.join(this.name, entry.id, entry.member))
    }
    this.tell({ _tag: "Joined", joined: entry })
  }

  /** Replaces the entry of a member. Returns `false` if `before` is not the current entry of the connection. */
  change(connection: JoiningConnection, before: RoomMember<M>, changed: RoomMember<M>): boolean {
    if (this.entries.get(connection) !== before) return false
    this.entries.set(connection, changed)
    this.announced?.get(connection)?.change(changed.member)
    this.tell({ _tag: "Changed", changed, before: before.member })
    return true
  }

  remove(connection: JoiningConnection): void {
    const left = this.entries.get(connection)
    if (left === undefined) return
    this.entries.delete(connection)
    this.announced?.get(connection)?.leave()
    this.announced?.delete(connection)
    this.tell({ _tag: "Left", left })
  }

  watch(): ChangeWatch<PresenceEvent<M>> {
    const watch = new ChangeWatch<PresenceEvent<M>>(() => ({ _tag: "Snapshot", members: this.members }))
    this.watches ??= new Set()
    this.watches.add(watch)
    this.unobserve ??= this.remote?.observe(this.name, (change) => this.tell(change))
    return watch
  }

  unwatch(watch: ChangeWatch<PresenceEvent<M>>): void {
    this.watches?.delete(watch)
    if (this.watches?.size === 0) this.stopObserving()
  }

  private stopObserving(): void {
    this.unobserve?.()
    this.unobserve = undefined
  }

  /** Ends the hub, its members and the streams of presence. */
  close(): void {
    this.hub.close()
    this.stopObserving()
    for (const member of this.announced?.values() ?? []) member.leave()
    for (const watch of this.watches ?? []) watch.end()
  }

  private tell(change: PresenceEvent<M>): void {
    for (const watch of this.watches ?? []) watch.push(change)
  }
}
