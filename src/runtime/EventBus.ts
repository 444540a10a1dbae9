import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { settings as check, limits, type SettingsError } from "../domain/index.ts"
import { costOf, EventQueue, eventCost, type Stamp, type Stamped } from "./eventQueue.ts"
import { pullStream } from "./pullStream.ts"
import { Waiters } from "./Waiters.ts"

/** The options of a subscription to events. */
export interface EventSubscribeOptions {
  /** Whether the stream includes `FrameReceived` and `FrameSent`. Default `false`. */
  readonly frames?: boolean
  /**
   * The maximum number of bytes of events that are buffered for this subscriber. An event counts 256 bytes, its
   * payload, and 8 bytes for each recipient. Default `limits.eventBufferBytes`.
   */
  readonly bufferBytes?: number
  /**
   * What happens when the buffer is full. Default `"drop-oldest"`.
   *
   * - `"drop-oldest"`: the bus drops the oldest events. `EventsMissed`, with their number, replaces them.
   * - `"drop-frames"`: the bus drops frames first. It drops events of connections only if these alone exceed three
   *   quarters of the buffer. `EventsMissed` replaces them.
   * - `"block"`: reading from all peers stops, and senders wait, until the subscriber has caught up. The bus drops no
   *   frame. Some events still occur, such as a refused connection or a failed attempt. If events other than frames
   *   exceed twice `bufferBytes`, the bus drops events of attempts and then other events of connections, and counts
   *   them in `EventsMissed`.
   */
  readonly overflow?: "drop-oldest" | "drop-frames" | "block"
}

const subscribeChecks: check.SettingChecks<EventSubscribeOptions> = {
  frames: check.oneOfThese([true, false]),
  bufferBytes: check.limitOf("bytes", 0),
  overflow: check.oneOfThese(["drop-oldest", "drop-frames", "block"]),
}

/** Checks the options of a subscription. */
export const checkSubscription = (
  options: EventSubscribeOptions = {},
): Either.Either<EventSubscribeOptions, SettingsError> => check.checkSettings(options, subscribeChecks)

export type { Stamp } from "./eventQueue.ts"

/**
 * Builds an event from its number and its time. Spreading an object with both into the event would cost more than all
 * other work of the bus.
 */
type BuildEvent<E> = (seq: number, at: number) => E

/** The callbacks that a bus calls on an observer. */
interface EventObserver<E> {
  readonly onEvent?: ((event: E) => void) | undefined
  /** Receives the events of `emitOwn`. */
  readonly onOwnEvent?: ((event: E) => void) | undefined
}

/** The part of a {@link Tap} that a bus uses. */
interface EventTap<E> {
  readonly wantsEvents: boolean
  readonly wantsOwnEvents: boolean
  readonly tell: (call: (observer: EventObserver<E>) => void) => void
}

/** The subject of an event: a connection, a frame, or the owner of the bus. */
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
 * Numbers events, adds the time, and delivers each event to every subscriber. Emitting is synchronous, and almost free
 * without subscribers. Each subscriber has its own bounded buffer.
 */
export class EventBus<E extends Stamped> {
  private readonly now: () => number
  private readonly missedEvent: (missed: number, stamp: Stamp) => E
  private readonly onBlocked: (blocked: boolean) => void
  private readonly onFramesWanted: (() => void) | undefined
  private readonly subscribers = new Set<Subscriber<E>>()
  private readonly tap: EventTap<E> | undefined
  private readonly senders = new Waiters()
  private seq = 0
  private frameSubscribers = 0
  private blockers = 0
  private ended = false

  /**
   * The bus calls `onBlocked(true)` when the first subscriber blocks, and `onBlocked(false)` when no subscriber blocks
   * any more.
   */
  constructor(options: {
    readonly now: () => number
    readonly missedEvent: (missed: number, stamp: Stamp) => E
    readonly onBlocked: (blocked: boolean) => void
    /** Observers that the bus calls synchronously with every event, except events of frames. */
    readonly tap?: EventTap<E>
    /** Called when the result of `wantsFrames` may have changed. */
    readonly onFramesWanted?: () => void
  }) {
    this.now = options.now
    this.missedEvent = options.missedEvent
    this.onBlocked = options.onBlocked
    this.tap = options.tap
    this.onFramesWanted = options.onFramesWanted
  }

  /** Whether a subscriber wants frames. The caller checks this before it builds an event of a frame. */
  wantsFrames(): boolean {
    return this.frameSubscribers > 0
  }

  /**
   * Waits until no subscriber blocks. Senders wait for this. The owner of the bus stops and resumes reading in
   * `onBlocked`.
   */
  get unblocked(): Effect.Effect<void> {
    return this.blockers === 0 ? Effect.void : this.senders.until(() => this.blockers === 0)
  }

  /** Whether a full subscriber blocks reading and sending. */
  isBlocked(): boolean {
    return this.blockers > 0
  }

  emit(event: BuildEvent<E>): void {
    this.dispatch(event, "connection")
  }

  /** Emits an event about the owner of the bus and not about a connection, such as `Listening`. */
  emitOwn(event: BuildEvent<E>): void {
    this.dispatch(event, "owner")
  }

  emitFrame(event: BuildEvent<E>): void {
    if (this.frameSubscribers > 0) this.dispatch(event, "frame")
  }

  /** Ends every subscription once its buffered events are delivered. */
  end(): void {
    this.ended = true
    for (const subscriber of this.subscribers) {
      subscriber.ended = true
      subscriber.readers.wake()
    }
  }

  /**
   * Subscribes at once: the stream delivers all events from this call on, even if it runs later. The end of the scope
   * unsubscribes. Run the stream only once: a second run does not deliver the events that the first run removed from
   * the buffer, even if the first run stopped before it used them.
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
    if (subscriber.frames) this.addFrameSubscribers(1)
    return subscriber
  }

  private addFrameSubscribers(count: number): void {
    this.frameSubscribers += count
    this.onFramesWanted?.()
  }

  private remove(subscriber: Subscriber<E>): void {
    this.subscribers.delete(subscriber)
    if (subscriber.frames) this.addFrameSubscribers(-1)
    this.unblock(subscriber)
    subscriber.ended = true
    subscriber.readers.wake()
  }

  private dispatch(build: BuildEvent<E>, about: About): void {
    this.seq++
    const { tap } = this
    const frame = about === "frame"
    const isObserved = tap !== undefined && !frame && (tap.wantsEvents || (about === "owner" && tap.wantsOwnEvents))
    if (this.subscribers.size === 0 && !isObserved) return
    const stamped = build(this.seq, this.now())
    if (isObserved) {
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
