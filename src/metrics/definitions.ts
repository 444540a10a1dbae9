import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

// Each metric of a server or client has the label `side` ("server" or "client") and the labels of the option `tags`.
// "Exact": the metric changes in the same turn of the event loop as its cause. "Sampled": the metric changes at the
// next sample (`every`), which counts everything since the last sample.

const counter = (name: string, description: string): Metric.Metric.Counter<number> =>
  Metric.counter(name, { description, incremental: true })

/** `tcpfx_connections`, a gauge: the number of open connections. Label `side`. Exact. */
export const connections: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_connections", {
  description: "Open connections",
})

/**
 * `tcpfx_connections_opened_total`: connections that a server has accepted or a client has established. Label `side`.
 * Exact.
 */
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
 * `tcpfx_frames_out_total`: sent payloads, once for each recipient. It does not count the wire bytes that reactors such
 * as `Handler.echo` and `Handler.broker` pass on. {@link bytesOut} counts them. Label `side`. Sampled.
 */
export const framesOut: Metric.Metric.Counter<number> = counter("tcpfx_frames_out_total", "Sent frames")

/**
 * `tcpfx_frames_dropped_total`: frames that the hub of a server dropped for a slow client
 * (`slowConsumer: "drop-oldest"`), and frames that the full outbox of a session dropped. Label `side`. Exact.
 */
export const framesDropped: Metric.Metric.Counter<number> = counter(
  "tcpfx_frames_dropped_total",
  "Frames that were dropped because their recipient was slow",
)

/**
 * `tcpfx_bytes_skipped_total`: received bytes that the framing skipped because they are not part of a valid frame.
 * Label `side`. Exact.
 */
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
 * `tcpfx_slow_consumers_total`: how often the bytes queued in the hub for one client reached a quarter of its budget
 * (`ConnectionStalled`). {@link connectionsClosed} counts the connections that were closed for this, with the reason
 * "SlowConsumer". Exact.
 */
export const slowConsumers: Metric.Metric.Counter<number> = counter(
  "tcpfx_slow_consumers_total",
  "Times that a client began to read too slowly",
)

/**
 * `tcpfx_connect_failures_total`: failed attempts of a client to connect. Label `reason`, the reason of the
 * `ConnectError`, such as "Refused". Exact.
 */
export const connectFailures: Metric.Metric.Counter<number> = counter(
  "tcpfx_connect_failures_total",
  "Failed attempts to connect, by reason",
)

/** `tcpfx_reconnects_total`: attempts of a client to reconnect after a loss. Exact. */
export const reconnects: Metric.Metric.Counter<number> = counter(
  "tcpfx_reconnects_total",
  "Attempts to connect again after a loss",
)

/**
 * `tcpfx_hub_subscribers`, a gauge: the number of subscribers of a hub. Each connection of a server is a subscriber.
 * Sampled.
 */
export const hubSubscribers: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_hub_subscribers", {
  description: "Subscribers of a hub",
})

/**
 * `tcpfx_hub_lagging_subscribers`, a gauge: the number of subscribers that have not read every published payload.
 * Sampled.
 */
export const hubLagging: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_hub_lagging_subscribers", {
  description: "Subscribers of a hub that have not read everything published to them",
})

/** `tcpfx_hub_retained_bytes`, a gauge: the number of bytes that a hub keeps for lagging subscribers. Sampled. */
export const hubRetainedBytes: Metric.Metric.Gauge<number> = Metric.gauge("tcpfx_hub_retained_bytes", {
  description: "Bytes that a hub keeps for lagging subscribers",
})

/**
 * `tcpfx_hub_flush_seconds`, a histogram: the time in seconds that a hub takes to deliver the payloads published in one
 * turn of the event loop. Boundaries from 10 µs to 1 s. Exact.
 */
export const hubFlushSeconds: Metric.Metric.Histogram<number> = Metric.histogram(
  "tcpfx_hub_flush_seconds",
  MetricBoundaries.fromIterable([0.000_01, 0.000_03, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]),
  "Time of a delivery of a hub to its subscribers, seconds",
)
