import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Stream from "effect/Stream"
import { pullStream } from "../../runtime/pullStream.ts"
import { Waiters } from "../../runtime/Waiters.ts"

/** A bounded buffer of messages with one writer. Each message goes to one reader. */
export class Rest<A, E> {
  /** The number of messages that were dropped because the buffer was full. */
  dropped = 0
  private readonly capacity: number
  private readonly whenFull: "wait" | "drop-oldest"
  private readonly readers = new Waiters()
  private readonly room = new Waiters()
  private buffer: Array<A> = []
  /** The number of messages at the start of `buffer` that were taken or dropped. */
  private head = 0
  private end: Exit.Exit<void, E> | undefined

  constructor(capacity: number, whenFull: "wait" | "drop-oldest") {
    this.capacity = capacity
    this.whenFull = whenFull
  }

  length(): number {
    return this.buffer.length - this.head
  }

  /** Adds a message. If the buffer is full, waits for a reader or drops the oldest message, as `whenFull` says. */
  offer(message: A): Effect.Effect<void> {
    if (this.length() < this.capacity) {
      this.add(message)
      return Effect.void
    }
    if (this.whenFull === "wait") {
      return Effect.map(
        this.room.until(() => this.length() < this.capacity),
        () => this.add(message),
      )
    }
    this.dropped++
    this.head++
    this.add(message)
    this.compact()
    return Effect.void
  }

  /** Ends the stream after the messages that are in the buffer. */
  finish(end: Exit.Exit<void, E>): void {
    this.end ??= end
    this.readers.wake()
  }

  // A reader takes one message at a time. If it took larger chunks, a reader that ends early would drop the rest of its
  // chunk.
  readonly stream: Stream.Stream<A, E> = pullStream(Effect.suspend(() => this.take()))

  private add(message: A): void {
    this.buffer.push(message)
    this.readers.wake()
  }

  private take(): Effect.Effect<Chunk.Chunk<A> | undefined, E> {
    if (this.length() > 0) {
      const taken = this.buffer[this.head++] as A
      this.compact()
      this.room.wake()
      return Effect.succeed(Chunk.of(taken))
    }
    if (this.end === undefined) return this.readers.waitThen(Effect.suspend(() => this.take()))
    return Exit.isSuccess(this.end) ? Effect.succeed(undefined) : Effect.failCause(this.end.cause)
  }

  /** Frees the memory of the taken messages when they are at least half of the buffer. */
  private compact(): void {
    if (this.head < this.length()) return
    this.buffer = this.buffer.slice(this.head)
    this.head = 0
  }
}
