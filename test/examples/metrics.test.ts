import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Client } from "tcpfx/client"
import { type Endpoint, Framing } from "tcpfx/domain"
import { Testing } from "tcpfx/testing"
import { NodeTransport } from "tcpfx/transport"
import { monitored } from "../../examples/metrics.ts"
import { string } from "../support/texts.ts"

/** The answer to a request of Prometheus. */
const scrape = (endpoint: Endpoint) =>
  Effect.gen(function* () {
    const connection = yield* (yield* Client.make()).connect(endpoint)
    yield* connection.sendText("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return string(yield* Testing.receiveAll(connection))
  }).pipe(Effect.scoped)

it.scopedLive("the metrics example shows the metrics of its relay to Prometheus", () =>
  Effect.gen(function* () {
    const { metrics, relay } = yield* monitored
    const client = yield* Client.make({ frame: Framing.line })
    const ann = yield* client.connect(relay)
    const bob = yield* client.connect(relay)
    // The relay has accepted both clients when a line has arrived.
    yield* Effect.zipRight(ann.sendText("hello"), Effect.map(bob.receive, Option.getOrThrow))
    const answer = yield* scrape(metrics)
    expect(answer).toMatch(/^HTTP\/1\.0 200 OK\r\n/)
    const lines = answer.split("\n")
    expect(lines).toContain("# TYPE tcpfx_connections gauge")
    expect(lines).toContain('tcpfx_connections{side="server",server="relay"} 2')
    expect(lines).toContain('tcpfx_connections_opened_total{side="server",server="relay"} 2')
    expect(lines).toContain('tcpfx_hub_flush_seconds_count{server="relay"} 1')
  }).pipe(Effect.provide(NodeTransport.layer)),
)
