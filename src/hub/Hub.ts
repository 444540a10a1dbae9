import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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
  type SlowConsumerPolicy,
  slowConsumerPolicies,
} from "../domain/index.ts"
import { pullStream } from "../runtime/pullStream.ts"
import { makeTiming } from "../runtime/Timing.ts"
import type { HubPort } from "./HubPort.ts"
import { HubCore } from "./internal/HubCore.ts"
import { StreamSink } from "./internal/StreamSink.ts"

/** Options of a hub. */
export interface HubOptions {
  /** The framing of the published runs. It must be the framing of the connections. Default `Framing.raw`. */
  readonly framing?: Framing.Framing
  /**
   * The longest payload that can be published, bytes. `Framing.raw` has no such limit. Default 1 MiB
   * (`limits.maxFrameBytes`).
   */
  readonly maxFrameBytes?: number
  /**
   * The maximum number of bytes queued for one subscriber, in the log and in its sink. Default 8 MiB
   * (`limits.hubBudgetBytes`).
   */
  readonly budgetBytes?: number
  /**
   * What happens when a subscriber exceeds its budget: it is disconnected, its oldest frames are dropped, or publishers
   * are blocked. Default `disconnect` (`limits.slowConsumer`).
   */
  readonly slowConsumer?: SlowConsumerPolicy
  /** How long publishers are blocked while no other subscriber reads anything. Default 5 s (`limits.paceLimit`). */
  readonly paceLimit?: Duration.Duration
}

/** Options of a subscription. */
export interface HubSubscribeOptions {
  /** The maximum number of bytes queued for the stream. Default: the hub's `budgetBytes`. */
  readonly budgetBytes?: number
  /**
   * What happens above the budget: the stream fails, its oldest frames are dropped, or publishers are blocked. Default: the
   * hub's `slowConsumer`.
   */
  readonly slowConsumer?: SlowConsumerPolicy
  /**
   * An effect that runs after `drop-oldest` has dropped frames, before the next frames are delivered. Its arguments are
   * the number of frames dropped since its last call, and the number in all. Default: nothing runs.
   */
  readonly onDropped?: (missed: number, total: number) => Effect.Effect<void>
}

/** Options of a subscription to values. */
export interface HubSubscribeAsOptions extends HubSubscribeOptions {
  /**
   * An effect that runs for each payload that the codec cannot decode. The stream then continues without the payload.
   * Default: the stream fails.
   */
  readonly onInvalid?: (error: CodecError) => Effect.Effect<void>
}

/** The state of a hub at one moment. */
export interface HubStats {
  readonly subscribers: number
  /** The number of subscribers that have not read everything published to them. */
  readonly lagging: number
  /** The number of bytes that the shared log keeps for these subscribers. */
  readonly retainedBytes: number
}

/** The operations of a hub. */
export interface HubService {
  /**
   * Publishes one payload to all subscribers, then waits while publishers are blocked. A subscriber above its budget
   * with the policy `block` blocks publishers, and so do readers that cannot keep up (`paceLimit`). Fails when the
   * framing cannot carry the payload as one frame.
   */
  readonly publish: (payload: Uint8Array) => Effect.Effect<void, InvalidPayloadError>
  /** Publishes a value through a codec. */
  readonly publishAs: <A, R>(
    codec: Codec.EffectCodec<A, R>,
    value: A,
  ) => Effect.Effect<void, CodecError | InvalidPayloadError, R>
  /**
   * Subscribes at once: the stream gets every frame published from now on. It ends with the scope or the hub. It
   * fails with `SlowConsumerError` when more than its budget is queued for it.
   */
  readonly subscribe: (
    options?: HubSubscribeOptions,
  ) => Effect.Effect<Stream.Stream<Frame, SlowConsumerError>, SettingsError, Scope.Scope>
  /** Like `subscribe`, with each payload decoded by a codec. */
  readonly subscribeAs: <A, R>(
    codec: Codec.EffectCodec<A, R>,
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<A, SlowConsumerError | CodecError, R>, SettingsError, Scope.Scope>
  readonly stats: Effect.Effect<HubStats>
  readonly framing: Framing.Framing
  /** The synchronous side of the hub, for connections. */
  readonly port: HubPort
}

/**
 * Delivers each published frame to every subscriber, at the subscriber's own pace. All subscribers share one log; each
 * has a cursor in it and a budget. Each subscriber gets each frame once. The frames of one publisher keep their order.
 * A publisher does not get its own frames.
 */
export class Hub extends Context.Tag("tcpfx/hub/Hub")<Hub, HubService>() {
  /**
   * A hub in memory. When the scope closes, the hub ends: streams get everything published so far and end, and
   * publishers are unblocked.
   */
  static readonly make = (options: HubOptions = {}): Effect.Effect<HubService, SettingsError, Scope.Scope> =>
    Effect.gen(function* () {
      yield* check.checkSettings(options, hubChecks)
      const timing = yield* makeTiming
      const framing = options.framing ?? Framing.raw
      const budgetBytes = options.budgetBytes ?? limits.hubBudgetBytes
      const makeCore = Effect.sync(
        () =>
          new HubCore({
            timing,
            countFrames: framing.count,
            budgetBytes,
            slowConsumer: options.slowConsumer ?? limits.slowConsumer,
            paceLimit: options.paceLimit ?? limits.paceLimit,
          }),
      )
      const core = yield* Effect.acquireRelease(makeCore, (made) => Effect.sync(() => made.close()))

      const publish = (payload: Uint8Array) =>
        Effect.suspend(() => {
          const wire = Framing.encodeFrame(framing, payload, options.maxFrameBytes ?? limits.maxFrameBytes)
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

      return Hub.of({
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
      })
    })

  /** {@link make} as a layer. */
  static readonly layer = (options: HubOptions = {}): Layer.Layer<Hub, SettingsError> =>
    Layer.scoped(Hub, Hub.make(options))
}

const budget = check.limitOf("bytes")
const policy = check.oneOfThese(slowConsumerPolicies)

const hubChecks: check.SettingChecks<HubOptions> = {
  framing: check.framing,
  budgetBytes: budget,
  maxFrameBytes: check.limitOf("bytes"),
  slowConsumer: policy,
  paceLimit: check.anyTime,
}

const subscribeChecks: check.SettingChecks<Pick<HubSubscribeOptions, "budgetBytes" | "slowConsumer">> = {
  budgetBytes: budget,
  slowConsumer: policy,
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
