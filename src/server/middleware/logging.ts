import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import { formatEndpoint } from "../../domain/index.ts"
import type { HandledConnection, HandlerFor } from "./HandlerFor.ts"
import { outcomeOf } from "./HandlerOutcome.ts"
import { keepProtocol } from "./keepProtocol.ts"

/** Options of {@link logging}. */
export interface LoggingOptions {
  /** The level of the lines at the start and the end of a handler. Default `LogLevel.Info`. */
  readonly level?: LogLevel.LogLevel
}

/**
 * Middleware that annotates every log line of the handler with `connection` (the id) and `remote`, and logs the start and
 * the end of the handler. The line of the end has the annotations `outcome` and `millis`. It has no cause, because the
 * server logs the cause of a failure (`onHandlerFailure`).
 *
 * @example
 * import { Effect, LogLevel, pipe } from "effect"
 * import { Middleware, Server, type ServerConnection } from "tcpfx/server"
 *
 * const greet = (connection: ServerConnection) =>
 *   Effect.zipRight(Effect.logInfo("greets"), connection.send(new TextEncoder().encode("hello")))
 * const server = Server.make({ handler: pipe(greet, Middleware.logging({ level: LogLevel.Debug })) })
 * assert.ok(Effect.isEffect(server))
 */
export const logging =
  ({ level = LogLevel.Info }: LoggingOptions = {}) =>
  <C extends HandledConnection, E, R>(handler: HandlerFor<C, E, R>): HandlerFor<C, E, R> =>
    keepProtocol(handler, (connection) =>
      Effect.flatMap(Clock.currentTimeMillis, (started) =>
        Effect.zipRight(
          Effect.logWithLevel(level, "the handler starts"),
          Effect.onExit(
            Effect.suspend(() => handler(connection)),
            (exit) =>
              Effect.flatMap(Clock.currentTimeMillis, (ended) =>
                Effect.annotateLogs(Effect.logWithLevel(level, "the handler has ended"), {
                  outcome: outcomeOf(exit),
                  millis: ended - started,
                }),
              ),
          ),
        ),
      ).pipe(Effect.annotateLogs({ connection: connection.id, remote: formatEndpoint(connection.remote) })),
    )
