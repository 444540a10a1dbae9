import { ConnectionId } from "../../../../domain/index.ts"
import { ChangeWatch } from "../../../../runtime/ChangeWatch.ts"
import type { Timing } from "../../../../runtime/Timing.ts"
import type { RemoteClient, RemotePresence } from "../../../RemoteClient.ts"
import { type ListLink, SharedList } from "./SharedList.ts"

/** A client of this node, as the others get it: its id, its endpoint, and when it connected. */
export type ClientEntry = readonly [id: number, remote: string, since: number]

/** The clients of all nodes. */
export class ClientPresence {
  readonly list: SharedList<ClientEntry, RemoteClient>
  private readonly watches = new Set<ChangeWatch<RemotePresence>>()
  /** The clients of the other nodes, until the next change. */
  private clients: ReadonlyArray<RemoteClient> | undefined

  constructor(link: ListLink<ClientEntry>, timing: Timing) {
    this.list = new SharedList(link, timing, {
      make: (node, [id, remote, since]) => ({ node, id: ConnectionId.make(id, true), remote, since }),
      isSame: () => true,
      onJoined: (joined) => this.tell({ _tag: "Joined", joined }),
      onChanged: () => undefined,
      onLeft: (left) => this.tell({ _tag: "Left", left }),
    })
  }

  opened(id: ConnectionId, remote: string, since: number): void {
    this.list.set([id, remote, since])
  }

  closed(id: ConnectionId): void {
    this.list.delete(id)
  }

  /** The clients of the other nodes. */
  get others(): ReadonlyArray<RemoteClient> {
    this.clients ??= this.list.remote.all
    return this.clients
  }

  watch(): ChangeWatch<RemotePresence> {
    const watch = new ChangeWatch<RemotePresence>(() => ({ _tag: "Snapshot", clients: this.others }))
    this.watches.add(watch)
    return watch
  }

  unwatch(watch: ChangeWatch<RemotePresence>): void {
    this.watches.delete(watch)
  }

  end(): void {
    for (const watch of this.watches) watch.end()
  }

  private tell(change: RemotePresence): void {
    this.clients = undefined
    for (const watch of this.watches) watch.push(change)
  }
}
