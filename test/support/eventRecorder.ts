import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { SettingsError } from "../../src/domain/index.ts"
import { Waiters } from "./Waiters.ts"

interface Tagged {
  readonly _tag: string
}

type Of<E extends Tagged, T extends E["_tag"]> = Extract<E, { readonly _tag: T }>

/** Records a stream of events. A test reads the record and waits for events. */
export class EventRecorder<E extends Tagged> {
  readonly seen: Array<E> = []
  private readonly waiters = new Waiters()

  push(event: E): void {
    this.seen.push(event)
    this.waiters.notify()
  }

  tags(): ReadonlyArray<E["_tag"]> {
    return this.seen.map((event) => event._tag)
  }

  all<T extends E["_tag"]>(tag: T): ReadonlyArray<Of<E, T>> {
    return this.seen.filter((event): event is Of<E, T> => event._tag === tag)
  }

  /** Waits until `look` finds something in the record. */
  until<A>(look: () => A | undefined): Effect.Effect<A> {
    return this.waiters.until(look)
  }

  /** Waits for the first `count` events of a tag. */
  first<T extends E["_tag"]>(tag: T, count: number): Effect.Effect<ReadonlyArray<Of<E, T>>> {
    return this.until(() => {
      const found = this.all(tag)
      return found.length >= count ? found.slice(0, count) : undefined
    })
  }

  /** Waits for the first event of a tag that passes a test. */
  one<T extends E["_tag"]>(tag: T, test: (event: Of<E, T>) => boolean = () => true): Effect.Effect<Of<E, T>> {
    return this.until(() => this.all(tag).find(test))
  }
}

/** Subscribes now, and records until the scope ends. */
export const record = <E extends Tagged>(
  subscribe: Effect.Effect<Stream.Stream<E>, SettingsError, Scope.Scope>,
): Effect.Effect<EventRecorder<E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const recorder = new EventRecorder<E>()
    const stream = yield* Effect.orDie(subscribe)
    yield* Effect.forkScoped(Stream.runForEach(stream, (event) => Effect.sync(() => recorder.push(event))))
    return recorder
  })
