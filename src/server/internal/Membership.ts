import * as Effect from "effect/Effect"
import { type ConnectionClosedError, MembershipEndedError } from "../../domain/index.ts"
import type { HubMember, HubPort, HubSink } from "../../hub/index.ts"
import type { JoiningConnection } from "./JoiningConnection.ts"

/** All memberships of the connection, as one of them sees them. */
export interface MembershipOwner {
  readonly connection: JoiningConnection
  /** The number of bytes queued for the connection in all its hubs and in its socket. */
  readonly pending: () => number
  /** Changes the number of bytes that are queued for the connection in the logs of the joined hubs. */
  readonly addLogged: (change: number) => void
  /** A membership could not write everything, so it waits for a turn. */
  readonly waitForTurn: (membership: Membership) => void
  readonly block: () => void
  readonly unblock: () => void
  readonly onUnresponsive: () => void
  readonly isUnresponsive: () => boolean
  readonly onDropped: (missed: number) => void
  readonly remove: (membership: Membership) => void
}

/** A connection as a member of one hub other than the hub of its server: the sink of that hub. */
export class Membership implements HubSink {
  readonly needsPublisher = false
  readonly port: HubPort
  member: HubMember | undefined
  /** The index of the membership in the list of its connection. */
  place: number
  /** The memberships that end with the same scope, including this one. */
  peers: Set<Membership> | undefined
  /** Whether the membership waits for a turn to write. */
  waits = false
  private readonly owner: MembershipOwner
  private readonly onEnded: () => void
  /** The number of bytes queued in the log of the hub at the hub's last check. */
  private logged = 0
  private blocked = false
  private stalled = false
  private ended = false

  constructor(owner: MembershipOwner, port: HubPort, place: number, onEnded: () => void) {
    this.owner = owner
    this.port = port
    this.place = place
    this.onEnded = onEnded
  }

  // --- from the hub

  deliver(bytes: Uint8Array): boolean {
    const { connection } = this.owner
    connection.onDelivered(bytes)
    return this.orWait(connection.core.write(bytes))
  }

  cork(): void {
    this.owner.connection.core.cork()
  }

  uncork(): boolean {
    return this.orWait(this.owner.connection.core.uncork())
  }

  private orWait(isTaken: boolean): boolean {
    if (!isTaken && !this.waits) {
      this.waits = true
      this.owner.waitForTurn(this)
    }
    return isTaken
  }

  pending(): number {
    return this.owner.pending()
  }

  pendingWith(logged: number): number {
    this.setLogged(logged)
    return this.owner.pending()
  }

  private setLogged(logged: number): void {
    this.owner.addLogged(logged - this.logged)
    this.logged = logged
  }

  onUnresponsive(): void {
    this.owner.onUnresponsive()
  }

  isUnresponsive(): boolean {
    return this.owner.isUnresponsive()
  }

  progress(): number {
    return this.owner.connection.core.progress()
  }

  onOverflow(pendingBytes: number, budgetBytes: number): void {
    this.owner.connection.onOverflow(pendingBytes, budgetBytes)
  }

  onFailed(error: unknown): void {
    this.owner.connection.onFailed(error)
  }

  onHubEnded(): void {
    this.end()
  }

  onDropped(missed: number): void {
    this.owner.onDropped(missed)
  }

  onStalled(pendingBytes: number): void {
    this.stalled = true
    this.owner.connection.onStalled(pendingBytes)
  }

  onRecovered(): void {
    this.stalled = false
    this.owner.connection.onRecovered()
  }

  onBlocked(): void {
    this.blocked = true
    this.owner.block()
  }

  onUnblocked(): void {
    this.blocked = false
    this.owner.unblock()
  }

  // --- from the connection

  /** The kernel has taken all bytes, and it is the turn of this membership. */
  takeTurn(): void {
    this.waits = false
    this.member?.drained()
    // The call updates the number of bytes in the log.
    this.member?.pending()
  }

  /** Writes everything published before to the connection, then calls `done`. */
  finish(done: () => void): void {
    const finished = (): void => {
      this.setLogged(0)
      done()
    }
    if (this.member === undefined) finished()
    else this.member.finish(finished)
  }

  /** Ends the membership after everything published before was written. */
  leave(): void {
    if (!this.ended) this.finish(() => this.end())
  }

  /** Ends the membership at once. */
  end(): void {
    if (this.ended) return
    this.ended = true
    const { connection } = this.owner
    this.member?.detach()
    this.setLogged(0)
    this.peers?.delete(this)
    this.owner.remove(this)
    if (connection.core.end === undefined) {
      // A detached member gets neither `onUnblocked` nor `onRecovered`.
      if (this.blocked) this.onUnblocked()
      if (this.stalled) this.onRecovered()
    }
    this.onEnded()
  }

  // --- for programs

  publish(run: Uint8Array): PublishedRun {
    return Effect.suspend((): PublishedRun => {
      const { core, id } = this.owner.connection
      if (core.end !== undefined) return Effect.fail(core.closedError())
      if (this.ended || this.member === undefined) return Effect.fail(new MembershipEndedError({ id }))
      return this.member.publish(run) ? Effect.void : this.unblocked
    })
  }

  /** Waits until the hub does not block the connection as a publisher, or the membership has ended. */
  private get unblocked(): Effect.Effect<void> {
    return this.owner.connection.unblockWaiters.until(() => !this.blocked || this.ended)
  }
}

type PublishedRun = Effect.Effect<void, ConnectionClosedError | MembershipEndedError>
