import * as Effect from "effect/Effect"
import * as MetricKey from "effect/MetricKey"
import * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import { Framing } from "../../domain/index.ts"
import type { NatsHubService } from "../../hub/nats/index.ts"
import { Metrics } from "../../metrics/index.ts"
import type { ServerService } from "../../server/index.ts"
import { signalsOf, type WatchOptions } from "../flags/watchFlags.ts"
import { Stdio } from "../process/stdio.ts"
import { serverTelemetry } from "./eventTelemetry.ts"
import { sendTelemetry } from "./sendTelemetry.ts"
import { serveMetrics } from "./serveMetrics.ts"

/** The parts of a running server that other programs can watch. */
export interface WatchedServer {
  readonly server: ServerService
  readonly frame: Framing.Framing
  readonly hub: NatsHubService | undefined
  /** Whether the server waits for the beginning of its drain. */
  readonly isLeaving: () => boolean
}

/** Why a server should get no new clients, or `undefined` if it should. */
const unreadiness = ({ isLeaving, server }: WatchedServer): Effect.Effect<string | undefined> =>
  Effect.zipWith(server.listening, server.accepting, (listening, accepting) => {
    if (accepting !== "yes") return accepting
    if (isLeaving()) return "about to drain"
    return listening.length === 0 ? "not listening" : undefined
  })

const gauge = (name: string, description: string, value: number): MetricPair.MetricPair.Untyped =>
  MetricPair.unsafeMake(MetricKey.gauge(name, { description }), MetricState.gauge(value))

/** The bytes that are queued for the clients. Reading them costs time for each connection, so only a scrape does. */
const pendingBytes = (server: ServerService): Effect.Effect<MetricPair.MetricPair.Untyped> =>
  Effect.map(server.connections, (connections) => {
    let pending = 0
    for (const { pendingBytes: queued } of connections) pending += queued
    return gauge("tcpfx_pending_bytes", "Bytes that are queued for clients", pending)
  })

/** The state of the hub on NATS. */
const hubMetrics = (hub: NatsHubService) =>
  Effect.map(hub.natsState, (state) => [
    gauge("tcpfx_hub_attached", "1 while frames pass between this node and the others, otherwise 0", +state.attached),
    gauge("tcpfx_hub_nodes", "Other nodes of the hub", state.nodes.length),
    gauge("tcpfx_hub_queued_bytes", "Bytes that wait for NATS", state.pendingBytes),
  ])

const detached = ({ natsState }: NatsHubService): Effect.Effect<string | undefined> =>
  Effect.map(natsState, ({ attached }) => (attached ? undefined : "the hub is detached"))

/**
 * Lets other programs watch a server until the scope closes: by HTTP, and with a collector of OpenTelemetry. With the
 * framing `raw`, a frame is only a read, so frames are not counted. Returns the lines for the user.
 */
export const watchServer = (options: WatchOptions, watched: WatchedServer) =>
  Effect.gen(function* () {
    const { metrics, otlp } = options
    const { frame, hub, server } = watched
    const signals = signalsOf(options)
    // The end sends the last values of the metrics, so the metrics begin later and end first.
    if (Option.isSome(otlp)) {
      const telemetry = yield* sendTelemetry(otlp.value, signals)
      if (telemetry.span !== undefined || telemetry.log !== undefined) {
        yield* server.observe({ onEvent: serverTelemetry(telemetry, (yield* Stdio).log) })
      }
    }
    if (Option.isSome(metrics) || signals.includes("metrics")) {
      yield* Effect.orDie(Metrics.server({ frames: frame !== Framing.raw })(server))
    }
    if (Option.isNone(metrics)) return []
    const ready = unreadiness(watched)
    return yield* serveMetrics(metrics.value, {
      pairs: Effect.zipWith(
        pendingBytes(server),
        hub === undefined ? Effect.succeed([]) : hubMetrics(hub),
        (pending, ofHub) => [pending, ...ofHub],
      ),
      readiness: {
        "/readyz": ready,
        ...(hub === undefined
          ? {}
          : {
              "/readyz/hub": Effect.flatMap(ready, (why) => (why === undefined ? detached(hub) : Effect.succeed(why))),
            }),
      },
    })
  })
