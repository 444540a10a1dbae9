import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as MetricPair from "effect/MetricPair"
import { bracketed } from "../../domain/hostText.ts"
import { isLoopback, type TcpEndpoint } from "../../domain/index.ts"
import { Prometheus } from "../../metrics/index.ts"
import { usageError } from "../process/exit.ts"
import { processMetrics } from "./processMetrics.ts"
import { type Answer, makeWatchServer, plain } from "./WatchServer.ts"

/** What other programs can watch of a server or a client. */
export interface Watched {
  /** The metrics that are read only when a program asks for them. */
  readonly pairs: Effect.Effect<ReadonlyArray<MetricPair.MetricPair.Untyped>>
  /** The conditions of readiness, by their paths. Each is the reason why it does not hold, or `undefined` if it holds. */
  readonly readiness: Readonly<Record<`/readyz${string}`, Effect.Effect<string | undefined>>>
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EACCES: "permission denied; choose a port from 1024 up",
  EADDRNOTAVAIL: "no interface of this machine has this address; `tcpfx interfaces` lists the addresses",
  ENOTFOUND: "the name has no address; check the spelling, or give an IP address",
}

/** Whether a metric belongs to tcpfx. Effect also counts its fibers, which do not help a user of the command. */
const isOurs = ({ metricKey }: MetricPair.MetricPair.Untyped): boolean => metricKey.name.startsWith("tcpfx_")

const readinessAnswer = (why: string | undefined): Answer => (why === undefined ? plain(200, "ready") : plain(503, why))

/** Serves metrics, health and readiness until the scope closes. Returns the lines for the user. */
export const serveMetrics = (endpoint: TcpEndpoint, { pairs: read, readiness }: Watched) =>
  Effect.gen(function* () {
    const metrics = Effect.zipWith(
      Metric.snapshot,
      Effect.all([processMetrics, read]),
      (pairs, own): Answer => ({
        status: 200,
        contentType: Prometheus.contentType,
        body: Prometheus.text([...pairs.filter(isOurs), ...own.flat()]),
      }),
    )
    const conditions = Object.entries(readiness).map(([path, why]) => [path, Effect.map(why, readinessAnswer)] as const)
    const address = yield* makeWatchServer({
      ...endpoint,
      answers: {
        "/metrics": metrics,
        "/healthz": Effect.succeed(plain(200, "ok")),
        ...Object.fromEntries(conditions),
      },
    }).pipe(
      Effect.mapError(({ code }) =>
        usageError(
          `--metrics ${bracketed(endpoint.host)}:${endpoint.port}: ${listenProblems[code] ?? `the system refused it with ${code}`}`,
        ),
      ),
    )
    const isOpen = endpoint.host.toLowerCase() !== "localhost" && !isLoopback(endpoint)
    return [
      `metrics at ${address}/metrics`,
      ...(isOpen ? [`every machine that can reach ${address} can read the metrics`] : []),
    ]
  })
