import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { settings as check, limits, type SettingsError } from "../domain/index.ts"
import { pullStream } from "./pullStream.ts"
import { Waiters } from "./Waiters.ts"

/** What every event has. */
interface Stamped {
  readonly _tag: string
  readonly seq: number
  readonly at: number
}

/** How a subscriber to events wants them. */
export interface EventSubscribeOptions {
  /** Frames too (`FrameReceived`, `FrameSent`), not only the connections' lives. Default false. */
  readonly frames?: boolean
  /** What may wait for this subscriber, bytes; an event counts 256, its payload, and 8 for each recipient. Default `limits.eventBufferBytes`. */
  readonly bufferBytes?: number
  /**
   * What happens beyond that. `"drop-oldest"` (default): the oldest go, and `EventsMissed` stands in their place.
   * `"block"`: peers are not read, and who sends waits, until the subscriber has caught up; nothing is lost.
   */
  readonly overflow?: "drop-oldest" | "block"
}

const subscribeChecks: check.SettingChecks<EventSubscribeOptions> = {
  frames: check.oneOfThese([true, false]),
  bufferBytes: check.limitOf("bytes", 0),
  overflow: check.oneOfThese(["drop-oldest", "block"]),
}

/** Judges how a subscriber wants its events. */
export const checkSubscription = (
  options: EventSubscribeOptions = {},
): Either.Either<EventSubscribeOptions, SettingsError> => check.checkSettings(options, subscribeChecks)

/** What the bus gives to an event: its number and its time. */
export type Stamp = Pick<Stamped, "seq" | "at">

/** Makes an event of its number and its time. To spread a stamp into it would cost more than all the rest of an event. */
export type BuildEvent<E> = (seq: number, at: number) => E

interface Subscriber<E> {
  readonly frames: boolean
  readonly bufferBytes: number
  readonly block: boolean
  queue: Array<E>
  bytes: number
  missed: number
  /** Of the last event that was missed: where `EventsMissed` stands. */
  missedUntil: Stamp
  blocking: boolean
  ended: boolean
  readonly readers: Waiters
}

const eventCost = 256

/** What an event counts in a buffer, bytes. Only frames have a payload and recipients. */
const costOf = (event: object): number => {
  const bytes = "bytes" in event ? event.bytes : undefined
  const to = "to" in event ? event.to : undefined
  return eventCost + (bytes instanceof Uint8Array ? bytes.length : 0) + (Array.isArray(to) ? 8 * to.length : 0)
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
  }) {
    this.now = options.now
    this.missedEvent = options.missedEvent
    this.onBlocked = options.onBlocked
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
    this.dispatch(event, false)
  }

  emitFrame(event: BuildEvent<E>): void {
    if (this.frameSubscribers > 0) this.dispatch(event, true)
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
      block: options.overflow === "block",
      queue: [],
      bytes: 0,
      missed: 0,
      missedUntil: { seq: 0, at: 0 },
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

  private dispatch(build: BuildEvent<E>, frame: boolean): void {
    this.seq++
    if (this.subscribers.size === 0) return
    const stamped = build(this.seq, this.now())
    const cost = frame ? costOf(stamped) : eventCost
    for (const subscriber of this.subscribers) {
      if (frame && !subscriber.frames) continue
      subscriber.queue.push(stamped)
      subscriber.bytes += cost
      if (subscriber.bytes > subscriber.bufferBytes) this.overflow(subscriber)
      subscriber.readers.wake()
    }
  }

  private overflow(subscriber: Subscriber<E>): void {
    if (!subscriber.block) {
      // Half at a time: one by one would move the whole buffer for each event. The newest stays, however large: a
      // subscriber that keeps up gets it.
      let dropped = 0
      while (subscriber.bytes > subscriber.bufferBytes / 2 && dropped < subscriber.queue.length - 1) {
        subscriber.bytes -= costOf(subscriber.queue[dropped] as E)
        dropped++
      }
      if (dropped === 0) return
      const { seq, at } = subscriber.queue[dropped - 1] as E
      subscriber.missedUntil = { seq, at }
      subscriber.queue.splice(0, dropped)
      subscriber.missed += dropped
    } else if (!subscriber.blocking) {
      subscriber.blocking = true
      this.blockers++
      if (this.blockers === 1) this.onBlocked(true)
    }
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
      if (subscriber.queue.length === 0) {
        return subscriber.ended ? Effect.succeed(undefined) : subscriber.readers.waitThen(take)
      }
      const events = subscriber.queue
      if (subscriber.missed > 0) events.unshift(this.missedEvent(subscriber.missed, subscriber.missedUntil))
      subscriber.queue = []
      subscriber.bytes = 0
      subscriber.missed = 0
      this.unblock(subscriber)
      return Effect.succeed(Chunk.unsafeFromArray(events))
    })
    return take
  }
}
