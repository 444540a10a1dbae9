import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { HandledConnection, HandlerFor } from "./HandlerFor.ts"
import { outcomeOf } from "./HandlerOutcome.ts"
import { keepProtocol } from "./keepProtocol.ts"

/** The number of handlers that are running: `tcpfx_handlers`. */
export const running = Metric.gauge("tcpfx_handlers", { description: "Handlers that are running" })

/** The number of handlers that have ended: `tcpfx_handlers_ended_total`, with the tag `outcome` (`HandlerOutcome`). */
export const ended = Metric.counter("tcpfx_handlers_ended_total", {
  description: "Handlers that have ended",
  incremental: true,
})

/** Options of {@link metrics}. */
export interface MetricsOptions {
  /** Further tags, such as the name of the server. Default none. */
  readonly tags?: Readonly<Record<string, string>>
}

/**
 * Middleware that counts handlers in Effect's metrics: `tcpfx_handlers` is the number of running handlers, and
 * `tcpfx_handlers_ended_total` the number of ended ones by `outcome`.
 *
 * @example
 * import { Effect, pipe } from "effect"
 * import { Middleware, Server, type ServerConnection } from "tcpfx/server"
 *
 * const echo = (connection: ServerConnection) => connection.runForEach((bytes) => connection.send(bytes))
 * const server = Server.make({ handler: pipe(echo, Middleware.metrics({ tags: { server: "echo" } })) })
 * assert.ok(Effect.isEffect(server))
 */
export const metrics = ({ tags = {} }: MetricsOptions = {}) => {
  const own = Object.entries(tags)
  const handlers = own.reduce((metric, [key, value]) => Metric.tagged(metric, key, value), running)
  const ends = own.reduce((metric, [key, value]) => Metric.tagged(metric, key, value), ended)
  return <C extends HandledConnection, E, R>(handler: HandlerFor<C, E, R>): HandlerFor<C, E, R> =>
    keepProtocol(handler, (connection) =>
      Effect.acquireUseRelease(
        Metric.increment(handlers),
        () => handler(connection),
        (_, exit) =>
          Effect.zipRight(
            Metric.incrementBy(handlers, -1),
            Metric.increment(Metric.tagged(ends, "outcome", outcomeOf(exit))),
          ),
      ),
    )
}
