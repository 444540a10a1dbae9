import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import { bracketed } from "../../domain/hostText.ts"
import { Framing, isLoopback, type TcpEndpoint } from "../../domain/index.ts"
import { Metrics, Prometheus } from "../../metrics/index.ts"
import type { ServerService } from "../../server/index.ts"
import { usageError } from "../process/exit.ts"
import { processMetrics } from "./processMetrics.ts"
import { type Answer, makeWatchServer, plain } from "./WatchServer.ts"

/** Why a server accepts no connections, or `undefined` if it does. */
const unreadiness = (server: ServerService): Effect.Effect<string | undefined> =>
  Effect.zipWith(server.listening, server.accepting, (listening, accepting) => {
    if (accepting !== "yes") return accepting
    return listening.length === 0 ? "not listening" : undefined
  })

/** The bytes that are queued for the clients. Reading them costs time for each connection, so only a scrape does. */
const pendingBytes = (server: ServerService): Effect.Effect<MetricPair.MetricPair.Untyped> =>
  Effect.map(server.connections, (connections) => {
    let pending = 0
    for (const { pendingBytes: queued } of connections) pending += queued
    return MetricPair.unsafeMake(
      MetricKey.gauge("tcpfx_pending_bytes", { description: "Bytes that are queued for clients" }),
      MetricState.gauge(pending),
    )
  })

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EACCES: "permission denied; choose a port from 1024 up",
  EADDRNOTAVAIL: "no interface of this machine has this address; `tcpfx interfaces` lists the addresses",
  ENOTFOUND: "the name has no address; check the spelling, or give an IP address",
}

/** Whether a metric belongs to tcpfx. Effect also counts its fibers, which do not help a user of the command. */
const isOurs = ({ metricKey }: MetricPair.MetricPair.Untyped): boolean => metricKey.name.startsWith("tcpfx_")

/**
 * Keeps the metrics of a server until the scope closes. With the framing `raw`, a frame is only a read, so frames are not
 * counted.
 */
export const keepMetrics = (server: ServerService, framing: Framing.Framing) =>
  Effect.orDie(Metrics.server({ frames: framing !== Framing.raw })(server))

/**
 * Serves the metrics, the health and the readiness of a server until the scope closes. Returns the lines for the user.
 */
export const serveMetrics = (endpoint: TcpEndpoint, server: ServerService) =>
  Effect.gen(function* () {
    const metrics = Effect.zipWith(
      Metric.snapshot,
      Effect.all([processMetrics, Effect.map(pendingBytes(server), (pair) => [pair])]),
      (pairs, own): Answer => ({
        status: 200,
        contentType: Prometheus.contentType,
        body: Prometheus.text([...pairs.filter(isOurs), ...own.flat()]),
      }),
    )
    const address = yield* makeWatchServer({
      ...endpoint,
      answers: {
        "/metrics": metrics,
        "/healthz": Effect.succeed(plain(200, "ok")),
        "/readyz": Effect.map(unreadiness(server), (why) =>
          why === undefined ? plain(200, "ready") : plain(503, why),
        ),
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
