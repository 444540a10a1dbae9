import * as Either from "effect/Either"
import { EndpointSyntaxError, endpointDefaults, parseEndpoint, type TcpEndpoint } from "../../domain/index.ts"
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

/** The flags that let other programs watch a server. */
export const watchFlags = {
  metrics: value("metrics", "HOST:PORT", parseMetricsAddress, {
    help: "Serve metrics for Prometheus at http://HOST:PORT/metrics, with /healthz and /readyz. A port alone is on 127.0.0.1.",
  }),
}
