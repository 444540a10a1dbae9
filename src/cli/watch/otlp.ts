import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { errorCode } from "../../domain/errorCode.ts"

/** Options of {@link sendMetrics}. */
export interface OtlpOptions {
  /** The address of the collector, such as `http://127.0.0.1:4318`. */
  readonly url: string
  readonly version: string
  readonly intervalMillis: number
  /** Called after each request. The problem is `undefined` if the collector has taken the metrics. */
  readonly onSent: (problem: string | undefined) => void
}

// The collector gets the last values at the end, if it answers within this time.
const lastExport = Duration.seconds(2)

/** The code of the system, such as ECONNREFUSED. `fetch` fails with an error whose cause has it. */
const causeOf = (error: { readonly message: string; readonly cause?: unknown }): string => {
  let cause: unknown = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return errorCode(cause, error.message)
}

/**
 * Sends all metrics of the process to a collector of OpenTelemetry, by OTLP over HTTP with JSON, until the returned
 * function is called. Node's `fetch` sends them.
 *
 * The build makes a bundle of its own from this file, with its own copy of Effect. Copies of the same version share their
 * metrics, but not the types of their effects, so the interface has none.
 */
export const sendMetrics = async ({
  intervalMillis,
  onSent,
  url,
  version,
}: OtlpOptions): Promise<() => Promise<void>> => {
  const told = HttpClient.layerMergedContext(
    Effect.map(HttpClient.HttpClient, (client) =>
      client.pipe(
        HttpClient.tap(({ status }) => Effect.sync(() => onSent(status < 300 ? undefined : `HTTP status ${status}`))),
        HttpClient.tapError((error) => Effect.sync(() => onSent(causeOf(error)))),
      ),
    ),
  ).pipe(Layer.provide(FetchHttpClient.layer))
  const runtime = ManagedRuntime.make(
    OtlpMetrics.layer({
      url: `${url.replace(/\/$/, "")}/v1/metrics`,
      resource: { serviceName: "tcpfx", serviceVersion: version },
      exportInterval: Duration.millis(intervalMillis),
      shutdownTimeout: lastExport,
    }).pipe(Layer.provide([told, OtlpSerialization.layerJson])),
  )
  await runtime.runPromise(Effect.void)
  return () => runtime.dispose()
}
