import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ClientEvent, ConnectionClosedError, closeReasons, type Endpoint, limits } from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Connection } from "../../transport/index.ts"
import type { Client } from "../Client.ts"
import type { Session, SessionEnd, SessionOptions } from "../Session.ts"
import { Outbox } from "./Outbox.ts"

// Payloads on their way to the reader; beyond them the inbox of the connection bounds what is kept.
const readAhead = 16

/** Makes a session over what makes connections again. */
export const makeSession = (
  run: Client["Type"]["run"],
  bus: EventBus<ClientEvent>,
  endpoint: Endpoint,
  options: SessionOptions,
): Effect.Effect<Session, never, Scope.Scope> =>
  Effect.gen(function* () {
    let dropped = 0
    let isConnected = false
    let isClosing = false
    const outbox = new Outbox<SessionEnd>(
      options.outboxBytes ?? limits.sessionOutboxBytes,
      options.whenFull ?? "wait",
      (missed) => {
        dropped += missed
        bus.emit((stamp) => ({ ...stamp, _tag: "FramesDropped", missed, total: dropped }))
      },
    )
    const inbound = yield* Mailbox.make<Uint8Array, SessionEnd>(readAhead)

    const converse = (connection: Connection): Effect.Effect<void, ConnectionClosedError, Scope.Scope> =>
      Effect.gen(function* () {
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            isConnected = true
          }),
          () =>
            Effect.sync(() => {
              isConnected = false
            }),
        )
        const receiving = yield* Effect.forkScoped(
          Stream.runForEach(connection.frames, (payload) => inbound.offer(payload)),
        )
        const sending = Effect.zipRight(
          outbox.sendAll(connection.send, () => isClosing),
          connection.close,
        )
        // A server that ends its side is lost, unless that is what this side has asked for.
        const lost = Effect.zipRight(
          Fiber.join(receiving),
          Effect.suspend(() =>
            isClosing ? Effect.never : Effect.fail(new ConnectionClosedError({ reason: closeReasons.peerClosed })),
          ),
        )
        yield* Effect.raceFirst(sending, lost)
      })

    const running = yield* Effect.forkScoped(
      Effect.onExit(run(endpoint, converse, options.reconnect), (exit) => {
        const end = endOf(exit)
        outbox.fail(Effect.fail(end ?? new ConnectionClosedError({ reason: closeReasons.localClosed })))
        return inbound.done(end === undefined ? Exit.void : Exit.fail(end))
      }),
    )

    return {
      send: (payload) => outbox.offer(payload),
      frames: Mailbox.toStream(inbound),
      state: Effect.sync(() => ({ isConnected, pendingBytes: outbox.bytes, pendingFrames: outbox.length })),
      close: Effect.suspend(() => {
        isClosing = true
        outbox.wake()
        return Effect.asVoid(Fiber.await(running))
      }),
    }
  })

/** The last loss; none where this side has ended it. */
const endOf = (exit: Exit.Exit<void, SessionEnd>): SessionEnd | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
