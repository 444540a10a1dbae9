import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { settings as check, limits, type SettingsError } from "../domain/index.ts"
import { costOf, EventQueue, eventCost, type Stamp, type Stamped } from "./eventQueue.ts"
import { pullStream } from "./pullStream.ts"
import { Waiters } from "./Waiters.ts"

/** How a subscriber to events wants them. */
export interface EventSubscribeOptions {
  /** Frames too (`FrameReceived`, `FrameSent`), not only the connections' lives. Default false. */
  readonly frames?: boolean
  /** What may wait for this subscriber, bytes; an event counts 256, its payload, and 8 for each recipient. Default `limits.eventBufferBytes`. */
  readonly bufferBytes?: number
  /**
   * What happens beyond that. `"drop-oldest"` (default): the oldest events are dropped, and `EventsMissed` with their
   * number stands in their place. `"drop-frames"`: the same, but frames are dropped first, and events of connections only
   * where they alone take three quarters of the buffer. `"block"`: peers are not read, and senders wait, until the
   * subscriber has caught up. No frame is dropped. Events that come all the same (a peer is refused, an attempt to connect
   * fails) are dropped and counted in `EventsMissed` once they take twice `bufferBytes`: attempts first, then other
   * events of connections.
   */
  readonly overflow?: "drop-oldest" | "drop-frames" | "block"
}

const subscribeChecks: check.SettingChecks<EventSubscribeOptions> = {
  frames: check.oneOfThese([true, false]),
  bufferBytes: check.limitOf("bytes", 0),
  overflow: check.oneOfThese(["drop-oldest", "drop-frames", "block"]),
}

/** Judges how a subscriber wants its events. */
export const checkSubscription = (
  options: EventSubscribeOptions = {},
): Either.Either<EventSubscribeOptions, SettingsError> => check.checkSettings(options, subscribeChecks)

export type { Stamp } from "./eventQueue.ts"

/** Makes an event of its number and its time. To spread a stamp into it would cost more than all the rest of an event. */
export type BuildEvent<E> = (seq: number, at: number) => E

/** An observer of events, as a bus knows it. */
interface EventObserver<E> {
  readonly onEvent?: ((event: E) => void) | undefined
  /** Told of the events that `emitOwn` emits. */
  readonly onOwnEvent?: ((event: E) => void) | undefined
}

/** The observers of a bus. */
interface EventTap<E> {
  readonly wantsEvents: boolean
  readonly wantsOwnEvents: boolean
  readonly tell: (call: (observer: EventObserver<E>) => void) => void
}

/** What an event is about: a connection, a frame, or the owner of the bus itself. */
type About = "connection" | "frame" | "owner"

interface Subscriber<E extends Stamped> {
  readonly frames: boolean
  readonly bufferBytes: number
  readonly overflow: NonNullable<EventSubscribeOptions["overflow"]>
  readonly queue: EventQueue<E>
  blocking: boolean
  ended: boolean
  readonly readers: Waiters
}

/**
 * Numbers events, stamps them with the time and hands each to every subscriber. Emitting is synchronous and costs next
 * to nothing while nobody subscribes; every subscriber has a bounded buffer of its own.
 */
export class EventBus<E extends Stamped> {
  private readonly now: () => number
  private readonly missedEvent: (missed: number, stamp: Stamp) => E
  private readonly onBlocked: (blocked: boolean) => void
  private readonly subscribers = new Set<Subscriber<E>>()
  private readonly tap: EventTap<E> | undefined
  private readonly senders = new Waiters()
  private seq = 0
  private frameSubscribers = 0
  private blockers = 0
  private ended = false

  /** `onBlocked` is told when the first blocking subscriber is full, and when none is any more. */
  constructor(options: {
    readonly now: () => number
    readonly missedEvent: (missed: number, stamp: Stamp) => E
    readonly onBlocked: (blocked: boolean) => void
    /** Observers that are told of every event but those of frames, within `emit`. */
    readonly tap?: EventTap<E>
  }) {
    this.now = options.now
    this.missedEvent = options.missedEvent
    this.onBlocked = options.onBlocked
    this.tap = options.tap
  }

  /** Whether anybody wants frames: asked before a frame event is built. */
  wantsFrames(): boolean {
    return this.frameSubscribers > 0
  }

  /** Waits until no subscriber holds anybody back: for those who send, as reading is held back for those who receive. */
  get unblocked(): Effect.Effect<void> {
    return this.blockers === 0 ? Effect.void : this.senders.until(() => this.blockers === 0)
  }

