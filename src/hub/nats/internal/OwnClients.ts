import type { ConnectionId } from "../../../domain/index.ts"

/** A client of this node, as the others get it: its id, its endpoint, and when it connected. */
export type ClientEntry = readonly [id: number, remote: string, since: number]

/** The part of a list of clients that one announcement carries. */
export interface ClientsPart {
  /** The version of the list after this part. */
  readonly version: number
  /** `change`: it follows the version before. `first`, `more`: the whole list, in several parts. `last`: its last part. */
  readonly part: "change" | "first" | "more" | "last" | "only"
  readonly joined: ReadonlyArray<ClientEntry>
  readonly left: ReadonlyArray<number>
}

// The clients of one announcement. An entry has about 60 bytes, so that a message stays far below 1 MiB.
const mostEntries = 2000

/** The clients of this node, with a version that counts the announced changes. */
export class OwnClients {
  private readonly entries = new Map<number, ClientEntry>()
  private readonly joined = new Map<number, ClientEntry>()
  private readonly left = new Set<number>()
  private announced = 0

  /** The version of the list that was announced last. */
  get version(): number {
    return this.announced
  }

  open(id: ConnectionId, remote: string, since: number): void {
    const entry: ClientEntry = [id, remote, since]
    this.entries.set(id, entry)
    this.joined.set(id, entry)
  }

  close(id: ConnectionId): void {
    if (!this.entries.delete(id)) return
    // A client that came and went between two announcements was never there for the others.
    if (!this.joined.delete(id)) this.left.add(id)
  }

  /** Takes the changes since the last call, as parts with versions of their own. */
  takeChanges(): ReadonlyArray<ClientsPart> {
    const parts: Array<ClientsPart> = []
    const left = [...this.left]
    const joined = [...this.joined.values()]
    this.left.clear()
    this.joined.clear()
    const most = Math.max(left.length, joined.length)
    for (let at = 0; at < most; at += mostEntries) {
      this.announced++
      const end = at + mostEntries
      parts.push({ version: this.announced, part: "change", joined: joined.slice(at, end), left: left.slice(at, end) })
    }
    return parts
  }

  /** The whole list as it was announced. Take the changes first. */
  whole(): ReadonlyArray<ClientsPart> {
    const all = [...this.entries.values()]
    const version = this.announced
    if (all.length <= mostEntries) return [{ version, part: "only", joined: all, left: [] }]
    const parts: Array<ClientsPart> = []
    for (let at = 0; at < all.length; at += mostEntries) {
      const isLast = at + mostEntries >= all.length
      const part = at === 0 ? "first" : isLast ? "last" : "more"
      parts.push({ version, part, joined: all.slice(at, at + mostEntries), left: [] })
    }
    return parts
  }
}
