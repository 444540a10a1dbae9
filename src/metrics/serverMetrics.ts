import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ServerEvent, SettingsError } from "../domain/index.ts"
import type { ServerService } from "../server/index.ts"
import { acceptFailures, bytesIn, bytesOut, connections, refused, slowConsumers } from "./definitions.ts"
import { hub } from "./hubMetrics.ts"
import { connectionCounters } from "./internal/connectionCounters.ts"
import { Figure } from "./internal/Figure.ts"
import { FrameTotals } from "./internal/FrameTotals.ts"
import { adderBy, adderOf, type Labels, labelsOf } from "./internal/labels.ts"
import { checkOptions } from "./internal/options.ts"
import { sampling } from "./internal/sampling.ts"
import type { FrameMetricsOptions } from "./options.ts"

/** Options of {@link server}. */
export interface ServerMetricsOptions extends FrameMetricsOptions {
  /**
   * Whether the metrics of the server's hub are included ({@link hub}). Default `true`. Use `false` for a hub that
   * several servers share, so that it is not counted several times.
   */
  readonly hub?: boolean
}

/**
 * Updates the metrics of a server until the scope closes, with the label `side` = "server". Pass it as the option
 * `watch` of the server, so that the metrics also count the connections that end with the server.
 *
 * Counters count from the call on. The numbers of connections, refusals and closes are exact at every moment. Bytes,
 * frames and the state of the hub are sampled at the interval `every`, by default 1 second, and at the end. A sample
 * reads two numbers of each connection. The metrics also get the labels of the fiber (`Effect.tagMetrics`). Fails with
 * `SettingsError` for an invalid option.
 *
 * @example
 * import { Effect, Metric } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Metrics } from "tcpfx/metrics"
 * import { Handler, Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const program = Effect.gen(function* () {
 *   const watch = Metrics.server({ tags: { server: "echo" } })
 *   const server = yield* Server.make({ handler: Handler.echo(), watch })
 *   const { endpoint } = yield* server.listen("127.0.0.1:0")
 *   const connection = yield* (yield* Client.make()).connect(endpoint)
 *   yield* connection.sendText("hello")
 *   yield* connection.receive
 *   const opened = Metrics.connectionsOpened.pipe(Metric.tagged("side", "server"), Metric.tagged("server", "echo"))
 *   return yield* Metric.value(opened)
 * })
 * const { count } = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.equal(count, 1)
 */
export const server =
  (options: ServerMetricsOptions = {}) =>
  (service: ServerService): Effect.Effect<void, SettingsError, Scope.Scope> =>
    Effect.gen(function* () {
      const { every, frames } = yield* checkOptions(options)
      const labels = yield* labelsOf({ side: "server", ...options.tags })
      if (options.hub !== false) yield* hub(options)(service.hub)
      const open = Figure.gauge(connections, labels)
      // The observer starts before the number of connections is read, so no connection is missed.
      yield* service.observe({ onEvent: eventCounter(labels, open) })
      const totals = frames ? new FrameTotals(labels) : undefined
      if (totals !== undefined) yield* countFrames(service, totals)
      const { counts, traffic } = service
      const start = yield* traffic
      const received = Figure.counter(bytesIn, labels, start.bytesIn)
      const sent = Figure.counter(bytesOut, labels, start.bytesOut)
      const sample = Effect.zipWith(counts, traffic, (now, bytes) => {
        open.set(now.opened - now.closed)
        received.set(bytes.bytesIn)
        sent.set(bytes.bytesOut)
        totals?.sample()
      })
      yield* sampling(sample, every, () => open.set(0))
    })

const eventCounter = (labels: Labels, open: Figure): ((event: ServerEvent) => void) => {
  const counters = connectionCounters(labels, open)
  const refusals = adderBy(refused, labels, "rule")
  const failures = adderBy(acceptFailures, labels, "code")
  const slow = adderOf(slowConsumers, labels)
  return (event) => {
    switch (event._tag) {
      case "ConnectionOpened":
        return counters.onOpened()
      case "ConnectionClosed":
        return counters.onClosed(event.reason)
      case "ConnectionRefused":
        return refusals(event.rule._tag)
      case "AcceptFailed":
        return failures(event.code)
      case "ConnectionStalled":
        return slow(1)
      default:
        return counters.onEvent(event)
    }
  }
}

const countFrames = (service: ServerService, totals: FrameTotals): Effect.Effect<void, never, Scope.Scope> => {
  const { framing } = service.hub
  return service.observe({
    onRun: (_, run) => {
      totals.received += framing.count(run)
    },
    onSent: (to) => {
      totals.sent += to.length
    },
  })
}
