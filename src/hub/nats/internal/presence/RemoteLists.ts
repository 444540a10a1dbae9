import type { ListEntry, ListPart } from "./ListPart.ts"

// The bytes of the entries of one node that are kept. Further entries are not shown.
const mostListBytes = 16 * 1024 * 1024

// The memory of an entry besides its texts.
const entryBytes = 64

/** The kind of the values of {@link RemoteLists}. */
export interface ListKind<E extends ListEntry, V> {
  readonly make: (node: string, entry: E) => V
  /** Whether two values with the same key are equal. */
  readonly isSame: (one: V, other: V) => boolean
  readonly onJoined: (joined: V) => void
  readonly onChanged: (changed: V, before: V) => void
  readonly onLeft: (left: V) => void
}

interface Kept<V> {
  readonly value: V
  readonly bytes: number
}

/** A whole list of which some parts have arrived. */
interface Arriving<V> {
  readonly kept: Map<number, Kept<V>>
  /** The number of entries that have arrived. It is larger than that of the kept ones if these have too many bytes. */
  count: number
  bytes: number
}

interface NodeList<V> {
  readonly node: string
  /** The version of the list; `undefined` while the whole list is not here. */
  version: number | undefined
  kept: Map<number, Kept<V>>
  bytes: number
  arriving: Arriving<V> | undefined
}

/** The lists of the other nodes, by the epochs of the nodes. */
export class RemoteLists<E extends ListEntry, V> {
  private readonly lists = new Map<number, NodeList<V>>()
  private readonly kind: ListKind<E, V>

  constructor(kind: ListKind<E, V>) {
    this.kind = kind
  }

  get all(): ReadonlyArray<V> {
    return [...this.lists.values()].flatMap(({ kept }) => [...kept.values()].map(({ value }) => value))
  }

  /** Whether the list of a node is not the announced version, so that the whole list is needed. */
  needsWhole(epoch: number, node: string, version: number): boolean {
    return this.listOf(epoch, node).version !== version
  }

  /** Takes a part of the list of a node. Returns `false` if a part before it is missing. */
  take(epoch: number, node: string, { joined, left, version, whole }: ListPart<E>): boolean {
    const list = this.listOf(epoch, node)
    if (whole !== undefined) return this.takeWhole(list, joined, version, whole)
    if (list.version === undefined || version > list.version + 1) return false
    // The whole list contained this change already.
    if (version <= list.version) return true
    list.version = version
    for (const key of left) this.remove(list, key)
    for (const entry of joined) this.set(list, entry)
    return true
  }

  /** The entries of a node have gone with it. */
  leave(epoch: number): void {
    const list = this.lists.get(epoch)
    if (list === undefined) return
    this.lists.delete(epoch)
    for (const { value } of list.kept.values()) this.kind.onLeft(value)
  }

  private listOf(epoch: number, node: string): NodeList<V> {
    let list = this.lists.get(epoch)
    if (list === undefined) {
      // Version 0 is the empty list, which every node has at first.
      list = { node, version: 0, kept: new Map(), bytes: 0, arriving: undefined }
      this.lists.set(epoch, list)
    }
    return list
  }

  private takeWhole(
    list: NodeList<V>,
    entries: ReadonlyArray<E>,
    version: number,
    { at, of }: { readonly at: number; readonly of: number },
  ): boolean {
    if (at === 0) list.arriving = { kept: new Map(), count: 0, bytes: 0 }
    const { arriving } = list
    // The first part was sent before this node asked.
    if (arriving === undefined) return true
    if (arriving.count !== at) {
      list.arriving = undefined
      return false
    }
    arriving.count += entries.length
    for (const entry of entries) {
      const kept = this.keep(list, entry, list.kept.get(entry[0]))
      if (arriving.bytes + kept.bytes > mostListBytes) continue
      arriving.kept.set(entry[0], kept)
      arriving.bytes += kept.bytes
    }
    if (arriving.count >= of) this.replace(list, arriving, version)
    return true
  }

  private replace(list: NodeList<V>, { bytes, kept }: Arriving<V>, version: number): void {
    const before = list.kept
    list.kept = kept
    list.bytes = bytes
    list.version = version
    list.arriving = undefined
    for (const [key, { value }] of before) if (!kept.has(key)) this.kind.onLeft(value)
    for (const [key, { value }] of kept) this.tell(before.get(key)?.value, value)
  }

  /** Makes the value of an entry. An equal value stays the same object, because the kind may have stored it. */
  private keep({ node }: NodeList<V>, entry: E, before: Kept<V> | undefined): Kept<V> {
    const value = this.kind.make(node, entry)
    if (before !== undefined && this.kind.isSame(before.value, value)) return before
    let bytes = entryBytes
    for (const field of entry) if (typeof field === "string") bytes += field.length
    return { value, bytes }
  }

  private set(list: NodeList<V>, entry: E): void {
    const before = list.kept.get(entry[0])
    const kept = this.keep(list, entry, before)
    const bytes = list.bytes - (before?.bytes ?? 0) + kept.bytes
    if (bytes > mostListBytes) {
      this.remove(list, entry[0])
      return
    }
    list.kept.set(entry[0], kept)
    list.bytes = bytes
    this.tell(before?.value, kept.value)
  }

  private remove(list: NodeList<V>, key: number): void {
    const left = list.kept.get(key)
    if (left === undefined) return
    list.kept.delete(key)
    list.bytes -= left.bytes
    this.kind.onLeft(left.value)
  }

  private tell(before: V | undefined, value: V): void {
    if (before === undefined) this.kind.onJoined(value)
    else if (before !== value) this.kind.onChanged(value, before)
  }
}
