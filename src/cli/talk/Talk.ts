import * as Effect from "effect/Effect"
import type { ReplyLines } from "./ReplyLines.ts"

const newline = 0x0a

/** The state of one conversation, for the fibers that send and receive. */
export class Talk {
  /** The number of received payloads. */
  replies = 0
  /** Whether the last received payload ends with LF. */
  endsLine = false
  /** Whether the peer will send nothing more. */
  isOver = false
  /** The time of our FIN, in milliseconds of the monotonic clock. */
  finAt: number | undefined
  /** The lines of answers. Undefined unless the pace depends on them. */
  lines: ReplyLines | undefined
  private changes = 0
  private readonly waiters = new Set<() => void>()

  /** Adds a received payload. */
  received(payload: Uint8Array): void {
    this.replies++
    this.endsLine = payload.at(-1) === newline
    this.lines?.push(payload)
    this.tell()
  }

  /** The peer will send nothing more. */
  ended(): void {
    this.isOver = true
    this.tell()
  }

  /** Wakes everything that waits for a change. */
  tell(): void {
    this.changes++
    for (const waiter of this.waiters) waiter()
  }

  /** The number of changes. */
  get version(): number {
    return this.changes
  }

  /** Waits until there is a change after `version`. */
  changedSince(version: number): Effect.Effect<void> {
    return Effect.async((resume) => {
      const waiter = () => {
        this.waiters.delete(waiter)
        resume(Effect.void)
      }
      if (this.changes !== version) return resume(Effect.void)
      this.waiters.add(waiter)
      return Effect.sync(() => void this.waiters.delete(waiter))
    })
  }

  /** Waits until a test holds. The test runs now and after each change. */
  until(test: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() =>
      test() ? Effect.void : Effect.flatMap(this.changedSince(this.changes), () => this.until(test)),
    )
  }
}
