import * as Effect from "effect/Effect"
import { Waiters } from "../../runtime/Waiters.ts"

/** What happens to a payload for which there is no room. */
export const outboxPolicies = ["wait", "drop-oldest", "drop-newest"] as const
export type OutboxPolicy = (typeof outboxPolicies)[number]

/**
 * Payloads on their way to a connection, or to the next one: in order, bounded in bytes. The first stays where it is
 * until it was sent, whatever happens to the connection meanwhile.
 */
export class Outbox<E> {
  private readonly limitBytes: number
  private readonly policy: OutboxPolicy
  private readonly onDropped: (missed: number) => void
  private readonly kept: Array<Uint8Array> = []
  private readonly changed = new Waiters()
  private isSending = false
  private end: Effect.Effect<never, E> | undefined
  bytes = 0

  constructor(limitBytes: number, policy: OutboxPolicy, onDropped: (missed: number) => void) {
    this.limitBytes = limitBytes
    this.policy = policy
    this.onDropped = onDropped
  }

  get length(): number {
    return this.kept.length
  }

  /** Takes a payload, as the policy says; fails when the outbox has ended. */
  offer(payload: Uint8Array): Effect.Effect<void, E> {
    return Effect.suspend((): Effect.Effect<void, E> => {
      if (this.end !== undefined) return this.end
      if (!this.hasRoomFor(payload)) {
        if (this.policy === "wait") return this.changed.waitThen(this.offer(payload))
        if (this.policy === "drop-newest" || !this.makeRoomFor(payload)) {
          this.onDropped(1)
          return Effect.void
        }
      }
      this.kept.push(payload)
      this.bytes += payload.length
      this.changed.wake()
      return Effect.void
    })
  }

  /** Sends what is kept, and what comes, one after the other. Ends when nothing is left and `isOver` says so. */
  sendAll<E2>(send: (payload: Uint8Array) => Effect.Effect<void, E2>, isOver: () => boolean): Effect.Effect<void, E2> {
    const next: Effect.Effect<void, E2> = Effect.suspend(() => {
      const [first] = this.kept
      if (first === undefined) return isOver() ? Effect.void : this.changed.waitThen(next)
      this.isSending = true
      const sent = Effect.onExit(send(first), () =>
        Effect.sync(() => {
          this.isSending = false
        }),
      )
      return Effect.flatMap(sent, () => {
        this.kept.shift()
        this.bytes -= first.length
        this.changed.wake()
        return next
      })
    })
    return next
  }

  /** Looks again, after `isOver` has changed. */
  wake(): void {
    this.changed.wake()
  }

  /** Lets everybody who waits fail, and who comes. */
  fail(end: Effect.Effect<never, E>): void {
    this.end ??= end
    this.changed.wake()
  }

  // One that is larger than all the room there is goes when it is alone.
  private hasRoomFor(payload: Uint8Array): boolean {
    return this.kept.length === 0 || this.bytes + payload.length <= this.limitBytes
  }

  private makeRoomFor(payload: Uint8Array): boolean {
    const from = this.isSending ? 1 : 0
    let missed = 0
    while (this.kept.length > from && !this.hasRoomFor(payload)) {
      const [dropped] = this.kept.splice(from, 1)
      this.bytes -= dropped?.length ?? 0
      missed++
    }
    if (missed > 0) this.onDropped(missed)
    return this.hasRoomFor(payload)
  }
}
