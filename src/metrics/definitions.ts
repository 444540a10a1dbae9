import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

// Each metric of a server or client has the label `side` ("server" or "client") and the labels of the option `tags`.
// "Exact": the metric changes in the turn of the event loop in which its cause happens. "Sampled": the metric changes at
// the next sample (`every`), and counts everything that has happened until then.

const counter = (name: string, description: string): Metric.Metric.Counter<number> =>
  Metric.counter(name, { description, incremental: true })

/** `tcpfx_connections`, a gauge: the number of open connections. Label `side`. Exact. */
export const connections: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_connections", {
  description: "Open connections",
})

/** `tcpfx_connections_opened_total`: connections that a server has accepted or a client has made. Label `side`. Exact. */
export const connectionsOpened: Metric.Metric.Counter<number> = counter(
  "tcpfx_connections_opened_total",
  "Connections that were opened",
)

/**
 * `tcpfx_connections_closed_total`: connections that have ended. Labels `side` and `reason`, the tag of the `CloseReason`,
 * such as "PeerClosed". Exact.
 */
export const connectionsClosed: Metric.Metric.Counter<number> = counter(
  "tcpfx_connections_closed_total",
  "Connections that have ended, by reason",
)

/** `tcpfx_bytes_in_total`: bytes that arrived. With TLS, decrypted bytes. Label `side`. Sampled. */
export const bytesIn: Metric.Metric.Counter<number> = counter("tcpfx_bytes_in_total", "Received bytes")

/** `tcpfx_bytes_out_total`: sent bytes that the kernel has taken. Label `side`. Sampled. */
export const bytesOut: Metric.Metric.Counter<number> = counter(
  "tcpfx_bytes_out_total",
  "Sent bytes that the kernel has taken",
)

/** `tcpfx_frames_in_total`: whole frames that arrived. Label `side`. Sampled. */
export const framesIn: Metric.Metric.Counter<number> = counter("tcpfx_frames_in_total", "Received frames")

/**
 * `tcpfx_frames_out_total`: payloads that were sent, once for each recipient. It does not count wire bytes that a reactor
 * passes on, such as those of `Handler.echo` and `Handler.broker`; {@link bytesOut} does. Label `side`. Sampled.
 */
export const framesOut: Metric.Metric.Counter<number> = counter("tcpfx_frames_out_total", "Sent frames")

/**
 * `tcpfx_frames_dropped_total`: frames that were dropped for a slow peer: by the hub of a server (`slowConsumer:
 * "drop-oldest"`), or by the full outbox of a session. Label `side`. Exact.
 */
export const framesDropped: Metric.Metric.Counter<number> = counter(
  "tcpfx_frames_dropped_total",
  "Frames that were dropped because their recipient was slow",
)

/** `tcpfx_bytes_skipped_total`: received bytes that are not a valid frame and were skipped. Label `side`. Exact. */
export const bytesSkipped: Metric.Metric.Counter<number> = counter(
  "tcpfx_bytes_skipped_total",
  "Received bytes that are not a valid frame and were skipped",
)

/** `tcpfx_messages_invalid_total`: frames that the codec of a protocol could not decode. Label `side`. Exact. */
export const messagesInvalid: Metric.Metric.Counter<number> = counter(
  "tcpfx_messages_invalid_total",
  "Frames that a codec could not decode",
)

/**
 * `tcpfx_refused_total`: connections that a server has refused. Label `rule`, the tag of the `RefusalRule`, such as
 * "TooManyConnections". Exact.
 */
export const refused: Metric.Metric.Counter<number> = counter("tcpfx_refused_total", "Refused connections, by rule")

/** `tcpfx_accept_failures_total`: failures of accept(2). Label `code`, such as "EMFILE". Exact. */
export const acceptFailures: Metric.Metric.Counter<number> = counter(
  "tcpfx_accept_failures_total",
  "Failures to accept a connection, by code",
)

/**
 * `tcpfx_slow_consumers_total`: how often a quarter of the budget was queued for a client in the hub
 * (`ConnectionStalled`). Connections that were closed for this are in {@link connectionsClosed} with the reason
 * "SlowConsumer". Exact.
 */
export const slowConsumers: Metric.Metric.Counter<number> = counter(
  "tcpfx_slow_consumers_total",
  "Times that a client began to read too slowly",
)

/**
 * `tcpfx_connect_failures_total`: attempts of a client that failed. Label `reason`, that of the `ConnectError`, such as
 * "Refused". Exact.
 */
export const connectFailures: Metric.Metric.Counter<number> = counter(
  "tcpfx_connect_failures_total",
  "Failed attempts to connect, by reason",
)

/** `tcpfx_reconnects_total`: attempts of a client to connect again after a loss. Exact. */
export const reconnects: Metric.Metric.Counter<number> = counter(
  "tcpfx_reconnects_total",
  "Attempts to connect again after a loss",
)

/** `tcpfx_hub_subscribers`, a gauge: the subscribers of a hub. Each connection of a server is one. Sampled. */
export const hubSubscribers: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_hub_subscribers", {
  description: "Subscribers of a hub",
})

/** `tcpfx_hub_lagging_subscribers`, a gauge: the subscribers that have not read everything. Sampled. */
export const hubLagging: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_hub_lagging_subscribers", {
  description: "Subscribers of a hub that have not read everything published to them",
})

/** `tcpfx_hub_retained_bytes`, a gauge: the bytes that the log of a hub keeps for lagging subscribers. Sampled. */
export const hubRetainedBytes: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_hub_retained_bytes", {
  description: "Bytes that a hub keeps for lagging subscribers",
})

/**
 * `tcpfx_hub_flush_seconds`, a histogram: how long a hub takes to deliver what was published in a turn of the event loop.
 * Boundaries from 10 µs to 1 s. Exact.
 */
export const hubFlushSeconds: Metric.Metric.Histogram<number> = Metric.histogram(
  "tcpfx_hub_flush_seconds",
  MetricBoundaries.fromIterable([0.000_01, 0.000_03, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]),
  "Time of a delivery of a hub to its subscribers, seconds",
)
