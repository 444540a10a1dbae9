import * as Effect from "effect/Effect"
import { Stdio } from "../process/stdio.ts"
import { version } from "../version.ts"

const intervalMillis = 10_000

/**
 * Sends the metrics of the process to a collector of OpenTelemetry every 10 s until the scope closes, and once more then.
 * Tells the user when the collector begins to fail, and when it works again.
 */
export const sendTelemetry = (url: string) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    // A bundle of its own: no other command line needs an HTTP client.
    const { sendMetrics } = yield* Effect.promise(() => import("./otlp.ts"))
    let failing = false
    const onSent = (problem: string | undefined) => {
      if (problem !== undefined && !failing) {
        stdio.tell("warn", `--otlp: the collector at ${url} does not take metrics (${problem}); tcpfx tries again`)
      }
      if (problem === undefined && failing) stdio.tell("info", `--otlp: the collector at ${url} takes metrics again`)
      failing = problem !== undefined
    }
    yield* Effect.acquireRelease(
      Effect.promise(() => sendMetrics({ url, version, intervalMillis, onSent })),
      (stop) => Effect.promise(stop),
    )
  })
