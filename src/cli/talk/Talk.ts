import type * as Effect from "effect/Effect"
import { Waiters } from "../../runtime/Waiters.ts"
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
  private readonly waiters = new Waiters()

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
    this.waiters.wake()
  }

  /** The number of changes. */
  get version(): number {
    return this.changes
  }

  /** Waits until there is a change after `version`. */
  changedSince(version: number): Effect.Effect<void> {
    return this.waiters.until(() => this.changes !== version)
  }

  /** Waits until a test holds. The test runs now and after each change. */
  until(test: () => boolean): Effect.Effect<void> {
    return this.waiters.until(test)
  }
}
