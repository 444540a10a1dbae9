import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { HubHistoryProblem, HubNotice } from "../../../domain/index.ts"
import type { HistoryWindow } from "../../index.ts"
import { decodeEnvelope } from "./envelope.ts"
import type { Gaps } from "./Gaps.ts"
import type { HistoryStore, StoredMessage } from "./HistoryStore.ts"
import type { HubBridge } from "./HubBridge.ts"
import { makeRefill } from "./refill.ts"

// How often a node checks that its stream still exists. A server of a cluster can end without the node noticing it.
const checkInterval = "30 seconds"

/** Options of {@link keepHistory}. */
export interface HistoryOptions {
  readonly store: HistoryStore
  /** The name of the stream. */
  readonly stream: string
  readonly window: HistoryWindow
  /** The gaps that the bridge notes. */
  readonly gaps: Gaps
  readonly bridge: HubBridge
  readonly isAttached: () => boolean
  readonly emit: (notice: HubNotice) => void
}

/**
 * Fills the history of a node from the messages that NATS stores, before the node has members. Afterwards the history
 * takes the frames from the hub, so a client that joins costs NATS nothing. Returns a function that the caller calls
 * whenever the hub is attached. It reports whether NATS stores the frames, and then whenever this changes. It also fills the
 * gaps of the history: after each time that the node was detached, and when NATS begins to store the frames.
 */
export const keepHistory = ({
  bridge,
  emit,
  gaps,
  isAttached,
  store,
  stream,
  window,
}: HistoryOptions): Effect.Effect<() => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const problemOf = (use: Effect.Effect<void, HubHistoryProblem>) =>
      Effect.match(use, { onFailure: Option.some, onSuccess: Option.none<HubHistoryProblem> })
    const addStored = ({ at, bytes }: StoredMessage) => {
      const envelope = decodeEnvelope(bytes)
      if (envelope !== undefined) bridge.restore(envelope, (run) => window.add(run, at))
    }
    // The number of a stored message. The node knows all nodes with frames up to this message.
    let after = 0
    const prepareAnd = (read: Effect.Effect<void, HubHistoryProblem>) =>
      problemOf(
        Effect.gen(function* () {
          const last = yield* store.prepare
          yield* read
          after = last
        }),
      )
    let found = yield* prepareAnd(store.read(addStored))
    // The frames that were not read are missing here.
    if (Option.isSome(found)) gaps.open()
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
    const fill = Effect.suspend(() => {
      if (gaps.isEmpty) return Effect.void
      const refill = makeRefill({ groups: gaps.takeAll(), bridge, window, after })
      return Effect.ensuring(store.read(refill.take), Effect.sync(refill.insert))
    })
    // A detached hub cannot use JetStream either, and has said so. It asks again when it is attached.
    const check = Effect.flatMap(prepareAnd(fill), (now) => {
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
    return () => {
      if (told !== undefined) gaps.open()
      Queue.unsafeOffer(asked, undefined)
    }
  })

const areSame = Option.getEquivalence<HubHistoryProblem>((one, other) => JSON.stringify(one) === JSON.stringify(other))
