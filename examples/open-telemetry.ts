import * as Otlp from "@effect/opentelemetry/Otlp"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Framing } from "tcpfx/domain"
import { Metrics } from "tcpfx/metrics"
import { Middleware, Server, ServerConfig, type ServerConnection } from "tcpfx/server"

/** Sends the spans and metrics of a program to a collector, such as `http://127.0.0.1:4318`, by OTLP over HTTP. */
export const Telemetry = (collector: string) =>
  Otlp.layerJson({
    baseUrl: collector,
    resource: { serviceName: "echo", serviceVersion: "1.0.0", attributes: { "deployment.environment": "test" } },
    tracerExportInterval: "5 seconds",
    metricsExportInterval: "10 seconds",
  }).pipe(Layer.provide(FetchHttpClient.layer))

/** Sends lines back. Each line is a span, below the span of its connection. */
const echo = (connection: ServerConnection) =>
  connection.runForEach((line) =>
    Effect.withSpan(connection.send(line), "echo", { attributes: { bytes: line.length } }),
  )

/** A server with spans and metrics. Without {@link Telemetry} it has no spans, and nobody reads its metrics. */
export const EchoServer = Server.layer({
  handler: Middleware.tracing()(echo),
  watch: Metrics.server({ tags: { server: "echo" } }),
}).pipe(Layer.provide(ServerConfig.layer({ listen: "127.0.0.1:0", frame: Framing.line })))

/** The server with telemetry. The end of the layer sends what has not been sent. */
export const TracedServer = (collector: string) => EchoServer.pipe(Layer.provide(Telemetry(collector)))