  /** Whether peers are to be held back for a subscriber. */
  isBlocked(): boolean {
    return this.blockers > 0
  }

  emit(event: BuildEvent<E>): void {
    this.dispatch(event, "connection")
  }

  /** Emits an event about the owner of the bus, a server that listens for example, and not about a connection. */
  emitOwn(event: BuildEvent<E>): void {
    this.dispatch(event, "owner")
  }

  emitFrame(event: BuildEvent<E>): void {
    if (this.frameSubscribers > 0) this.dispatch(event, "frame")
  }

  /** Ends every subscription, once what it has not taken is taken. */
  end(): void {
    this.ended = true
    for (const subscriber of this.subscribers) {
      subscriber.ended = true
      subscriber.readers.wake()
    }
  }

  /**
   * Subscribes now: the stream has everything emitted from here on, whenever it is run. The scope unsubscribes. Run it
   * once: a second run has what the first has not taken, and a run that stops early may have taken more than it used.
   */
  subscribe(options: EventSubscribeOptions = {}): Effect.Effect<Stream.Stream<E>, never, Scope.Scope> {
    return Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => this.add(options)),
        (subscriber) => Effect.sync(() => this.remove(subscriber)),
      ),
      (subscriber) => pullStream(this.pull(subscriber)),
    )
  }

  private add(options: EventSubscribeOptions): Subscriber<E> {
    const subscriber: Subscriber<E> = {
      frames: options.frames ?? false,
      bufferBytes: options.bufferBytes ?? limits.eventBufferBytes,
      overflow: options.overflow ?? "drop-oldest",
      queue: new EventQueue(),
      blocking: false,
      ended: this.ended,
      readers: new Waiters(),
    }
    this.subscribers.add(subscriber)
    if (subscriber.frames) this.frameSubscribers++
    return subscriber
  }

  private remove(subscriber: Subscriber<E>): void {
    this.subscribers.delete(subscriber)
    if (subscriber.frames) this.frameSubscribers--
    this.unblock(subscriber)
    subscriber.ended = true
    subscriber.readers.wake()
  }

  private dispatch(build: BuildEvent<E>, about: About): void {
    this.seq++
    const { tap } = this
    const frame = about === "frame"
    const isTold = tap !== undefined && !frame && (tap.wantsEvents || (about === "owner" && tap.wantsOwnEvents))
    if (this.subscribers.size === 0 && !isTold) return
    const stamped = build(this.seq, this.now())
    if (isTold) {
      tap.tell((observer) => {
        observer.onEvent?.(stamped)
        if (about === "owner") observer.onOwnEvent?.(stamped)
      })
    }
    const cost = frame ? costOf(stamped) : eventCost
    for (const subscriber of this.subscribers) {
      if (frame && !subscriber.frames) continue
      subscriber.queue.push(stamped, cost, frame)
      if (subscriber.queue.bytes > subscriber.bufferBytes) this.overflow(subscriber)
      subscriber.readers.wake()
    }
  }

  private overflow(subscriber: Subscriber<E>): void {
    const { bufferBytes, overflow, queue } = subscriber
    if (overflow !== "block") {
      if (overflow === "drop-frames") queue.dropFrames(bufferBytes)
      else queue.dropOldest(bufferBytes)
      return
    }
    if (queue.lifeBytes > 2 * bufferBytes) queue.dropLives(2 * bufferBytes)
    if (subscriber.blocking) return
    subscriber.blocking = true
    this.blockers++
    if (this.blockers === 1) this.onBlocked(true)
  }

  private unblock(subscriber: Subscriber<E>): void {
    if (!subscriber.blocking) return
    subscriber.blocking = false
    this.blockers--
    if (this.blockers > 0) return
    this.onBlocked(false)
    this.senders.wake()
  }

  private pull(subscriber: Subscriber<E>): Effect.Effect<Chunk.Chunk<E> | undefined> {
    const take: Effect.Effect<Chunk.Chunk<E> | undefined> = Effect.suspend(() => {
      if (subscriber.queue.isEmpty) {
        return subscriber.ended ? Effect.succeed(undefined) : subscriber.readers.waitThen(take)
      }
      const events = subscriber.queue.take(this.missedEvent)
      this.unblock(subscriber)
      return Effect.succeed(Chunk.unsafeFromArray(events))
    })
    return take
  }
}
