import * as Effect from "effect/Effect"
import type { Connection } from "../../connection/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import { Waiters } from "../../runtime/Waiters.ts"

/** What happens when an outbox has no room for a payload. */
export const outboxPolicies = ["wait", "drop-oldest", "drop-newest"] as const
export type OutboxPolicy = (typeof outboxPolicies)[number]

// A payload uses memory beside its bytes. Without this cost, the number of empty payloads would have no bound.
const costOf = (payload: Uint8Array): number => payload.length + 32

/**
 * A bounded queue of payloads for the current or the next connection. A payload leaves the queue when a connection has
 * accepted it.
 */
export class Outbox<E> {
  /** The payload bytes in the queue. */
  bytes = 0
  private readonly limitBytes: number
  private readonly policy: OutboxPolicy
  private readonly onDropped: (missed: number) => void
  private readonly changed = new Waiters()
  private kept: Array<Uint8Array> = []
  // The index of the first payload. Removing it from the array would move all others.
  private head = 0
  private cost = 0
  private end: Effect.Effect<never, E> | undefined

  constructor(limitBytes: number, policy: OutboxPolicy, onDropped: (missed: number) => void) {
    this.limitBytes = limitBytes
    this.policy = policy
    this.onDropped = onDropped
  }

  /** The payloads in the queue. */
  get length(): number {
    return this.kept.length - this.head
  }

  /** Adds a payload according to the policy. Fails when the outbox has ended. */
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

  /** Sends the queue, and payloads that are added later, in order. Ends when the queue is empty and `isOver` is true. */
  sendAll(
    connection: Pick<Connection, "drained" | "sendNow">,
    isOver: () => boolean,
  ): Effect.Effect<void, ConnectionClosedError> {
    const { drained } = connection
    const next: Effect.Effect<void, ConnectionClosedError> = Effect.suspend(() => {
      const first = this.kept[this.head]
      if (first === undefined) return isOver() ? Effect.void : this.changed.waitThen(next)
      // An interruption between the two steps would send the payload again.
      const handedOver = Effect.uninterruptible(
        // Payloads in the queue are valid: `send` checks each.
        Effect.map(Effect.catchTag(connection.sendNow(first), "InvalidPayloadError", Effect.die), () => {
          this.shift()
          this.changed.wake()
        }),
      )
      return Effect.zipRight(handedOver, Effect.zipRight(drained, next))
    })
    return next
  }

  /** Accepts no more payloads. All calls of `offer` fail, including the calls that are waiting. */
  fail(end: Effect.Effect<never, E>): void {
    this.end ??= end
    this.changed.wake()
  }

  // A payload above the limit is accepted into an empty queue.
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
