import * as Duration from "effect/Duration"
import type { ConnectionId } from "../../../domain/index.ts"
import type { Timing } from "../../../runtime/Timing.ts"
import type { RemoteClient } from "../../RemoteClient.ts"
import { type ClientsPart, OwnClients } from "./OwnClients.ts"
import { RemoteClients } from "./RemoteClients.ts"

// Clients that come and go within this time share one announcement.
const changePause = Duration.millis(100)

// A node sends its whole list at most this often, however many nodes ask for it.
const wholePause = Duration.millis(250)

/** The announcements of clients. */
export interface PresenceLink {
  /** Whether announcements reach the other nodes. */
  readonly isReachable: () => boolean
  readonly announceClients: (part: ClientsPart) => void
  /** Asks a node for its whole list. */
  readonly ask: (epoch: number) => void
}

/**
 * The clients of all nodes. A node announces changes of its clients with a version. Each sign of life contains the version
 * too, so a node that has missed a change finds out, and asks for the whole list.
 */
export class ClientPresence {
  readonly remote = new RemoteClients()
  private readonly own = new OwnClients()
  private readonly link: PresenceLink
  private readonly timing: Timing
  private isChangeDue = false
  private isWholeDue = false
  /** When the whole list of a node was asked for last, by its epoch. */
  private readonly asked = new Map<number, number>()

  constructor(link: PresenceLink, timing: Timing) {
    this.link = link
    this.timing = timing
  }

  get version(): number {
    return this.own.version
  }

  get clients(): ReadonlyArray<RemoteClient> {
    return this.remote.all
  }

  opened(id: ConnectionId, remote: string, since: number): void {
    this.own.open(id, remote, since)
    this.announceSoon()
  }

  closed(id: ConnectionId): void {
    this.own.close(id)
    this.announceSoon()
  }

  private announceSoon(): void {
    if (this.isChangeDue) return
    this.isChangeDue = true
    this.timing.after(changePause, () => {
      this.isChangeDue = false
      this.announceChanges()
    })
  }

  /**
   * Announces the changes since the last announcement. While the other nodes are not reachable, the version counts the
   * changes, and the other nodes ask for the list later.
   */
  private announceChanges(): void {
    const parts = this.own.takeChanges()
    if (this.link.isReachable()) for (const part of parts) this.link.announceClients(part)
  }

  /** Another node asks for the list of this one. */
  onAsk(): void {
    if (this.isWholeDue) return
    this.isWholeDue = true
    this.timing.after(wholePause, () => {
      this.isWholeDue = false
      this.announceChanges()
      if (this.link.isReachable()) for (const part of this.own.whole()) this.link.announceClients(part)
    })
  }

  /** A node has announced the version of its list. */
  onVersion(epoch: number, node: string, version: number): void {
    if (this.remote.needsWhole(epoch, node, version)) this.askFor(epoch)
  }

  onPart(epoch: number, node: string, part: ClientsPart): void {
    if (!this.remote.take(epoch, node, part)) this.askFor(epoch)
  }

  /** A node has left, or is silent. */
  onLeft(epoch: number): void {
    this.remote.leave(epoch)
    this.asked.delete(epoch)
  }

  private askFor(epoch: number): void {
    const now = this.timing.elapsed()
    const before = this.asked.get(epoch)
    if (before !== undefined && now - before < 2 * Duration.toMillis(wholePause)) return
    this.asked.set(epoch, now)
    this.link.ask(epoch)
  }
}
