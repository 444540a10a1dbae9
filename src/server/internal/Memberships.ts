import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { Hold } from "../../connection/ConnectionOwner.ts"
import { AlreadyMemberError, SettingsError } from "../../domain/index.ts"
import type { JoinableHub } from "../HubMembership.ts"
import type { JoiningConnection } from "./JoiningConnection.ts"
import { Membership, type MembershipOwner } from "./Membership.ts"

/**
 * The memberships of a connection in hubs other than the hub of its server. It is made at the first membership, so a
 * connection without memberships needs the memory of one field only.
 *
 * All hubs of a connection write to one socket. When the kernel has taken everything, the memberships take turns, and
 * each gets its turn only while the socket is not full. So a busy hub does not keep the others from the socket, and at
 * most one of them fills it.
 */
export class Memberships implements MembershipOwner {
  readonly connection: JoiningConnection
  private readonly all: Array<Membership> = []
  /** The memberships that wait because the socket is full, in the order of their turns. */
  private waiting: Array<Membership> = []
  /** The number of bytes queued for the connection in the logs of these hubs. */
  private logged = 0
  /** The number of hubs that block the connection as a publisher. */
  private blocked = 0
  /** The memberships that end with a scope. */
  private readonly ofScopes = new Map<Scope.Scope, Set<Membership>>()
  private dropped = 0
  /** The progress of the socket when a hub found that the peer reads nothing. */
  private unresponsiveAt: number | undefined
  private isServerHubFirst = true

  constructor(connection: JoiningConnection) {
    this.connection = connection
  }

  /** Joins a hub. `onEnded` is called once, when the membership has ended. */
  join(hub: JoinableHub, connectionFraming: JoinableHub["framing"], onEnded: () => void): JoinResult {
    const { id } = this.connection
    if (hub.framing !== connectionFraming) {
      return new SettingsError({
        field: "framing",
        value: `${hub.framing.name} for a hub that a connection with ${connectionFraming.name} frames joins`,
        expected: "the framing of the connection",
      })
    }
    if (this.all.some((membership) => membership.port === hub.port)) return new AlreadyMemberError({ id })
    const membership = new Membership(this, hub.port, this.all.length, onEnded)
    this.all.push(membership)
    membership.member = hub.port.attach(membership, { connection: id })
    return membership
  }

  /**
   * Leaves a hub when a scope closes. All memberships of a scope share one finalizer, because a scope cannot forget a
   * finalizer, and a client that joins and leaves would leave one behind each time.
   */
  leaveWith(scope: Scope.Scope, membership: Membership): Effect.Effect<void> {
    const { ofScopes } = this
    const known = ofScopes.get(scope)
    const peers = known ?? new Set()
    peers.add(membership)
    membership.peers = peers
    if (known !== undefined) return Effect.void
    ofScopes.set(scope, peers)
    // The finalizer has no reference to the connection, because the scope can outlive the connection.
    return Scope.addFinalizer(
      scope,
      Effect.sync(() => {
        ofScopes.delete(scope)
        for (const one of peers) one.leave()
      }),
    )
  }

  // --- from a membership

  pending(): number {
    // The member of the server's hub counts the socket and `loggedBytes`.
    return this.connection.member.pending()
  }

  /** The number of bytes queued in the logs of these hubs. */
  loggedBytes(): number {
    return this.logged
  }

  addLogged(change: number): void {
    this.logged += change
  }

  waitForTurn(membership: Membership): void {
    this.waiting.push(membership)
  }

  block(): void {
    this.blocked++
    this.connection.core.hold(Hold.hub)
  }

  unblock(): void {
    this.blocked--
    const { connection } = this
    if (this.blocked === 0 && !connection.isBlocked) connection.core.release(Hold.hub)
    connection.unblockWaiters.wake()
  }

  /** Whether one of these hubs blocks the connection as a publisher. */
  isBlocked(): boolean {
    return this.blocked > 0
  }

  onUnresponsive(): void {
    this.unresponsiveAt = this.connection.core.progress()
  }

  isUnresponsive(): boolean {
    return this.unresponsiveAt === this.connection.core.progress()
  }

  onDropped(missed: number): void {
    this.dropped += missed
    this.connection.onDropped(missed, this.dropped)
  }

  remove(membership: Membership): void {
    const last = this.all.pop()
    if (last !== undefined && last !== membership) {
      this.all[membership.place] = last
      last.place = membership.place
    }
    if (membership.waits) this.waiting = this.waiting.filter((other) => other !== membership)
  }

  // --- from the connection

  /** The kernel has taken all bytes. The hub of the server and the memberships take turns. */
  onDrain(): void {
    const { core, member } = this.connection
    const isServerHubFirst = this.isServerHubFirst
    this.isServerHubFirst = !isServerHubFirst
    if (isServerHubFirst) member.drained()
    while (core.isTaken()) {
      const next = this.waiting.shift()
      if (next === undefined) break
      next.takeTurn()
    }
    if (!isServerHubFirst && core.isTaken()) member.drained()
  }

  /** Writes everything published before to the connection, then calls `done`. Nothing more is delivered. */
  finish(done: () => void): void {
    let left = this.all.length
    if (left === 0) {
      done()
      return
    }
    const oneDone = (): void => {
      left--
      if (left === 0) done()
    }
    for (const membership of [...this.all]) membership.finish(oneDone)
  }

  /** The connection has ended. */
  end(): void {
    for (const membership of [...this.all]) membership.end()
  }
}

type JoinResult = Membership | AlreadyMemberError | SettingsError
