import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Client, type ClientService } from "../client/index.ts"
import type { ClientEvent, SettingsError } from "../domain/index.ts"
import { bytesIn, bytesOut, connectFailures, connections, reconnects } from "./definitions.ts"
import { connectionCounters } from "./internal/connectionCounters.ts"
import { Figure } from "./internal/Figure.ts"
import { FrameTotals } from "./internal/FrameTotals.ts"
import { adderBy, adderOf, type Labels, labelsOf } from "./internal/labels.ts"
import { checkOptions } from "./internal/options.ts"
import { sampling } from "./internal/sampling.ts"
import type { FrameMetricsOptions } from "./options.ts"

/**
 * Updates the metrics of a client until the scope closes, with the label `side` = "client". Call it directly after
 * `Client.make`. Then the metrics end after the connections of the same scope, and count their ends. {@link server}
 * says which metrics are exact and which are sampled. Fails with `SettingsError` for an invalid option.
 *
 * @example
 * import { Effect, Metric } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Metrics } from "tcpfx/metrics"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* Effect.tap(Client.make(), Metrics.client({ tags: { client: "probe" } }))
 *   yield* Effect.exit(client.connect("127.0.0.1:9"))
 *   const failures = Metrics.connectFailures.pipe(Metric.tagged("side", "client"), Metric.tagged("client", "probe"))
 *   return yield* Metric.value(failures.pipe(Metric.tagged("reason", "Refused")))
 * })
 * const { count } = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.equal(count, 1)
 */
export const client =
  (options: FrameMetricsOptions = {}) =>
  (service: ClientService): Effect.Effect<void, SettingsError, Scope.Scope> =>
    Effect.gen(function* () {
      const { every, frames } = yield* checkOptions(options)
      const labels = yield* labelsOf({ side: "client", ...options.tags })
      const open = Figure.gauge(connections, labels)
      // The observer starts before the number of connections is read, so no connection is missed.
      yield* service.observe({ onEvent: eventCounter(labels, open) })
      const totals = frames ? new FrameTotals(labels) : undefined
      if (totals !== undefined) yield* countFrames(service, totals)
      const start = yield* service.traffic
      const received = Figure.counter(bytesIn, labels, start.bytesIn)
      const sent = Figure.counter(bytesOut, labels, start.bytesOut)
      const sample = Effect.zipWith(service.connections, service.traffic, (now, bytes) => {
        open.set(now)
        received.set(bytes.bytesIn)
        sent.set(bytes.bytesOut)
        totals?.sample()
      })
      yield* sampling(sample, every, () => open.set(0))
    })

/**
 * A layer that runs {@link client} for the `Client` service.
 *
 * @example
 * import { Effect, Layer } from "effect"
 * import { Client, ClientConfig } from "tcpfx/client"
 * import { Metrics } from "tcpfx/metrics"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const layer = Metrics.layerClient({ tags: { client: "probe" } }).pipe(
 *   Layer.provideMerge(Client.layer),
 *   Layer.provide([ClientConfig.layer(), MemoryTransport.layer()]),
 * )
 * const open = Effect.flatMap(Client, ({ connections }) => connections)
 * assert.equal(await Effect.runPromise(Effect.provide(open, layer)), 0)
 */
export const layerClient = (options: FrameMetricsOptions = {}): Layer.Layer<never, SettingsError, Client> =>
  Layer.scopedDiscard(Effect.flatMap(Client, client(options)))

const eventCounter = (labels: Labels, open: Figure): ((event: ClientEvent) => void) => {
  const counters = connectionCounters(labels, open)
  const failures = adderBy(connectFailures, labels, "reason")
  const again = adderOf(reconnects, labels)
  return (event) => {
    switch (event._tag) {
      case "Connected":
        return counters.onOpened()
      case "Disconnected":
        return counters.onClosed(event.reason)
      case "ConnectFailed":
        return failures(event.reason)
      case "Reconnecting":
        return again(1)
      default:
        return counters.onEvent(event)
    }
  }
}

const countFrames = (service: ClientService, totals: FrameTotals): Effect.Effect<void, never, Scope.Scope> =>
  service.observe({
    onRun: (run, framing) => {
      totals.received += framing.count(run)
    },
    onSent: () => {
      totals.sent++
    },
  })
