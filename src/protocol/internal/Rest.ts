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
  /** The number of messages at the start of `buffer` that were dropped. */
  private head = 0
  private end: Exit.Exit<void, E> | undefined

  constructor(capacity: number, whenFull: "wait" | "drop-oldest") {
    this.capacity = capacity
    this.whenFull = whenFull
  }

  length(): number {
    return this.buffer.length - this.head
  }

  /** Adds a message. If the buffer is full, it waits for a reader or drops the oldest message. */
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
    if (this.head >= this.capacity) {
      this.buffer = this.buffer.slice(this.head)
      this.head = 0
    }
    return Effect.void
  }

  /** Ends the stream after the messages that are in the buffer. */
  finish(end: Exit.Exit<void, E>): void {
    this.end ??= end
    this.readers.wake()
  }

  readonly stream: Stream.Stream<A, E> = pullStream(Effect.suspend(() => this.takeAll()))

  private add(message: A): void {
    this.buffer.push(message)
    this.readers.wake()
  }

  private takeAll(): Effect.Effect<Chunk.Chunk<A> | undefined, E> {
    if (this.length() > 0) {
      const taken = this.head === 0 ? this.buffer : this.buffer.slice(this.head)
      this.buffer = []
      this.head = 0
      this.room.wake()
      return Effect.succeed(Chunk.unsafeFromArray(taken))
    }
    if (this.end === undefined) return this.readers.waitThen(Effect.suspend(() => this.takeAll()))
    return Exit.isSuccess(this.end) ? Effect.succeed(undefined) : Effect.failCause(this.end.cause)
  }
}
