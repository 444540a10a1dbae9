import * as Either from "effect/Either"
import {
  EndpointSyntaxError,
  endpointDefaults,
  parseEndpoint,
  type TcpEndpoint,
  ValueSyntaxError,
} from "../../domain/index.ts"
import { value } from "./flag.ts"

/** Parses the address of the metrics: a host and port, or a port alone on 127.0.0.1. */
export const parseMetricsAddress = (input: string): Either.Either<TcpEndpoint, EndpointSyntaxError> =>
  Either.filterOrLeft(
    parseEndpoint(input, endpointDefaults.host),
    (endpoint): endpoint is TcpEndpoint => endpoint._tag === "Tcp",
    () =>
      new EndpointSyntaxError({
        input,
        problem: "the metrics are served by HTTP on a TCP port",
        expected: "HOST:PORT, or a port alone on 127.0.0.1",
      }),
  )

const parseCollector = (input: string): Either.Either<string, ValueSyntaxError> =>
  URL.canParse(input) && /^https?:$/.test(new URL(input).protocol)
    ? Either.right(input)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "the address of a collector",
          problem: "it is not a URL of HTTP",
          expected: "a URL such as http://127.0.0.1:4318",
        }),
      )

/** The flags that let other programs watch a server. */
export const watchFlags = {
  metrics: value("metrics", "HOST:PORT", parseMetricsAddress, {
    help: "Serve metrics for Prometheus at http://HOST:PORT/metrics, with /healthz and /readyz. A port without a host is on 127.0.0.1.",
  }),
  otlp: value("otlp", "URL", parseCollector, {
    help: "Send the metrics to this collector of OpenTelemetry (OTLP over HTTP), such as http://127.0.0.1:4318.",
  }),
}
