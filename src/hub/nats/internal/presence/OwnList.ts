import type { ListEntry, ListPart } from "./ListPart.ts"

// An announcement is never longer than this, so that it does not delay the frames behind it.
const longestAnnouncement = 128 * 1024

// The bytes of an announcement besides its entries: the tag, the name of the node and a few numbers.
const announcementOverhead = 320

const encoder = new TextEncoder()

/** The bytes of an entry in an announcement, with the comma after it. */
const bytesOf = (value: ListEntry | number): number => encoder.encode(JSON.stringify(value)).length + 1

/** The bytes that the entries of one announcement may have, if NATS accepts messages of `mostBytes`. */
const roomOf = (mostBytes: number): number => Math.min(mostBytes, longestAnnouncement) - announcementOverhead

/** Groups values so that each group fits into an announcement. `onTooLong` gets the values that fit into none. */
const groupsOf = <T extends ListEntry | number>(
  values: Iterable<T>,
  mostBytes: number,
  onTooLong: (value: T) => void,
): ReadonlyArray<Array<T>> => {
  const room = roomOf(mostBytes)
  const groups: Array<Array<T>> = []
  let used = room
  for (const value of values) {
    const bytes = bytesOf(value)
    if (bytes > room) {
      onTooLong(value)
      continue
    }
    if (used + bytes > room) {
      groups.push([])
      used = 0
    }
    used += bytes
    groups.at(-1)?.push(value)
  }
  return groups
}

const leaveOut = (): void => undefined

/**
 * A list of this node that the other nodes get, with a version that counts the announced changes. An entry that is longer
 * than an announcement is not announced.
 */
export class OwnList<E extends ListEntry> {
  private readonly entries = new Map<number, E>()
  /** The keys of the entries that were announced. */
  private readonly known = new Set<number>()
  private readonly joined = new Map<number, E>()
  private readonly left = new Set<number>()
  private announced = 0

  /** The version of the list that was announced last. */
  get version(): number {
    return this.announced
  }

  /** Adds an entry, or replaces the one with its key. */
  set(entry: E): void {
    this.entries.set(entry[0], entry)
    this.joined.set(entry[0], entry)
  }

  delete(key: number): void {
    if (!this.entries.delete(key)) return
    this.joined.delete(key)
    // An entry that came and went between two announcements was never there for the others.
    if (this.known.delete(key)) this.left.add(key)
  }

  /** Takes the changes since the last call, as parts with versions of their own. `mostBytes`: the longest message. */
  takeChanges(mostBytes: number): ReadonlyArray<ListPart<E>> {
    const joinedGroups = groupsOf(this.joined.values(), mostBytes, ([key]) => {
      if (this.known.delete(key)) this.left.add(key)
    })
    const leftGroups = groupsOf(this.left, mostBytes, leaveOut)
    this.left.clear()
    this.joined.clear()
    for (const joined of joinedGroups) for (const [key] of joined) this.known.add(key)
    return [
      ...leftGroups.map((left): ListPart<E> => ({ version: ++this.announced, joined: [], left })),
      ...joinedGroups.map((joined): ListPart<E> => ({ version: ++this.announced, joined, left: [] })),
    ]
  }

  /** The whole list as it was announced. Take the changes first. */
  whole(mostBytes: number): ReadonlyArray<ListPart<E>> {
    const groups = groupsOf(this.entries.values(), mostBytes, leaveOut)
    const version = this.announced
    if (groups.length === 0) return [{ version, whole: { at: 0, of: 0 }, joined: [], left: [] }]
    const of = groups.reduce((count, { length }) => count + length, 0)
    let at = 0
    return groups.map((joined) => {
      const part: ListPart<E> = { version, whole: { at, of }, joined, left: [] }
      at += joined.length
      return part
    })
  }
}
