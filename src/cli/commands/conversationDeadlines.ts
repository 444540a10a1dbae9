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
  /**
   * The conditions that end the conversation although the connection stays. Undefined: only the end of the connection
   * ends the conversation.
   */
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
  { peer, quit, until }: ConversationDeadlines,
  state: UntilState | undefined,
  talk: Talk,
): Effect.Effect<never, CommandFailed> =>
  Effect.gen(function* () {
    yield* Effect.catchTag(Fiber.join(sending), "ConnectionClosedError", () => Effect.never)
    if (Option.isNone(quit)) return yield* Effect.never
    yield* Effect.sleep(quit.value)
    const time = `within ${formatMillis(Duration.toMillis(quit.value))} after the end of the input (-q)`
    if (until !== undefined && state !== undefined) return yield* networkError(notHeld(peer, until, state, talk, time))
    return yield* networkError(`the ${peer} did not close ${time}; the rest of its data is cut off`)
  })

/** Fails if no condition holds in time (`-w`), for example because the server sends other data without end. */
export const tooLate = (
  { peer, until, within }: ConversationDeadlines,
  state: UntilState | undefined,
  talk: Talk,
): Effect.Effect<never, CommandFailed> => {
  if (until === undefined || state === undefined || Option.isNone(within)) return Effect.never
  return Effect.flatMap(Effect.sleep(within.value), () => {
    const time = `within ${formatMillis(Duration.toMillis(within.value))} (-w)`
    return networkError(notHeld(peer, until, state, talk, time))
  })
}

const notHeld = (
  peer: ConversationDeadlines["peer"],
  until: Untils,
  state: UntilState,
  talk: Talk,
  time: string,
): string => {
  if (!until.isOnce) return `--until did not hold ${time}: ${state.missing()}`
  return talk.replies > 0 ? `the reply of the ${peer} did not end ${time}` : `the ${peer} sent no reply ${time}`
}
