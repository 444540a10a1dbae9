import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionClosedError, closeReasons, type Framing, formatMillis } from "../../domain/index.ts"
import type { Connection } from "../../transport/index.ts"
import { type CommandFailed, networkError } from "../exit.ts"
import { type OutputClosed, type OutputFailed, Stdio } from "../stdio.ts"
import type { Outgoing } from "./outgoing.ts"

// How long an input may pause before nothing more is expected of it, once the server has ended its side.
const inputPause = Duration.millis(500)

/** The rules of a conversation. */
export interface ConverseOptions {
  readonly outgoing: Outgoing
  /** Whether what comes goes to standard output as it is; otherwise the events show it. */
  readonly raw: boolean
  readonly once: boolean
  /** Whether the end of the input sends FIN. */
  readonly shutdown: boolean
  /** How long the server's end is waited for after that of the input. */
  readonly quit: Option.Option<Duration.Duration>
  /** Whether the server's end before that of the input is a loss, to be mended by a new connection. */
  readonly reconnect: boolean
  readonly frame: Framing.Framing
}

/**
 * Sends and receives until the server's FIN, or until the first reply with `once`. It ends well only when nothing was
 * cut off.
 */
export const converse =
  (options: ConverseOptions) =>
  (
    connection: Connection,
  ): Effect.Effect<void, ConnectionClosedError | CommandFailed | OutputClosed | OutputFailed, Stdio | Scope.Scope> =>
    Effect.gen(function* () {
      const receiving = yield* Effect.forkScoped(receive(connection, options))
      const sending = yield* Effect.forkScoped(
        Effect.zipRight(
          options.outgoing.sendAll(connection),
          options.shutdown && !options.once ? connection.halfClose : Effect.void,
        ),
      )
      const replies = yield* Effect.raceFirst(Fiber.join(receiving), cutOff(sending, options))
      if (options.once && replies === 0) return yield* networkError("the server closed the connection without a reply")
      if (options.once) return
      yield* finishInput(sending, options)
    })

const receive = (connection: Connection, options: ConverseOptions) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    let replies = 0
    const take = (payload: Uint8Array) => {
      replies++
      return options.raw ? stdio.write(options.frame.encode(payload)) : Effect.void
    }
    if (options.once) yield* Stream.runForEach(Stream.take(connection.frames, 1), take)
    else yield* connection.runForEachLent(take)
    return replies
  })

// Fails when the input has ended and the time for the server's end has passed, or when the input cannot be read. A
// connection that breaks while something is sent is told by the receiving side, after everything that had arrived.
const cutOff = (
  sending: Fiber.Fiber<void, ConnectionClosedError | CommandFailed>,
  options: ConverseOptions,
): Effect.Effect<never, CommandFailed> =>
  Fiber.join(sending).pipe(
    Effect.catchTag("ConnectionClosedError", () => Effect.never),
    Effect.zipRight(Option.match(options.quit, { onNone: () => Effect.never, onSome: Effect.sleep })),
    Effect.zipRight(
      Effect.suspend(() => {
        const time = formatMillis(Option.match(options.quit, { onNone: () => 0, onSome: Duration.toMillis }))
        return networkError(
          `the server did not close within ${time} after the end of the input (-q); what it still sends is cut off`,
        )
      }),
    ),
  )

// The server sends no more. It may still want the input, which is sent as long as it keeps coming: one that pauses may
// never end.
const finishInput = (sending: Fiber.Fiber<void, ConnectionClosedError | CommandFailed>, options: ConverseOptions) =>
  Effect.gen(function* () {
    const { outgoing } = options
    if (options.reconnect && !outgoing.isDone()) {
      return yield* new ConnectionClosedError({ reason: closeReasons.peerClosed })
    }
    yield* Effect.raceFirst(Fiber.join(sending), outgoing.idle(inputPause)).pipe(
      Effect.catchTag("ConnectionClosedError", () =>
        Effect.fail(networkError("the server closed the connection before all of the input was sent")),
      ),
    )
  })
