import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { SettingsError } from "../domain/index.ts"
import type { HubService } from "../hub/index.ts"
import { hubFlushSeconds, hubLagging, hubRetainedBytes, hubSubscribers } from "./definitions.ts"
import { Figure } from "./internal/Figure.ts"
import { labelsOf } from "./internal/labels.ts"
import { checkOptions } from "./internal/options.ts"
import { sampling } from "./internal/sampling.ts"
import type { MetricsOptions } from "./options.ts"

/**
 * Updates the metrics of a hub until the scope closes: `tcpfx_hub_subscribers`, `tcpfx_hub_lagging_subscribers`,
 * `tcpfx_hub_retained_bytes` and `tcpfx_hub_flush_seconds`. {@link server} includes them for the hub of the server.
 * Fails with `SettingsError` for an invalid option.
 *
 * @example
 * import { Effect, Metric } from "effect"
 * import { Hub } from "tcpfx/hub"
 * import { Metrics } from "tcpfx/metrics"
 *
 * const program = Effect.gen(function* () {
 *   const hub = yield* Effect.tap(Hub.make(), Metrics.hub({ tags: { hub: "news" }, every: "5 seconds" }))
 *   yield* hub.publish(new TextEncoder().encode("hello"))
 *   return yield* Metric.value(Metrics.hubSubscribers.pipe(Metric.tagged("hub", "news")))
 * })
 * const { value } = await Effect.runPromise(Effect.scoped(program))
 * assert.equal(value, 0)
 */
export const hub =
  (options: MetricsOptions = {}) =>
  (service: HubService): Effect.Effect<void, SettingsError, Scope.Scope> =>
    Effect.gen(function* () {
      const { every } = yield* checkOptions(options)
      const labels = yield* labelsOf(options.tags ?? {})
      const subscribers = Figure.gauge(hubSubscribers, labels)
      const lagging = Figure.gauge(hubLagging, labels)
      const retained = Figure.gauge(hubRetainedBytes, labels)
      yield* service.observe({ onFlush: (millis) => hubFlushSeconds.unsafeUpdate(millis / 1000, labels) })
      const sample = Effect.map(service.stats, (stats) => {
        subscribers.set(stats.subscribers)
        lagging.set(stats.lagging)
        retained.set(stats.retainedBytes)
      })
      yield* sampling(sample, every, () => {
        for (const figure of [subscribers, lagging, retained]) figure.set(0)
      })
    })
