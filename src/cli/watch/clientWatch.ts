import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ClientService } from "../../client/index.ts"
import { Framing } from "../../domain/index.ts"
import { Metrics } from "../../metrics/index.ts"
import { signalsOf, type WatchOptions } from "../flags/watchFlags.ts"
import type { CommandFailed } from "../process/exit.ts"
import { Stdio } from "../process/stdio.ts"
import { clientTelemetry } from "./eventTelemetry.ts"
import { sendTelemetry } from "./sendTelemetry.ts"
import { serveMetrics } from "./serveMetrics.ts"

/**
 * Lets other programs watch a client until the scope closes: by HTTP, and with a collector of OpenTelemetry. The scope
 * must outlive the client, so that the ends of its connections are counted. Returns the lines for the user.
 */
export const watchClient = (
  options: WatchOptions,
  client: ClientService,
  frame: Framing.Framing,
): Effect.Effect<ReadonlyArray<string>, CommandFailed, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const { metrics, otlp } = options
    const signals = signalsOf(options)
    if (Option.isSome(otlp)) {
      const telemetry = yield* sendTelemetry(otlp.value, signals)
      if (telemetry.span !== undefined || telemetry.log !== undefined) {
        yield* client.observe({ onEvent: clientTelemetry(telemetry, (yield* Stdio).log) })
      }
    }
    if (Option.isSome(metrics) || signals.includes("metrics")) {
      yield* Effect.orDie(Metrics.client({ frames: frame !== Framing.raw })(client))
    }
    if (Option.isNone(metrics)) return []
    return yield* serveMetrics(metrics.value, {
      pairs: Effect.succeed([]),
      readiness: { "/readyz": Effect.map(client.connections, (open) => (open > 0 ? undefined : "not connected")) },
    })
  })
