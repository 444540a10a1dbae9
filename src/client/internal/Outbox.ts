import * as Effect from "effect/Effect"
import type { Connection } from "../../connection/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import { Waiters } from "../../runtime/Waiters.ts"

/** What happens to a payload for which there is no room. */
export const outboxPolicies = ["wait", "drop-oldest", "drop-newest"] as const
export type OutboxPolicy = (typeof outboxPolicies)[number]

// A payload takes memory beside its bytes; without this, empty ones would have no bound.
const costOf = (payload: Uint8Array): number => payload.length + 32

/**
 * Payloads on their way to a connection, or to the next one: in order, and bounded. A connection takes a payload over
 * whole or not at all, and what it has taken over is not kept.
 */
export class Outbox<E> {
  /** Payload bytes kept. */
  bytes = 0
  private readonly limitBytes: number
  private readonly policy: OutboxPolicy
  private readonly onDropped: (missed: number) => void
  private readonly changed = new Waiters()
  private kept: Array<Uint8Array> = []
  // Where the first is: taking it away would move all the others.
  private head = 0
  private cost = 0
  private end: Effect.Effect<never, E> | undefined

  constructor(limitBytes: number, policy: OutboxPolicy, onDropped: (missed: number) => void) {
    this.limitBytes = limitBytes
    this.policy = policy
    this.onDropped = onDropped
  }

  /** Payloads kept. */
  get length(): number {
    return this.kept.length - this.head
  }

  /** Takes a payload, as the policy says; fails when the outbox has ended. */
  offer(payload: Uint8Array): Effect.Effect<void, E> {
    return Effect.suspend((): Effect.Effect<void, E> => {
      if (this.end !== undefined) return this.end
      if (!this.hasRoomFor(payload)) {
        if (this.policy === "wait") return this.changed.waitThen(this.offer(payload))
        if (this.policy === "drop-newest") {
          this.onDropped(1)
          return Effect.void
        }
        this.makeRoomFor(payload)
      }
      this.kept.push(payload)
      this.bytes += payload.length
      this.cost += costOf(payload)
      this.changed.wake()
      return Effect.void
    })
  }

  /** Hands on what is kept, and what comes, one after the other. Ends when nothing is left and `isOver` says so. */
  sendAll(
    connection: Pick<Connection, "drained" | "sendNow">,
    isOver: () => boolean,
  ): Effect.Effect<void, ConnectionClosedError> {
    const { drained } = connection
    const next: Effect.Effect<void, ConnectionClosedError> = Effect.suspend(() => {
      const first = this.kept[this.head]
      if (first === undefined) return isOver() ? Effect.void : this.changed.waitThen(next)
      // Between the two nobody may be interrupted: what was taken over would be sent again.
      const handedOver = Effect.uninterruptible(
        // What is kept can be sent: it was looked at when it came.
        Effect.map(Effect.catchTag(connection.sendNow(first), "InvalidPayloadError", Effect.die), () => {
          this.shift()
          this.changed.wake()
        }),
      )
      return Effect.zipRight(handedOver, Effect.zipRight(drained, next))
    })
    return next
  }

  /** Takes nothing more: lets everybody who waits to be taken fail, and who comes. */
  fail(end: Effect.Effect<never, E>): void {
    this.end ??= end
    this.changed.wake()
  }

  // One that is larger than all the room there is goes when it is alone.
  private hasRoomFor(payload: Uint8Array): boolean {
    return this.length === 0 || this.cost + costOf(payload) <= this.limitBytes
  }

  private makeRoomFor(payload: Uint8Array): void {
    let missed = 0
    for (; !this.hasRoomFor(payload); missed++) this.shift()
    this.onDropped(missed)
  }

  private shift(): void {
    const first = this.kept[this.head]
    if (first === undefined) return
    this.kept[this.head++] = taken
    this.bytes -= first.length
    this.cost -= costOf(first)
    if (this.head < 1024 || this.head * 2 < this.kept.length) return
    this.kept = this.kept.slice(this.head)
    this.head = 0
  }
}

const taken = new Uint8Array(0)
