import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Connection } from "tcpfx/connection"
import { ConnectionClosedError as Closed, type ConnectionClosedError, closeReasons } from "tcpfx/domain"

/**
 * Sends requests in order without `Requests`, as a program would do by hand. Each request has a `Deferred` and a
 * timeout. A lock makes the order of the slots equal to the order of the sends.
 */
export const byHand = (connection: Connection, timeout: Duration.DurationInput) =>
  Effect.gen(function* () {
    const waiting: Array<Deferred.Deferred<Uint8Array, ConnectionClosedError>> = []
    const failAll = (error: ConnectionClosedError) =>
      Effect.suspend(() => Effect.forEach(waiting.splice(0), (reply) => Deferred.fail(reply, error), { discard: true }))
    yield* connection
      .runForEach((payload) =>
        Effect.suspend(() => {
          const next = waiting.shift()
          return next === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(next, payload))
        }),
      )
      .pipe(
        Effect.zipRight(Effect.fail(new Closed({ reason: closeReasons.peerClosed }))),
        Effect.catchAll(failAll),
        Effect.forkScoped,
      )
    const lock = yield* Effect.makeSemaphore(1)
    return (message: Uint8Array) =>
      Effect.gen(function* () {
        const reply = yield* Deferred.make<Uint8Array, ConnectionClosedError>()
        yield* Effect.suspend(() => {
          waiting.push(reply)
          return connection.sendNow(message)
        }).pipe(lock.withPermits(1), Effect.uninterruptible)
        yield* connection.drained
        return yield* Deferred.await(reply)
      }).pipe(Effect.timeoutFail({ duration: timeout, onTimeout: () => "timeout" as const }))
  })
