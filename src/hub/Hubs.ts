import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  type Codec,
  type CodecError,
  settings as check,
  type Frame,
  Framing,
  InvalidPayloadError,
  limits,
  type SettingsError,
  SlowConsumerError,
  slowConsumerPolicies,
} from "../domain/index.ts"
import { pullStream } from "../runtime/pullStream.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { HistoryWindow } from "./HistoryWindow.ts"
import { historyCheck, historyLimits } from "./HubHistory.ts"
import type { HubPort } from "./HubPort.ts"
import type {
  HubObserver,
  HubOptions,
  HubService,
  HubStats,
  HubSubscribeAsOptions,
  HubSubscribeOptions,
} from "./HubService.ts"
import { HubCore } from "./internal/HubCore.ts"
import { StreamSink } from "./internal/StreamSink.ts"
import type { SharedMembers } from "./SharedMembers.ts"

/** A hub without the operations for programs. */
export interface BareHub extends HubPort {
  readonly stats: () => HubStats
  /** Calls an observer until the scope closes. */
  readonly observe: (observer: HubObserver) => Effect.Effect<void, never, Scope.Scope>
  /** Ends the hub: streams get everything published so far and end, and publishers are unblocked. */
  readonly close: () => void
}

/**
 * Makes hubs with the same options and one clock. A program that needs thousands of hubs keeps a {@link BareHub} for each,
 * which takes less memory than a `HubService`.
 */
export interface Hubs {
  readonly framing: Framing.Framing
  /**
   * Makes a hub. The caller closes it. Its timers stop with the scope of {@link makeHubs}. If the hubs are shared, hubs of
   * several nodes with the same name are one hub. `history` is where the hub keeps its history.
   */
  readonly create: (name: string, history?: HistoryWindow) => BareHub
  /** Makes an empty history with the option `history`. `undefined` without this option. */
  readonly makeHistory: () => HistoryWindow | undefined
  /** Whether several nodes share the hubs. A hub without members here can then have members elsewhere. */
  readonly isShared: boolean
  /** The members of rooms on all nodes. `undefined` if the hubs are not shared. */
  readonly members?: SharedMembers | undefined
  /** Encodes a payload as one frame. Returns an error if the framing cannot carry it. */
  readonly encode: (payload: Uint8Array) => Uint8Array | InvalidPayloadError
  /** Makes the operations of a hub. */
  readonly serviceOf: (hub: BareHub) => HubService
}

/** Makes {@link Hubs}. Fails with the first invalid option. */
export const makeHubs = (options: HubOptions = {}): Effect.Effect<Hubs, SettingsError, Scope.Scope> =>
  Effect.gen(function* () {
    const settings = yield* check.checkSettings(options, hubChecks)
    const timing = yield* makeTiming
    const framing = settings.framing ?? Framing.raw
    const maxFrameBytes = settings.maxFrameBytes ?? limits.maxFrameBytes
    const budgetBytes = settings.budgetBytes ?? limits.hubBudgetBytes
    const history = settings.history === undefined ? undefined : historyLimits(settings.history)
    const hubOptions = {
      timing,
      countFrames: framing.count,
      budgetBytes,
      slowConsumer: settings.slowConsumer ?? limits.slowConsumer,
      paceLimit: settings.paceLimit ?? limits.paceLimit,
    }
    const encode = (payload: Uint8Array) => Framing.encodeFrame(framing, payload, maxFrameBytes)

    const serviceOf = (core: BareHub): HubService => {
      const publish = (payload: Uint8Array) =>
        Effect.suspend(() => {
          const wire = encode(payload)
          if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
          return core.publish(wire) ? Effect.void : core.unblocked
        })

      const subscribe = (subscribeOptions: HubSubscribeOptions = {}) =>
        Effect.acquireRelease(
          Effect.map(check.checkSettings(subscribeOptions, subscribeChecks), () => {
            const sink = new StreamSink(framing, subscribeOptions.budgetBytes ?? budgetBytes)
            const member = core.attach(sink, subscribeOptions)
            sink.member = member
            return sink
          }),
          (sink) =>
            Effect.sync(() => {
              sink.member?.detach()
              sink.onHubEnded()
            }),
        ).pipe(Effect.map((sink) => streamOf(sink, subscribeOptions.onDropped)))

      return {
        framing,
        port: core,
        publish,
        publishAs: (codec, value) => Effect.flatMap(codec.encode(value), publish),
        subscribe,
        subscribeAs: (codec, subscribeOptions) =>
          Effect.map(
            subscribe(subscribeOptions),
            Stream.mapChunksEffect((frames) => decodeAll(codec, frames, subscribeOptions?.onInvalid)),
          ),
        stats: Effect.sync(() => core.stats()),
        observe: (observer) => core.observe(observer),
      }
    }

    return {
      framing,
      isShared: false,
      create: (_name, window) => new HubCore(window === undefined ? hubOptions : { ...hubOptions, history: window }),
      makeHistory: () => (history === undefined ? undefined : new HistoryWindow(framing, history, timing.now)),
      encode,
      serviceOf,
    }
  })

const budget = check.limitOf("bytes")
const policy = check.oneOfThese(slowConsumerPolicies)

const hubChecks: check.SettingChecks<HubOptions> = {
  framing: check.framing,
  budgetBytes: budget,
  maxFrameBytes: check.limitOf("bytes"),
  slowConsumer: policy,
  paceLimit: check.anyTime,
  history: historyCheck,
}

const subscribeChecks: check.SettingChecks<Pick<HubSubscribeOptions, "budgetBytes" | "slowConsumer" | "history">> = {
  budgetBytes: budget,
  slowConsumer: policy,
  history: check.oneOfThese([true, false]),
}

const decodeAll = <A, R>(
  codec: Codec.EffectCodec<A, R>,
  frames: Chunk.Chunk<Frame>,
  onInvalid: HubSubscribeAsOptions["onInvalid"],
): Effect.Effect<Chunk.Chunk<A>, CodecError, R> =>
  Effect.map(
    Effect.forEach(frames, ({ bytes }) => {
      const decoded = Effect.asSome(codec.decode(bytes))
      return onInvalid === undefined
        ? decoded
        : Effect.catchAll(decoded, (error) => Effect.as(onInvalid(error), Option.none<A>()))
    }),
    (values) => Chunk.unsafeFromArray(Arr.getSomes(values)),
  )

const streamOf = (
  sink: StreamSink,
  onDropped: HubSubscribeOptions["onDropped"],
): Stream.Stream<Frame, SlowConsumerError> =>
  pullStream(
    Effect.flatMap(sink.take, (taken) => {
      if (taken._tag === "Overflowed") return Effect.fail(new SlowConsumerError(taken))
      if (taken._tag === "Failed") return Effect.die(taken.error)
      if (taken._tag === "Ended") return Effect.succeed(undefined)
      const frames = Chunk.unsafeFromArray(taken.frames)
      return taken.dropped === undefined || onDropped === undefined
        ? Effect.succeed(frames)
        : Effect.as(onDropped(taken.dropped.missed, taken.dropped.total), frames)
    }),
  )
