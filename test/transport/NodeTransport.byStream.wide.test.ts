import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NodeTransport } from "../../src/transport/index.ts"
import { NodeWire } from "../../src/transport/node/nodeWire.ts"
import { connectionSuite } from "../support/connectionSuite.ts"
import { connectedWires, tcpFixture, turned, unixFixture } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

const layer = NodeTransport.layerWith({ streams: true })
const fixtures = [tcpFixture, unixFixture].map((fixture) => ({ ...fixture, name: `${fixture.name} by streams`, layer }))

describe("plain streams of Node", () => {
  for (const fixture of fixtures) {
    it.scopedLive(`are used for both ends over ${fixture.name}`, () =>
      Effect.gen(function* () {
        const { far, near } = yield* connectedWires(fixture)
        expect([far.wire, near.wire].map((wire) => wire instanceof NodeWire)).toEqual([true, true])
      }).pipe(Effect.provide(layer)),
    )
  }
})

for (const fixture of fixtures.flatMap((one) => [one, turned(one)])) {
  wireSuite(fixture)
  connectionSuite(fixture)
}
