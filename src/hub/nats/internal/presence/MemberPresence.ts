import { ConnectionId } from "../../../../domain/index.ts"
import type { Timing } from "../../../../runtime/Timing.ts"
import type { MembersObserver, OwnMember, RemoteMember, SharedMembers } from "../../../SharedMembers.ts"
import { type ListLink, SharedList } from "./SharedList.ts"

/** A member of a room on this node, as the others get it: a number of its own, its room, its id, and its value as JSON. */
export type MemberEntry = readonly [key: number, room: string, id: number, json: string]

interface MemberOfRoom {
  readonly room: string
  readonly member: RemoteMember
}

/** The members of the rooms on all nodes. */
export class MemberPresence implements SharedMembers {
  readonly list: SharedList<MemberEntry, MemberOfRoom>
  private readonly rooms = new Map<string, Set<RemoteMember>>()
  private readonly observers = new Map<string, Set<MembersObserver>>()
  private lastKey = 0

  constructor(link: ListLink<MemberEntry>, timing: Timing) {
    this.list = new SharedList(link, timing, {
      make: (node, [, room, id, json]) => ({ room, member: { node, id: ConnectionId.make(id, true), json } }),
      isSame: (one, other) => one.member.json === other.member.json,
      onJoined: ({ member, room }) => {
        this.add(room, member)
        this.tell(room, ({ onJoined }) => onJoined(member))
      },
      onChanged: ({ member, room }, before) => {
        this.remove(room, before.member)
        this.add(room, member)
        this.tell(room, ({ onChanged }) => onChanged(member, before.member))
      },
      onLeft: ({ member, room }) => {
        this.remove(room, member)
        this.tell(room, ({ onLeft }) => onLeft(member))
      },
    })
  }

  join(room: string, id: ConnectionId, json: string): OwnMember {
    const key = ++this.lastKey
    const set = (value: string): void => this.list.set([key, room, id, value])
    set(json)
    return { change: set, leave: () => this.list.delete(key) }
  }

  of(room: string): ReadonlyArray<RemoteMember> {
    return [...(this.rooms.get(room) ?? [])]
  }

  observe(room: string, observer: MembersObserver): () => void {
    const all = this.observers.get(room) ?? new Set()
    this.observers.set(room, all.add(observer))
    return () => {
      all.delete(observer)
      if (all.size === 0 && this.observers.get(room) === all) this.observers.delete(room)
    }
  }

  private add(room: string, member: RemoteMember): void {
    const members = this.rooms.get(room) ?? new Set()
    this.rooms.set(room, members.add(member))
  }

  private remove(room: string, member: RemoteMember): void {
    const members = this.rooms.get(room)
    if (members?.delete(member) === true && members.size === 0) this.rooms.delete(room)
  }

  private tell(room: string, change: (observer: MembersObserver) => void): void {
    for (const observer of this.observers.get(room) ?? []) change(observer)
  }
}
