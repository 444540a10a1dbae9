import type { Timing } from "../../../../runtime/Timing.ts"
import type { AnnouncementBody, Heard } from "../announcement.ts"
import { ClientPresence } from "./ClientPresence.ts"
import type { ListEntry } from "./ListPart.ts"
import { MemberPresence } from "./MemberPresence.ts"
import type { ListLink } from "./SharedList.ts"

/** The announcements of a node. */
export interface PresenceLink {
  /** Whether announcements reach the other nodes. */
  readonly isReachable: () => boolean
  /** The longest announcement, bytes. */
  readonly mostBytes: () => number
  readonly tell: (body: AnnouncementBody<"Clients" | "Members" | "Ask">) => void
}

/** The lists that the nodes of a hub announce: their clients, and the members of their rooms. */
export class Presence {
  readonly clients: ClientPresence
  readonly members: MemberPresence

  constructor(link: PresenceLink, timing: Timing) {
    const { isReachable, mostBytes, tell } = link
    const linkOf = <E extends ListEntry>(
      list: "clients" | "members",
      announce: ListLink<E>["announce"],
    ): ListLink<E> => ({ isReachable, mostBytes, announce, ask: (to) => tell({ _tag: "Ask", to, list }) })
    this.clients = new ClientPresence(
      linkOf("clients", (part) => tell({ _tag: "Clients", ...part })),
      timing,
    )
    this.members = new MemberPresence(
      linkOf("members", (part) => tell({ _tag: "Members", ...part })),
      timing,
    )
  }

  /** The versions of the lists of this node, which its signs of life contain. */
  get versions(): { readonly clients: number; readonly members: number } {
    return { clients: this.clients.list.version, members: this.members.list.version }
  }

  /** A sign of life of another node. */
  onVersions({ clients, epoch, members, node }: Heard<"Hello" | "Beat">): void {
    this.clients.list.onVersion(epoch, node, clients)
    this.members.list.onVersion(epoch, node, members)
  }

  /** A part of a list of another node. */
  onPart(part: Heard<"Clients" | "Members">): void {
    if (part._tag === "Clients") this.clients.list.onPart(part.epoch, part.node, part)
    else this.members.list.onPart(part.epoch, part.node, part)
  }

  /** Another node asks for a list of this one. */
  onAsk({ list }: Heard<"Ask">): void {
    this[list].list.onAsk()
  }

  /** A node has left, or is silent. */
  onLeft(epoch: number): void {
    this.clients.list.onLeft(epoch)
    this.members.list.onLeft(epoch)
  }

  end(): void {
    this.clients.end()
  }
}
