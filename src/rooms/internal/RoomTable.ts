import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Hubs } from "../../hub/index.ts"
import type { RoomMember } from "../Presence.ts"
import type { RemoteMembers } from "./RemoteMembers.ts"
import { Room } from "./Room.ts"

/** The rooms that exist. The first use makes a room, and the end of its last use ends the room. */
export class RoomTable<M> {
  private readonly hubs: Hubs
  private readonly remote: RemoteMembers<M> | undefined
  private readonly rooms = new Map<string, Room<M>>()
  private closed = false

  /** `remote`: the members of the other nodes, if the hubs are shared. */
  constructor(hubs: Hubs, remote: RemoteMembers<M> | undefined) {
    this.hubs = hubs
    this.remote = remote
  }

  find(name: string): Room<M> | undefined {
    return this.rooms.get(name)
  }

  /** The members of a room on all nodes. */
  members(name: string): ReadonlyArray<RoomMember<M>> {
    return this.rooms.get(name)?.members ?? this.remote?.of(name) ?? []
  }

  get names(): ReadonlyArray<string> {
    return [...this.rooms.keys()]
  }

  /** Begins a use of a room, which lasts until {@link release}. */
  acquire(name: string): Room<M> {
    let room = this.rooms.get(name)
    if (room === undefined) {
      room = new Room<M>(name, this.hubs.framing, this.hubs.create(name), this.remote)
      if (this.closed) room.close()
      else this.rooms.set(name, room)
    }
    room.users++
    return room
  }

  release(room: Room<M>): void {
    room.users--
    if (room.users > 0 || this.rooms.get(room.name) !== room) return
    this.rooms.delete(room.name)
    room.close()
  }

  /** Uses a room until the scope closes. */
  use(name: string): Effect.Effect<Room<M>, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.sync(() => this.acquire(name)),
      (room) => Effect.sync(() => this.release(room)),
    )
  }

  /** Ends all rooms. A room acquired later has already ended. */
  close(): void {
    this.closed = true
    for (const room of this.rooms.values()) room.close()
    this.rooms.clear()
  }
}
