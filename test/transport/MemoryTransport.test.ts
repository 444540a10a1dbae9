import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { nextTurn, turns } from "../../src/testing/turns.ts"
import { MemoryTransport, Transport } from "../../src/transport/index.ts"
import { connectionSuite } from "../support/connectionSuite.ts"
import { endpointSuite } from "../support/endpointSuite.ts"
import { connectedWires, listenForWires, memoryFixture, startedWires } from "../support/transportFixture.ts"
import { utf8 } from "../support/wireProbe.ts"
import { wireSuite } from "../support/wireSuite.ts"

wireSuite(memoryFixture)
connectionSuite(memoryFixture)
endpointSuite(memoryFixture)

describe("a network in memory", () => {
  it.scoped("holds exactly its capacity for a peer that does not read", () =>
    Effect.gen(function* () {
      const { near, far } = yield* connectedWires(memoryFixture)
      far.wire.pause()
      near.start()
      far.start()
      expect(near.wire.write(new Uint8Array(100))).toBe(true)
      expect(near.wire.write(new Uint8Array(1))).toBe(false)
      yield* turns(5)
      expect([near.wire.pending(), near.wire.bytesOut(), far.received]).toEqual([1, 100, 0])
      far.wire.resume()
      yield* far.until((probe) => probe.received === 101)
      expect([near.wire.pending(), near.drains]).toEqual([0, 1])
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 100 }))),
  )

  it.scoped("delivers in a later turn, never within the write", () =>
    Effect.gen(function* () {
      const { near, far } = yield* startedWires(memoryFixture)
      near.wire.write(utf8("x"))
      expect(far.received).toBe(0)
      yield* nextTurn
      expect(far.received).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("turns unread input into a reset when an end is destroyed, as close(2) does", () =>
    Effect.gen(function* () {
      const { near, far } = yield* connectedWires(memoryFixture)
      far.wire.pause()
      near.start().wire.write(utf8("unread"))
      far.start().wire.destroy()
      yield* near.untilClosed
      expect(near.closes).toEqual([{ code: "ECONNRESET" }])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("holds corked bytes while the peer reads, and sends them after the earlier ones", () =>
    Effect.gen(function* () {
      const { near, far } = yield* connectedWires(memoryFixture)
      far.wire.pause()
      near.start()
      far.start()
      expect(near.wire.write(new Uint8Array(101))).toBe(false)
      near.wire.cork()
      expect(near.wire.write(new Uint8Array(1))).toBe(false)
      far.wire.resume()
      yield* far.until((probe) => probe.received === 101)
      yield* turns(5)
      expect([near.wire.pending(), near.drains, far.received]).toEqual([1, 0, 101])
      near.wire.uncork()
      yield* far.until((probe) => probe.received === 102)
      yield* near.until((probe) => probe.drains === 1)
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 100 }))),
  )

  it.scoped("reports a peer as gone that was destroyed after its FIN", () =>
    Effect.gen(function* () {
      const { near, far } = yield* startedWires(memoryFixture)
      near.wire.end()
      yield* far.until((probe) => probe.hasEnded())
      near.wire.destroy()
      yield* near.untilClosed
      expect(far.told).toEqual(["end"])
      expect(far.wire.isGone()).toBe(true)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("supports abstract names, and refuses a dial to one without a listener", () =>
    Effect.gen(function* () {
      const endpoint = unixEndpoint("@app")
      const { dial } = yield* Transport
      expect(yield* Effect.flip(dial(endpoint))).toMatchObject({ reason: "Refused", code: "ECONNREFUSED" })
      const { accepted } = yield* listenForWires(endpoint)
      expect((yield* dial(endpoint)).remote).toEqual(endpoint)
      expect((yield* accepted).local).toEqual(endpoint)
      expect(yield* Effect.flip(dial(unixEndpoint("app")))).toMatchObject({ reason: "PathNotFound" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("listens on an address of the requested family if a name has several", () =>
    Effect.gen(function* () {
      const named = tcpEndpoint("both", 4000)
      const first = yield* listenForWires(named)
      expect(first.endpoint).toEqual(tcpEndpoint("10.0.0.1", 4000))
      const second = yield* listenForWires(named, { family: "ipv6" })
      expect(second.endpoint).toEqual(tcpEndpoint("fd00::1", 4000))
      const error = yield* Effect.flip(listenForWires(tcpEndpoint("four", 4000), { family: "ipv6" }))
      expect(error).toMatchObject({ reason: "WrongFamily", code: "EAFNOSUPPORT" })
    }).pipe(Effect.provide(MemoryTransport.layer({ names: { both: ["10.0.0.1", "fd00::1"], four: ["10.0.0.1"] } }))),
  )

  it.scoped("has paths like unix sockets: clients without a name, and PathNotFound without a listener", () =>
    Effect.gen(function* () {
      const endpoint = unixEndpoint("/run/app.sock")
      const dial = Effect.flatMap(Transport, (transport) => transport.dial(endpoint))
      expect(yield* Effect.flip(dial)).toMatchObject({ reason: "PathNotFound", code: "ENOENT" })
      const { accepted } = yield* listenForWires(endpoint)
      const near = yield* dial
      const far = yield* accepted
      expect([near.local, near.remote]).toEqual([unixEndpoint(""), endpoint])
      expect([far.local, far.remote]).toEqual([endpoint, unixEndpoint("")])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("resolves the names in its options, and is separate from every other network", () =>
    Effect.gen(function* () {
      const named = yield* Layer.build(MemoryTransport.layer({ names: { device: ["10.0.0.1", "::1"] } }))
      const other = yield* Layer.build(MemoryTransport.layer())
      const resolve = Effect.flatMap(Transport, (transport) => transport.resolve("device"))
      expect(yield* Effect.provide(resolve, named)).toEqual(["10.0.0.1", "::1"])
      expect(yield* Effect.flip(Effect.provide(resolve, other))).toMatchObject({ code: "ENOTFOUND" })
      const { endpoint } = yield* Effect.provide(listenForWires(tcpEndpoint("127.0.0.1", 0)), named)
      const dial = Effect.flatMap(Transport, (transport) => transport.dial(endpoint))
      yield* Effect.provide(dial, named)
      expect(yield* Effect.flip(Effect.provide(dial, other))).toMatchObject({ reason: "Refused" })
    }),
  )

  it.scoped("gives each listener on port 0 a port of its own", () =>
    Effect.gen(function* () {
      const listeners = yield* Effect.replicateEffect(listenForWires(tcpEndpoint("127.0.0.1", 0)), 5)
      const ports = listeners.map(({ endpoint }) => (endpoint._tag === "Tcp" ? endpoint.port : 0))
      expect(new Set(ports).size).toBe(5)
      expect(Math.min(...ports)).toBeGreaterThan(0)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
