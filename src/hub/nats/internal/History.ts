import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { HubHistoryProblem, HubNotice } from "../../../domain/index.ts"
import type { HistoryWindow } from "../../index.ts"
import type { HistoryStore } from "./HistoryStore.ts"
import type { HubBridge } from "./HubBridge.ts"

// How often a node checks that its stream still exists. A server of a cluster can end without the node noticing it.
const checkInterval = "30 seconds"

/** Options of {@link keepHistory}. */
export interface HistoryOptions {
  readonly store: HistoryStore
  /** The name of the stream. */
  readonly stream: string
  readonly window: HistoryWindow
  readonly bridge: HubBridge
  readonly isAttached: () => boolean
  readonly emit: (notice: HubNotice) => void
}

/**
 * Fills the history of a node from the messages that NATS stores, before the node has members. Afterwards the history
 * takes the frames from the hub, so a client that joins costs NATS nothing. Returns a function that the caller calls
 * whenever the hub is attached. It reports whether NATS stores the frames, and then whenever this changes.
 */
export const keepHistory = ({
  bridge,
  emit,
  isAttached,
  store,
  stream,
  window,
}: HistoryOptions): Effect.Effect<() => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const problemOf = (use: Effect.Effect<void, HubHistoryProblem>) =>
      Effect.match(use, { onFailure: Option.some, onSuccess: Option.none<HubHistoryProblem> })
    const addStored = (bytes: Uint8Array, at: number) => bridge.restore(bytes, (run) => window.add(run, at))
    let found = yield* problemOf(Effect.zipRight(store.prepare, store.read(addStored)))
    bridge.endRestoring()
    let told: Option.Option<HubHistoryProblem> | undefined
    const tell = Effect.sync(() => {
      if (told !== undefined && areSame(told, found)) return
      told = found
      emit(
        Option.match(found, {
          onNone: () => ({ _tag: "HubHistoryOn", stream, frames: window.frames }),
          onSome: (problem) => ({ _tag: "HubHistoryOff", problem }),
        }),
      )
    })
    // A detached hub cannot use JetStream either, and has said so. It asks again when it is attached.
    const check = Effect.flatMap(problemOf(store.prepare), (now) => {
      if (!isAttached()) return Effect.void
      found = now
      return tell
    })
    const asked = yield* Queue.sliding<void>(1)
    const nextCheck = Effect.zipRight(
      Queue.take(asked),
      Effect.suspend(() => (isAttached() ? check : Effect.void)),
    )
    yield* Effect.forkScoped(Effect.zipRight(Effect.zipRight(Queue.take(asked), tell), Effect.forever(nextCheck)))
    yield* Effect.forkScoped(Effect.schedule(Queue.offer(asked, undefined), Schedule.spaced(checkInterval)))
    return () => void Queue.unsafeOffer(asked, undefined)
  })

const areSame = Option.getEquivalence<HubHistoryProblem>((one, other) => JSON.stringify(one) === JSON.stringify(other))
