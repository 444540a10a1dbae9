import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { VirtualNetwork, type VirtualNetworkOptions } from "../../src/testing/index.ts"
import { connectionSuite } from "../support/connectionSuite.ts"
import { memoryFixture, type TransportFixture } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

const fixture = (name: string, options: VirtualNetworkOptions = {}): TransportFixture => ({
  ...memoryFixture,
  name: `a virtual network ${name}`,
  layer: Layer.orDie(Layer.provide(VirtualNetwork.host("home"), VirtualNetwork.layer(options))),
  endpoint: Effect.succeed(tcpEndpoint("home", 0)),
})

describe("what holds for every wire", () => {
  wireSuite(fixture("without delay"))
  connectionSuite(fixture("without delay"))
  wireSuite(fixture("with latency", { link: { latency: "1 millis" } }))
  wireSuite(fixture("with split reads", { link: { chunkBytes: [1, 5000] } }))
  wireSuite(fixture("with coalesced reads", { link: { coalesce: "1 millis", chunkBytes: [1000, 100_000] } }))
})
