import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Waiters } from "../runtime/Waiters.ts"
import { showEvent, showPattern } from "./internal/showEvent.ts"
import { deadlineOf, type WaitOptions, waitFor } from "./internal/waitFor.ts"

/** An event that a probe can record. It needs only a tag. */
export interface TaggedEvent {
  readonly _tag: string
}

/** The events of type `E` whose tag is `T`. */
export type EventOf<E extends TaggedEvent, T extends E["_tag"]> = Extract<E, { readonly _tag: T }>

/** Some of the fields of an event, and some of the fields of its nested objects. */
export type EventFields<A> = A extends Uint8Array
  ? A
  : A extends object
    ? { readonly [K in keyof A]?: EventFields<A[K]> | undefined }
    : A

/**
 * The pattern of an expected event: its tag, or its tag and some of its fields. A nested object also needs only some of
 * its fields. Bytes and arrays must be equal.
 */
export type EventPattern<E extends TaggedEvent> =
  | E["_tag"]
  | (E extends TaggedEvent ? { readonly _tag: E["_tag"] } & Omit<EventFields<E>, "_tag"> : never)

/** An expected event did not come before the deadline of the wait. */
export class EventNotSeen extends Data.TaggedError("EventNotSeen")<{
  /** The expected event. */
  readonly wanted: string
  readonly within: Duration.Duration
  /** All events until the deadline, the oldest first. */
  readonly seen: ReadonlyArray<TaggedEvent>
}> {
  override get message(): string {
    const shown = this.seen.slice(-mostShown).map(showEvent)
    const left = this.seen.length - shown.length
    const list = left > 0 ? [`… ${left} earlier events`, ...shown] : shown
    const events = list.length === 0 ? "no events" : `these events:\n  ${list.join("\n  ")}`
    const hint = this.seen.some(isFrame) || !/^Frame(Received|Sent)/.test(this.wanted) ? "" : framesHint
    return `${this.wanted} did not come within ${Duration.format(this.within)}; the probe has seen ${events}${hint}`
  }
}

const mostShown = 50
const framesHint = "\nThe subscription has no frames; subscribe with { frames: true }."

const isFrame = ({ _tag }: TaggedEvent) => _tag === "FrameReceived" || _tag === "FrameSent"

/**
 * Records events in memory, without a limit. A test reads the recorded events and waits for further events. See
 * {@link probe}.
 */
export class EventProbe<E extends TaggedEvent> {
  /** All events so far, the oldest first. */
  readonly seen: Array<E> = []
  private readonly waiters = new Waiters()
  private readonly within: Duration.Duration
  private cursor = 0

  /** `within` is the timeout of each wait. */
  constructor(within: Duration.Duration) {
    this.within = within
  }

  /** Adds an event, and wakes the tests that wait. {@link probe} calls it for each event of its subscription. */
  push(event: E): void {
    this.seen.push(event)
    this.waiters.wake()
  }

  /** The tags of all events so far. */
  tags(): ReadonlyArray<E["_tag"]> {
    return this.seen.map((event) => event._tag)
  }

  /** All events of a tag so far. */
  all<T extends E["_tag"]>(tag: T): ReadonlyArray<EventOf<E, T>> {
    return this.seen.filter((event): event is EventOf<E, T> => event._tag === tag)
  }

  /**
   * Waits until `look` returns a value other than `undefined`. Calls `look` now and after each event. `wanted`
   * describes the value in the failure. Default: "what the test looks for".
   */
  until<A>(look: () => A | undefined, wanted = "what the test looks for"): Effect.Effect<A, EventNotSeen> {
    const { seen, waiters, within } = this
    return waitFor(waiters, look, within, () => new EventNotSeen({ wanted, within, seen: [...seen] }))
  }

  /** Waits until `count` events of a tag are recorded, and returns the first `count` of them. */
  first<T extends E["_tag"]>(tag: T, count: number): Effect.Effect<ReadonlyArray<EventOf<E, T>>, EventNotSeen> {
    return this.until(
      () => {
        const found = this.all(tag)
        return found.length >= count ? found.slice(0, count) : undefined
      },
      count === 1 ? tag : `${tag}, ${count} times`,
    )
  }

