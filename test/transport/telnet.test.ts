import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { turns } from "../../src/testing/turns.ts"
import { Transport } from "../../src/transport/index.ts"
import { telnetWire } from "../../src/transport/telnet.ts"
import { connectionSuite } from "../support/connectionSuite.ts"
import { hex } from "../support/framingSuite.ts"
import { connectedWires, memoryFixture, type TransportFixture } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

/** A transport on which both ends speak Telnet. */
const overTelnet = (fixture: TransportFixture): TransportFixture => ({
  ...fixture,
  name: `telnet over ${fixture.name}`,
  layer: Layer.effect(
    Transport,
    Effect.map(Transport, (below) =>
      Transport.of({
        ...below,
        dial: (endpoint, source) => Effect.map(below.dial(endpoint, source), telnetWire),
        listen: (endpoint, options, handlers) =>
          below.listen(endpoint, options, {
            ...handlers,
            onWire: (wire, bound) => handlers.onWire(telnetWire(wire), bound),
          }),
      }),
    ),
  ).pipe(Layer.provide(fixture.layer)),
})

wireSuite(overTelnet(memoryFixture))
connectionSuite(overTelnet(memoryFixture))

describe("a Telnet wire", () => {
  it.scoped("tells its owner nothing about answers that wait for the kernel", () =>
    Effect.gen(function* () {
      const { near, far } = yield* connectedWires(memoryFixture)
      const drains = { seen: 0 }
      const telnet = telnetWire(near.wire)
      telnet.start({ onData: () => {}, onEnd: () => {}, onDrain: () => drains.seen++, onClose: () => {} })
      far.start()
      expect(telnet.write(hex("61 0d"))).toBe(true)
      far.wire.write(hex("fffd01"))
      yield* far.until((probe) => probe.received === 6)
      expect([...far.bytes()]).toEqual([...hex("61 0d 00 fffc01")])
      yield* turns(5)
      expect(drains.seen).toBe(0)
    }).pipe(Effect.provide(memoryFixture.layer)),
  )
})
