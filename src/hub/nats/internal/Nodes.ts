/** Another node that shares the hub. */
interface KnownNode {
  readonly node: string
  heardAt: number
  isLive: boolean
}

/** Called when a node joins, leaves, or is forgotten. */
export interface NodesObserver {
  readonly onJoined: (node: string) => void
  readonly onLeft: (epoch: number, node: string, cause: "left" | "silent") => void
  /** The node has left, or was silent for so long that its positions are no longer needed. */
  readonly onForgotten: (node: string) => void
}

/**
 * The other nodes, by their epochs. A silent node leaves after a timeout, but stays in the list for a while, so that a gap in
 * its frames shows when it comes back.
 */
export class Nodes {
  private readonly nodes = new Map<number, KnownNode>()
  /** The nodes that shared the hub when this node was detached. */
  private readonly expected = new Set<number>()
  private readonly observer: NodesObserver
  private readonly timeoutMillis: number
  private readonly forgetMillis: number

  constructor(observer: NodesObserver, timeoutMillis: number, forgetMillis: number) {
    this.observer = observer
    this.timeoutMillis = timeoutMillis
    this.forgetMillis = forgetMillis
  }

  /** The names of the live nodes. */
  get live(): ReadonlyArray<string> {
    return [...this.nodes.values()].filter(({ isLive }) => isLive).map(({ node }) => node)
  }

  /** Whether there is a node with a name, live or silent. */
  isKnown(name: string): boolean {
    return [...this.nodes.values()].some(({ node }) => node === name)
  }

  isLive(epoch: number): boolean {
    return this.nodes.get(epoch)?.isLive === true
  }

  /** The number of nodes that were heard since a time. */
  heardSince(since: number): number {
    return [...this.nodes.values()].filter(({ heardAt }) => heardAt >= since).length
  }

  /** Remembers the live nodes: they probably come back when this node does. */
  expectLive(): void {
    for (const [epoch, { isLive }] of this.nodes) if (isLive) this.expected.add(epoch)
  }

  /** The number of nodes of {@link expectLive} that were not heard since a time. */
  missing(since: number): number {
    return [...this.expected].filter((epoch) => (this.nodes.get(epoch)?.heardAt ?? since) < since).length
  }

  get hasExpected(): boolean {
    return this.expected.size > 0
  }

  expectNone(): void {
    this.expected.clear()
  }

  hear(epoch: number, node: string, now: number): void {
    let known = this.nodes.get(epoch)
    if (known === undefined) {
      known = { node, heardAt: now, isLive: false }
      this.nodes.set(epoch, known)
    }
    known.heardAt = now
    if (known.isLive) return
    known.isLive = true
    this.observer.onJoined(node)
  }

  leave(epoch: number): void {
    const known = this.nodes.get(epoch)
    if (known === undefined) return
    this.nodes.delete(epoch)
    this.observer.onForgotten(known.node)
    if (known.isLive) this.observer.onLeft(epoch, known.node, "left")
  }

  /** Lets silent nodes leave. */
  expire(now: number): void {
    for (const [epoch, known] of this.nodes) {
      const silent = now - known.heardAt
      if (known.isLive && silent >= this.timeoutMillis) {
        known.isLive = false
        this.observer.onLeft(epoch, known.node, "silent")
      }
      if (silent < this.forgetMillis) continue
      this.nodes.delete(epoch)
      this.observer.onForgotten(known.node)
    }
  }
}
