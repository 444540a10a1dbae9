import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { type ConnectionClosedError, formatMillis } from "../../domain/index.ts"
import { type CommandFailed, networkError } from "../process/exit.ts"
import type { Talk } from "../talk/Talk.ts"
import type { UntilState, Untils } from "../talk/Until.ts"

/** The conditions and deadlines of a conversation. */
export interface ConversationDeadlines {
  /** The side to which the peer belongs, for messages. */
  readonly peer: "server" | "client"
  /** The conditions that end the conversation although the connection stays. Undefined: only its end does. */
  readonly until: Untils | undefined
  /** The time after connecting within which a condition must hold. */
  readonly within: Option.Option<Duration.Duration>
  /** The time that the client waits for the server to close after the end of the input. */
  readonly quit: Option.Option<Duration.Duration>
}

/** The fiber that sends the input. */
export type Sending = Fiber.Fiber<void, ConnectionClosedError | CommandFailed>

/**
 * Fails if the server does not close in time after the end of the input (`-q`), or if the input cannot be read. If the
 * connection breaks during a send, the receiving fiber reports it after all data that had arrived.
 */
export const cutOff = (
  sending: Sending,
  options: ConversationDeadlines,
  state: UntilState | undefined,
): Effect.Effect<never, CommandFailed> =>
  Fiber.join(sending).pipe(
    Effect.catchTag("ConnectionClosedError", () => Effect.never),
    Effect.zipRight(Option.match(options.quit, { onNone: () => Effect.never, onSome: Effect.sleep })),
    Effect.zipRight(
      Effect.suspend(() => {
        const time = formatMillis(Option.match(options.quit, { onNone: () => 0, onSome: Duration.toMillis }))
        if (state !== undefined && options.until?.isOnce === false) {
          return networkError(`--until did not hold within ${time} after the end of the input (-q): ${state.missing()}`)
        }
        return networkError(
          `the ${options.peer} did not close within ${time} after the end of the input (-q); the rest of its data is cut off`,
        )
      }),
    ),
  )

/** Fails if no condition holds in time (`-w`), for example because the server sends other data without end. */
export const tooLate = (
  { peer, until, within }: ConversationDeadlines,
  state: UntilState | undefined,
  talk: Talk,
): Effect.Effect<never, CommandFailed> => {
  if (until === undefined || state === undefined || Option.isNone(within)) return Effect.never
  return Effect.flatMap(Effect.sleep(within.value), () => {
    const time = `within ${formatMillis(Duration.toMillis(within.value))} (-w)`
    if (!until.isOnce) return networkError(`--until did not hold ${time}: ${state.missing()}`)
    return networkError(
      talk.replies > 0 ? `the reply of the ${peer} did not end ${time}` : `the ${peer} sent no reply ${time}`,
    )
  })
}
