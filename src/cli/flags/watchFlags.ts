import * as Either from "effect/Either"
import {
  EndpointSyntaxError,
  endpointDefaults,
  parseEndpoint,
  type TcpEndpoint,
  ValueSyntaxError,
} from "../../domain/index.ts"
import { withoutUserInfo } from "../../domain/userInfo.ts"
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

/** Why a text is no address of a collector; `undefined` if it is one. */
const collectorProblem = (input: string): string | undefined => {
  if (!URL.canParse(input)) return "it is not a URL of HTTP"
  const { password, protocol, username } = new URL(input)
  if (protocol !== "http:" && protocol !== "https:") return "it is not a URL of HTTP"
  return username + password === "" ? undefined : "it has a user or a password, which the client of HTTP cannot send"
}

const parseCollector = (input: string): Either.Either<string, ValueSyntaxError> => {
  const problem = collectorProblem(input)
  if (problem === undefined) return Either.right(input)
  const kind = "the address of a collector"
  const expected = "a URL such as http://127.0.0.1:4318"
  return Either.left(new ValueSyntaxError({ input: withoutUserInfo(input), kind, problem, expected }))
}

/** The flags that let other programs watch a server. */
export const watchFlags = {
  metrics: value("metrics", "HOST:PORT", parseMetricsAddress, {
    help: "Serve metrics for Prometheus at http://HOST:PORT/metrics, with /healthz and /readyz. A port without a host is on 127.0.0.1.",
  }),
  otlp: value("otlp", "URL", parseCollector, {
    help: "Send the metrics to this collector of OpenTelemetry (OTLP over HTTP), such as http://127.0.0.1:4318.",
  }),
}
