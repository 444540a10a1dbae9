import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Stdio } from "../process/stdio.ts"
import { version } from "../version.ts"
import type { Telemetry } from "./otlp.ts"
import type { OtlpSignal } from "./otlpSignals.ts"

const intervalMillis = 10_000

/**
 * Sends data of the process to a collector of OpenTelemetry every 10 s until the scope closes, and once more then. The
 * signal `logs` includes the messages of the command about itself. Tells the user when the collector begins to fail, when
 * it works again, and what it has not taken at the end.
 */
export const sendTelemetry = (
  url: string,
  signals: ReadonlyArray<OtlpSignal>,
): Effect.Effect<Telemetry, never, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    // A bundle of its own: no other command line needs an HTTP client.
    const { openTelemetry } = yield* Effect.promise(() => import("./otlp.ts"))
    const failing = new Set<OtlpSignal>()
    let isEnding = false
    const unsent = new Map<OtlpSignal, string>()
    const onSent = (signal: OtlpSignal, problem: string | undefined) => {
      if (isEnding) {
        if (problem === undefined) unsent.delete(signal)
        else unsent.set(signal, problem)
        return
      }
      const hasFailed = failing.has(signal)
      if (problem === undefined) {
        failing.delete(signal)
        if (hasFailed) stdio.tell("info", `--otlp: the collector at ${url} takes ${signal} again`)
        return
      }
      failing.add(signal)
      if (!hasFailed) {
        stdio.tell("warn", `--otlp: the collector at ${url} does not take ${signal} (${problem}); tcpfx tries again`)
      }
    }
    const telemetry = yield* Effect.acquireRelease(
      Effect.promise(() => openTelemetry({ url, version, signals, intervalMillis, onSent })),
      ({ stop }) =>
        Effect.promise(() => {
          isEnding = true
          return stop()
        }).pipe(
          Effect.andThen(() => {
            for (const [signal, problem] of unsent) {
              stdio.tell("warn", `--otlp: the collector at ${url} has not taken the last ${signal} (${problem})`)
            }
          }),
        ),
    )
    const { log } = telemetry
    if (log !== undefined) {
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          stdio.log.onMessage = (level, message) => log({ at: Date.now(), level, message, attributes: {} })
        }),
        () =>
          Effect.sync(() => {
            stdio.log.onMessage = undefined
          }),
      )
    }
    return telemetry
  })
