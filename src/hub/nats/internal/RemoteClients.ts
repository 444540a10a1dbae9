import { ConnectionId } from "../../../domain/index.ts"
import { ChangeWatch } from "../../../runtime/ChangeWatch.ts"
import type { RemoteClient, RemotePresence } from "../../RemoteClient.ts"
import type { ClientEntry, ClientsPart } from "./OwnClients.ts"

// The most clients of one node that are kept. Further ones are not shown.
const mostClients = 200_000

interface NodeList {
  readonly node: string
  /** The version of the list; `undefined` while the whole list is not here. */
  version: number | undefined
  clients: Map<number, RemoteClient>
  /** The parts of a whole list that arrives. */
  arriving: Map<number, RemoteClient> | undefined
}

/** The clients of the other nodes, by the epochs of the nodes. */
export class RemoteClients {
  private readonly lists = new Map<number, NodeList>()
  private readonly watches = new Set<ChangeWatch<RemotePresence>>()

  get all(): ReadonlyArray<RemoteClient> {
    return [...this.lists.values()].flatMap(({ clients }) => [...clients.values()])
  }

  watch(): ChangeWatch<RemotePresence> {
    const watch = new ChangeWatch<RemotePresence>(() => ({ _tag: "Snapshot", clients: this.all }))
    this.watches.add(watch)
    return watch
  }

  unwatch(watch: ChangeWatch<RemotePresence>): void {
    this.watches.delete(watch)
  }

  end(): void {
    for (const watch of this.watches) watch.end()
  }

  /** Whether the list of a node is not the announced version, so that the whole list is needed. */
  needsWhole(epoch: number, node: string, version: number): boolean {
    return this.listOf(epoch, node).version !== version
  }

  /** Takes a part of the list of a node. Returns `false` if a part before it is missing. */
  take(epoch: number, node: string, { joined, left, part, version }: ClientsPart): boolean {
    const list = this.listOf(epoch, node)
    if (part === "change") {
      if (list.version === undefined || version > list.version + 1) return false
      // The whole list contained this change already.
      if (version <= list.version) return true
      list.version = version
      for (const id of left) this.remove(list, id)
      for (const entry of joined) this.add(list, entry)
      return true
    }
    if (part === "first" || part === "only") list.arriving = new Map()
    const { arriving } = list
    if (arriving === undefined) return true
    for (const entry of joined) {
      if (arriving.size < mostClients) arriving.set(entry[0], clientOf(node, entry))
    }
    if (part === "last" || part === "only") this.replace(list, arriving, version)
    return true
  }

  /** The clients of a node have gone with it. */
  leave(epoch: number): void {
    const list = this.lists.get(epoch)
    if (list === undefined) return
    this.lists.delete(epoch)
    for (const left of list.clients.values()) this.tell({ _tag: "Left", left })
  }

  private listOf(epoch: number, node: string): NodeList {
    let list = this.lists.get(epoch)
    if (list === undefined) {
      // Version 0 is the empty list, which every node has at first.
      list = { node, version: 0, clients: new Map(), arriving: undefined }
      this.lists.set(epoch, list)
    }
    return list
  }

  private replace(list: NodeList, clients: Map<number, RemoteClient>, version: number): void {
    const before = list.clients
    list.clients = clients
    list.version = version
    list.arriving = undefined
    for (const [id, left] of before) if (!clients.has(id)) this.tell({ _tag: "Left", left })
    for (const [id, joined] of clients) if (!before.has(id)) this.tell({ _tag: "Joined", joined })
  }

  private add(list: NodeList, entry: ClientEntry): void {
    if (list.clients.size >= mostClients) return
    const joined = clientOf(list.node, entry)
    list.clients.set(entry[0], joined)
    this.tell({ _tag: "Joined", joined })
  }

  private remove(list: NodeList, id: number): void {
    const left = list.clients.get(id)
    if (left === undefined) return
    list.clients.delete(id)
    this.tell({ _tag: "Left", left })
  }

  private tell(change: RemotePresence): void {
    for (const watch of this.watches) watch.push(change)
  }
}

const clientOf = (node: string, [id, remote, since]: ClientEntry): RemoteClient => ({
  node,
  id: ConnectionId.make(id, true),
  remote,
  since,
})
