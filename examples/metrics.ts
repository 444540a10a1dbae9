import * as Effect from "effect/Effect"
import { Framing } from "tcpfx/domain"
import { Metrics, Prometheus } from "tcpfx/metrics"
import { Handler, Server, type ServerConnection } from "tcpfx/server"

/**
 * Answers one request with the metrics of the process, then closes the connection. It implements only the part of HTTP
 * that Prometheus and curl need.
 */
const scraped = (connection: ServerConnection) =>
  Effect.gen(function* () {
    yield* connection.receive
    const text = yield* Prometheus.snapshot
    yield* connection.sendText(`HTTP/1.0 200 OK\r\nContent-Type: ${Prometheus.contentType}\r\n\r\n${text}`)
  })

/** A server that relays lines and keeps metrics, and a second server that shows the metrics. */
export const monitored = Effect.gen(function* () {
  const relay = yield* Server.make({
    settings: { frame: Framing.line },
    handler: Handler.broker(),
    watch: Metrics.server({ tags: { server: "relay" } }),
  })
  const [{ endpoint }] = yield* relay.listenAll(["127.0.0.1:0"])
  const metrics = yield* Server.make({ handler: scraped })
  const [scrape] = yield* metrics.listenAll(["127.0.0.1:0"])
  return { relay: endpoint, metrics: scrape.endpoint }
})
