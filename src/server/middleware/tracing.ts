import * as Effect from "effect/Effect"
import { formatEndpoint } from "../../domain/index.ts"
import { inSpan } from "../../runtime/spans.ts"
import type { HandledConnection, HandlerFor } from "./HandlerFor.ts"

/** Options of {@link tracing}. */
export interface TracingOptions {
  /** The name of the span. Default "Server.handler". */
  readonly name?: string
}

/**
 * Middleware that runs the handler of each connection in a span of the kind "server", with the attributes `connection` (the
 * id), `local` and `remote`. The span has no parent, because a handler outlives the program that made the server. A tracer
 * gets the span when the handler ends, so use it for short connections; for long ones, make spans in the handler. Without
 * a tracer in the program there is no span.
 *
 * @example
 * import { Effect, pipe } from "effect"
 * import { Middleware, Server, type ServerConnection } from "tcpfx/server"
 *
 * const answer = (connection: ServerConnection) =>
 *   Effect.withSpan(connection.send(new TextEncoder().encode("12:00")), "answer")
 * const server = Server.make({ handler: pipe(answer, Middleware.tracing({ name: "time" })) })
 * assert.ok(Effect.isEffect(server))
 */
export const tracing =
  ({ name = "Server.handler" }: TracingOptions = {}) =>
  <C extends HandledConnection, E, R>(handler: HandlerFor<C, E, R>): HandlerFor<C, E, R> =>
  (connection) =>
    inSpan({
      name,
      kind: "server",
      root: true,
      attributes: () => ({
        connection: connection.id,
        local: formatEndpoint(connection.local),
        remote: formatEndpoint(connection.remote),
      }),
    })(Effect.suspend(() => handler(connection)))
