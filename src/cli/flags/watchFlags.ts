import type * as Command from "@effect/cli/Command"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import {
  EndpointSyntaxError,
  endpointDefaults,
  parseEndpoint,
  type TcpEndpoint,
  ValueSyntaxError,
} from "../../domain/index.ts"
import { withoutUserInfo } from "../../domain/userInfo.ts"
import { type OtlpSignal, otlpSignals } from "../watch/otlpSignals.ts"
import type { Dependency } from "./dependencies.ts"
import { value } from "./flag.ts"

const notMetrics = (input: string, problem: string) => () =>
  new EndpointSyntaxError({ input, problem, expected: "HOST:PORT, or a port alone on 127.0.0.1" })

/**
 * Parses the address of the metrics: a host and port, or a port alone on 127.0.0.1. A host alone is refused, because the
 * default port of tcpfx is that of the server.
 */
export const parseMetricsAddress = (input: string): Either.Either<TcpEndpoint, EndpointSyntaxError> =>
  parseEndpoint(input, endpointDefaults.host).pipe(
    Either.filterOrLeft(
      (endpoint): endpoint is TcpEndpoint => endpoint._tag === "Tcp",
      notMetrics(input, "the metrics are served by HTTP on a TCP port"),
    ),
    Either.filterOrLeft(() => /^\d+$|^\[.*\]:|^[^:]*:[^:]*$/.test(input), notMetrics(input, "the port is missing")),
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

const parseSignals = (input: string): Either.Either<ReadonlyArray<OtlpSignal>, ValueSyntaxError> => {
  const words = input.split(",").map((word) => word.trim())
  const signals = otlpSignals.filter((signal) => words.includes(signal))
  if (words.every((word) => signals.some((signal) => signal === word))) return Either.right(signals)
  const expected = `one or more of ${otlpSignals.join(", ")}, with commas between them`
  return Either.left(
    new ValueSyntaxError({ input, kind: "a list of signals", problem: "it has other words", expected }),
  )
}

/** The flags that let other programs watch a server or a client. */
export const watchFlags = (side: "server" | "client") => ({
  metrics: value("metrics", "HOST:PORT", parseMetricsAddress, {
    help: `Serve metrics for Prometheus at http://HOST:PORT/metrics, with /healthz and /readyz (${side === "server" ? "ready while it accepts clients" : "ready while connected"}). A port without a host is on 127.0.0.1.`,
  }),
  otlp: value("otlp", "URL", parseCollector, {
    help: "Send the metrics to this collector of OpenTelemetry (OTLP over HTTP), such as http://127.0.0.1:4318.",
  }),
  otlpSignals: value("otlp-signals", "SIGNALS", parseSignals, {
    help: "What --otlp sends: metrics (default), traces (a span for each connection), logs (the messages), with commas between them.",
  }),
})

/** The values of {@link watchFlags}. */
export type WatchOptions = Command.Command.ParseConfig<{
  readonly [K in keyof ReturnType<typeof watchFlags>]: ReturnType<typeof watchFlags>[K]["options"]
}>

/** The signals that are sent. None without `--otlp`. */
export const signalsOf = ({ otlp, otlpSignals: signals }: WatchOptions): ReadonlyArray<OtlpSignal> =>
  Option.isNone(otlp) ? [] : Option.getOrElse(signals, (): ReadonlyArray<OtlpSignal> => ["metrics"])

/** The fact that decides whether {@link watchDependencies} are met. */
export interface WatchFacts {
  readonly hasOtlp: boolean
}

/** The {@link WatchFacts} of a command line. */
export const watchFacts = ({ otlp }: Pick<WatchOptions, "otlp">): WatchFacts => ({ hasOtlp: Option.isSome(otlp) })

/** The flags that have an effect only beside others. */
export const watchDependencies: ReadonlyArray<Dependency<"otlpSignals", WatchFacts>> = [
  { flags: ["otlpSignals"], isMet: ({ hasOtlp }) => hasOtlp, problem: "needs --otlp http://HOST:PORT" },
]