  /** Waits for the first recorded event of a tag that passes a test. Each call searches from the first event. */
  one<T extends E["_tag"]>(
    tag: T,
    test: (event: EventOf<E, T>) => boolean = () => true,
  ): Effect.Effect<EventOf<E, T>, EventNotSeen> {
    return this.until(() => this.all(tag).find(test), tag)
  }

  /**
   * Waits for the next event of a tag that passes a test. The search begins after the last event that `next` or
   * `expectInOrder` found, so each call finds a later event.
   */
  next<T extends E["_tag"]>(
    tag: T,
    test: (event: EventOf<E, T>) => boolean = () => true,
  ): Effect.Effect<EventOf<E, T>, EventNotSeen> {
    const isWanted = (event: E): event is EventOf<E, T> => event._tag === tag && test(event as EventOf<E, T>)
    return this.until(() => {
      for (let at = this.cursor; at < this.seen.length; at++) {
        const event = this.seen[at]
        if (event === undefined || !isWanted(event)) continue
        this.cursor = at + 1
        return event
      }
      return undefined
    }, `the next ${tag}`)
  }

  /**
   * Waits until events that match the patterns have come in this order. Other events may come between them. The search
   * begins after the last event that `next` or `expectInOrder` found. Succeeds with the matching events.
   */
  expectInOrder(...patterns: ReadonlyArray<EventPattern<E>>): Effect.Effect<ReadonlyArray<E>, EventNotSeen> {
    return Effect.forEach(patterns, (pattern, index) =>
      this.until(
        () => {
          const at = this.seen.findIndex((event, place) => place >= this.cursor && matches(event, pattern))
          if (at < 0) return undefined
          this.cursor = at + 1
          return this.seen[at]
        },
        index === 0 ? showPattern(pattern) : `${showPattern(pattern)} after ${showPattern(patterns[index - 1])}`,
      ),
    )
  }
}

/** Whether a value has every field of a pattern, with an equal value. */
const matches = (value: unknown, pattern: unknown): boolean => {
  if (typeof pattern === "string" && isTagged(value)) return value._tag === pattern
  if (typeof pattern !== "object" || pattern === null) return Object.is(value, pattern)
  if (typeof value !== "object" || value === null) return false
  const fields = Object.entries(pattern)
  const isWhole = pattern instanceof Uint8Array || Array.isArray(pattern)
  if (isWhole && fields.length !== Object.keys(value).length) return false
  return fields.every(([name, field]) => matches(Reflect.get(value, name), field))
}

const isTagged = (value: unknown): value is TaggedEvent =>
  typeof value === "object" && value !== null && "_tag" in value

/**
 * Subscribes to events at once, and records them until the scope ends. It takes the subscription of any server, client
 * or assistant. Each wait has a deadline, and its failure lists the recorded events. It needs no test runner.
 *
 * @example
 * import { Effect } from "effect"
 * import { Handler, Server } from "tcpfx/server"
 * import { Testing } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server
 *   const events = yield* Testing.probe(server.subscribeEvents({ frames: true }))
 *   const connection = yield* Testing.connect()
 *   yield* connection.send(new TextEncoder().encode("hello"))
 *   yield* connection.close
 *   yield* events.expectInOrder("ConnectionOpened", { _tag: "FrameReceived", id: 1 }, "ConnectionClosed")
 *   return events.all("FrameReceived").length
 * })
 * const layer = Testing.layer({ handler: Handler.discard() })
 * assert.equal(await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer))), 1)
 */
export const probe = <E extends TaggedEvent, Err, R>(
  subscribe: Effect.Effect<Stream.Stream<E>, Err, R>,
  options: WaitOptions = {},
): Effect.Effect<EventProbe<E>, Err, R | Scope.Scope> =>
  Effect.gen(function* () {
    const events = new EventProbe<E>(yield* deadlineOf(options))
    const stream = yield* subscribe
    yield* Effect.forkScoped(Stream.runForEach(stream, (event) => Effect.sync(() => events.push(event))))
    return events
  })
