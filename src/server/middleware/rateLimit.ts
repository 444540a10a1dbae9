import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type MessageSource, messageSource } from "../../connection/index.ts"
import { formatMillis } from "../../domain/index.ts"
import * as check from "../../domain/settings.ts"
import type { ServerConnection } from "../Handler.ts"
import { PeerRefusedError } from "../PeerRefusedError.ts"
import type { HandledConnection, HandlerFor } from "./HandlerFor.ts"
import { keepProtocol } from "./keepProtocol.ts"
import { MessageBucket } from "./MessageBucket.ts"

/** Options of {@link rateLimit}. */
export interface RateLimitOptions {
  /** The number of messages that one peer may send in each `per`, at least 1. They may arrive at once. */
  readonly messages: number
  /** The period of the limit. Default 1 s. */
  readonly per?: Duration.DurationInput
  /**
   * What happens to a peer that sends faster. "wait": the handler receives the next message when the rate allows it, so
   * the inbox fills and the TCP window closes. "refuse": the handler is interrupted, and the connection ends with
   * `PeerRefusedError`. Default "wait".
   */
  readonly whenExceeded?: "wait" | "refuse"
}

/**
 * Middleware that limits how many messages per second the handler receives from each peer: payloads and the messages of
 * a protocol. The setting `maxRate` limits the bytes per second. Throws `SettingsError` when an option is invalid.
 *
 * @example
 * import { Effect, pipe } from "effect"
 * import { Middleware, Server, type ServerConnection } from "tcpfx/server"
 *
 * const echo = (connection: ServerConnection) => connection.runForEach((bytes) => connection.send(bytes))
 * const limited = Middleware.rateLimit({ messages: 100, whenExceeded: "refuse" })
 * const server = Server.make({ handler: pipe(echo, limited) })
 * assert.ok(Effect.isEffect(server))
 * assert.throws(() => Middleware.rateLimit({ messages: 0 }), /the setting messages cannot be 0/)
 */
export const rateLimit = (options: RateLimitOptions) => {
  const { messages, per, whenExceeded } = check.checkOrThrow(
    {
      messages: options.messages,
      per: options.per ?? Duration.seconds(1),
      whenExceeded: options.whenExceeded ?? "wait",
    },
    { messages: atLeastOne, per: check.interval, whenExceeded: check.oneOfThese(["wait", "refuse"]) },
  )
  const perMillis = Duration.toMillis(per)
  const reason = `it sent more than ${messages} messages within ${formatMillis(perMillis)}`

  return <C extends HandledConnection, E, R>(handler: HandlerFor<C, E, R>): HandlerFor<C, E | PeerRefusedError, R> =>
    keepProtocol(handler, (connection) =>
      Effect.clockWith((clock) => {
        const bucket = new MessageBucket(messages, perMillis, clock)
        if (whenExceeded === "wait") {
          const ready: Effect.Effect<void> = Effect.suspend(() => {
            const millis = bucket.missingMillis()
            return millis === 0 ? Effect.void : Effect.zipRight(Effect.sleep(millis), ready)
          })
          return handler(
            limited(
              connection,
              ready,
              Effect.sync(() => bucket.take()),
            ),
          )
        }
        return Effect.flatMap(Deferred.make<never, PeerRefusedError>(), (refused) => {
          const refuse = Effect.zipRight(Deferred.fail(refused, new PeerRefusedError({ reason })), Effect.never)
          const taken = Effect.suspend(() => (bucket.take() ? Effect.void : refuse))
          return Effect.raceFirst(handler(limited(connection, Effect.void, taken)), Deferred.await(refused))
        })
      }),
    )
}

const atLeastOne: check.SettingCheck = {
  expected: "a number, at least 1",
  accepts: (value) => typeof value === "number" && value >= 1 && Number.isFinite(value),
}

/** The parts of a connection with payloads that receive. */
type Receiving = Pick<ServerConnection, "receive" | "readable" | "frames" | "runForEach" | "runForEachLent">

const hasPayloads = (connection: HandledConnection): connection is HandledConnection & Receiving =>
  "frames" in connection

/**
 * A connection that runs `ready` before each payload, and `taken` after it. `receive` waits before it takes a payload,
 * so its interruption during the wait loses nothing. A connection with messages reads from its `messageSource`.
 */
const limited = <C extends HandledConnection>(
  connection: C,
  ready: Effect.Effect<void>,
  taken: Effect.Effect<unknown>,
): C => {
  const messages: Pick<HandledConnection, typeof messageSource> = {
    get [messageSource]() {
      return limitedSource(connection[messageSource], ready, taken)
    },
  }
  const properties = hasPayloads(connection) ? [messages, limitedPayloads(connection, ready, taken)] : [messages]
  return Object.create(connection, Object.assign({}, ...properties.map(Object.getOwnPropertyDescriptors)))
}

const limitedSource = (
  source: MessageSource,
  ready: Effect.Effect<void>,
  taken: Effect.Effect<unknown>,
): MessageSource => {
  const received = Effect.tap(source.next, (payload) => (payload === undefined ? Effect.void : taken))
  const next = Effect.zipRight(ready, received)
  const some = Effect.map(next, (payload) => payload && { payloads: [payload], first: source.taken() })
  const nextUnhandled: MessageSource["nextUnhandled"] = (handle) => {
    const unhandled: ReturnType<MessageSource["nextUnhandled"]> = Effect.flatMap(next, (payload) =>
      payload === undefined || !handle(payload) ? Effect.succeed(payload) : unhandled,
    )
    return unhandled
  }
  return { ...source, next, nextUnhandled, some }
}

const limitedPayloads = (
  connection: Receiving,
  ready: Effect.Effect<void>,
  taken: Effect.Effect<unknown>,
): Receiving => {
  const admitted = Effect.zipRight(ready, taken)
  return {
    get readable() {
      return Effect.zipRight(ready, connection.readable)
    },
    get receive() {
      const received = Effect.tap(connection.receive, (payload) => (Option.isSome(payload) ? taken : Effect.void))
      return Effect.zipRight(ready, received)
    },
    get frames() {
      return Stream.mapEffect(connection.frames, (payload) => Effect.as(admitted, payload))
    },
    runForEach: (f) => connection.runForEach((payload) => Effect.zipRight(admitted, f(payload))),
    runForEachLent: (f) =>
      connection.runForEachLent((payload, recycle) => Effect.zipRight(admitted, f(payload, recycle))),
  }
}
