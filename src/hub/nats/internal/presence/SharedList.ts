import * as Duration from "effect/Duration"
import type { Timing } from "../../../../runtime/Timing.ts"
import type { ListEntry, ListPart } from "./ListPart.ts"
import { OwnList } from "./OwnList.ts"
import { type ListKind, RemoteLists } from "./RemoteLists.ts"

// Changes within this time share one announcement.
const changePause = Duration.millis(100)

// A node sends its whole list at most this often, however many nodes ask for it.
const wholePause = Duration.millis(250)

/** The announcements of a list. */
export interface ListLink<E extends ListEntry> {
  /** Whether announcements reach the other nodes. */
  readonly isReachable: () => boolean
  /** The longest announcement, bytes. */
  readonly mostBytes: () => number
  readonly announce: (part: ListPart<E>) => void
  /** Asks a node for its whole list. */
  readonly ask: (epoch: number) => void
}

/**
 * A list that each node announces, such as its clients. A node announces changes with a version. Each sign of life has the
 * version too, so a node that has missed a change finds out, and asks for the whole list.
 */
export class SharedList<E extends ListEntry, V> {
  readonly remote: RemoteLists<E, V>
  private readonly own = new OwnList<E>()
  private readonly link: ListLink<E>
  private readonly timing: Timing
  private isChangeDue = false
  private isWholeDue = false
  /** When the whole list of a node was asked for last, by its epoch. */
  private readonly asked = new Map<number, number>()

  constructor(link: ListLink<E>, timing: Timing, kind: ListKind<E, V>) {
    this.link = link
    this.timing = timing
    this.remote = new RemoteLists(kind)
  }

  /** The announced version of the list of this node. */
  get version(): number {
    return this.own.version
  }

  /** Adds an entry of this node, or replaces the one with its key. */
  set(entry: E): void {
    this.own.set(entry)
    this.announceSoon()
  }

  delete(key: number): void {
    this.own.delete(key)
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
    this.announce(this.own.takeChanges(this.link.mostBytes()))
  }

  private announce(parts: ReadonlyArray<ListPart<E>>): void {
    if (this.link.isReachable()) for (const part of parts) this.link.announce(part)
  }

  /** Another node asks for the list of this one. */
  onAsk(): void {
    if (this.isWholeDue) return
    this.isWholeDue = true
    this.timing.after(wholePause, () => {
      this.isWholeDue = false
      this.announceChanges()
      this.announce(this.own.whole(this.link.mostBytes()))
    })
  }

  /** A node has announced the version of its list. */
  onVersion(epoch: number, node: string, version: number): void {
    if (this.remote.needsWhole(epoch, node, version)) this.askFor(epoch)
  }

  onPart(epoch: number, node: string, part: ListPart<E>): void {
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
