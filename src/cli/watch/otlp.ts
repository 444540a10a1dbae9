import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberRefs from "effect/FiberRefs"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as List from "effect/List"
import type * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import { errorCode } from "../../domain/errorCode.ts"
import type { MessageLevel } from "../process/MessageLog.ts"
import { type OtlpSignal, otlpSignals } from "./otlpSignals.ts"
import { RateBound } from "./RateBound.ts"

/** Options of {@link openTelemetry}. */
export interface OtlpOptions {
  /** The address of the collector, such as `http://127.0.0.1:4318`. */
  readonly url: string
  readonly version: string
  readonly intervalMillis: number
  readonly signals: ReadonlyArray<OtlpSignal>
  /** Called after each request. The problem is `undefined` if the collector has taken the data. */
  readonly onSent: (signal: OtlpSignal, problem: string | undefined) => void
}

type Attributes = Readonly<Record<string, string | number>>

/** A span that has ended. Times are milliseconds since the epoch. */
export interface EndedSpan {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly start: number
  readonly end: number
  readonly attributes: Attributes
  /** Why the operation failed. `undefined` if it did not. */
  readonly error: string | undefined
}

/** A message for the log of the collector. The time is in milliseconds since the epoch. */
export interface LogRecord {
  readonly at: number
  readonly level: MessageLevel
  readonly message: string
  readonly attributes: Attributes
}

/** A connection to a collector. */
export interface Telemetry {
  /** Sends a span later. `undefined` if the signals do not include traces. */
  readonly span: ((span: EndedSpan) => void) | undefined
  /** Sends a message later. `undefined` if the signals do not include logs. */
  readonly log: ((record: LogRecord) => void) | undefined
  /** Sends what is left. */
  readonly stop: () => Promise<void>
}

// The collector gets the last values at the end, if it answers within this time.
const lastExport = Duration.seconds(2)
// A collector that does not answer must not keep batches in memory.
const requestTimeout = Duration.seconds(5)
const noAnswer = "it does not answer"
// The bound of spans and of messages. Beyond it they are dropped, so a flood of connections costs a bounded share of a core.
const perSecond = 1_000

/** The code of the system, such as ECONNREFUSED. `fetch` fails with an error whose cause has it. */
const causeOf = (error: { readonly message: string; readonly cause?: unknown }): string => {
  let cause: unknown = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return errorCode(cause, error.message)
}

const levels: Readonly<Record<MessageLevel, LogLevel.LogLevel>> = {
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warn: LogLevel.Warning,
  error: LogLevel.Error,
}

const nanos = (millis: number): bigint => BigInt(Math.round(millis * 1e3)) * 1_000n

/** The cause of a failed span, with the message as its stack: the place in this program would tell the user nothing. */
const failureOf = (message: string): Cause.Cause<Error> => {
  const error = new Error(message)
  error.stack = message
  return Cause.fail(error)
}

const spanSink = (tracer: Tracer.Tracer): Telemetry["span"] => {
  const bound = new RateBound(perSecond)
  return ({ attributes, end, error, kind, name, start }) => {
    const dropped = bound.take(end)
    if (dropped === undefined) return
    const span = tracer.span(name, Option.none(), Context.empty(), [], nanos(start), kind)
    for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
    if (dropped > 0) span.attribute("tcpfx.dropped_spans", dropped)
    span.end(nanos(end), error === undefined ? Exit.void : Exit.failCause(failureOf(error)))
  }
}

const logSink = (logger: Logger.Logger<unknown, void>): Telemetry["log"] => {
  const bound = new RateBound(perSecond)
  return ({ at, attributes, level, message }) => {
    const dropped = bound.take(at)
    if (dropped === undefined) return
    const all = dropped > 0 ? { ...attributes, "tcpfx.dropped_logs": dropped } : attributes
    logger.log({
      fiberId: FiberId.none,
      logLevel: levels[level],
      message,
      cause: Cause.empty,
      context: FiberRefs.empty(),
      spans: List.empty(),
      annotations: HashMap.fromIterable(Object.entries(all)),
      date: new Date(at),
    })
  }
}

/**
 * Sends data of the process to a collector of OpenTelemetry, by OTLP over HTTP with JSON, until it is stopped. Node's
 * `fetch` sends it.
 *
 * The build makes a bundle of its own from this file, with its own copy of Effect. Copies of the same version share their
 * metrics, but not the types of their effects, so the interface has none.
 */
export const openTelemetry = async ({
  intervalMillis,
  onSent,
  signals,
  url,
  version,
}: OtlpOptions): Promise<Telemetry> => {
  const told = HttpClient.layerMergedContext(
    Effect.map(HttpClient.HttpClient, (client) =>
      HttpClient.transform(client, (response, request) => {
        const signal = otlpSignals.find((one) => request.url.endsWith(`/${one}`)) ?? "metrics"
        return response.pipe(
          Effect.timeoutFail({
            duration: requestTimeout,
            onTimeout: () => new RequestError({ request, reason: "Transport", description: noAnswer }),
          }),
          Effect.tap(({ status }) =>
            Effect.sync(() => onSent(signal, status < 300 ? undefined : `HTTP status ${status}`)),
          ),
          Effect.tapError((error) => Effect.sync(() => onSent(signal, causeOf(error)))),
          // The exporter interrupts the last request when its time is over.
          Effect.onInterrupt(() => Effect.sync(() => onSent(signal, noAnswer))),
        )
      }),
    ),
  ).pipe(Layer.provide(FetchHttpClient.layer))
  const base = `${url.replace(/\/$/, "")}/v1`
  const options = {
    resource: { serviceName: "tcpfx", serviceVersion: version },
    exportInterval: Duration.millis(intervalMillis),
    shutdownTimeout: lastExport,
  }
  const has = (signal: OtlpSignal) => signals.includes(signal)
  const sinks: { span?: Telemetry["span"]; log?: Telemetry["log"] } = {}
  const tracer = Effect.map(OtlpTracer.make({ ...options, url: `${base}/traces` }), (made) => {
    sinks.span = spanSink(made)
  })
  const logger = Effect.map(OtlpLogger.make({ ...options, url: `${base}/logs` }), (made) => {
    sinks.log = logSink(made)
  })
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(
      has("metrics") ? OtlpMetrics.layer({ ...options, url: `${base}/metrics` }) : Layer.empty,
      has("traces") ? Layer.scopedDiscard(tracer) : Layer.empty,
      has("logs") ? Layer.scopedDiscard(logger) : Layer.empty,
    ).pipe(Layer.provide([told, OtlpSerialization.layerJson])),
  )
  await runtime.runPromise(Effect.void)
  return { span: sinks.span, log: sinks.log, stop: () => runtime.dispose() }
}
