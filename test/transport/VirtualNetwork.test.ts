import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { type LinkOptions, Testing, VirtualNetwork, type VirtualNetworkOptions } from "../../src/testing/index.ts"
import { Transport } from "../../src/transport/index.ts"
import { listenForWires } from "../support/transportFixture.ts"
import { pattern, textOf, utf8, WireProbe } from "../support/wireProbe.ts"

const { turns } = Testing

const port = tcpEndpoint("home", 7)

const dialFrom = (host: string) =>
  Effect.provide(
    Effect.flatMap(Transport, ({ dial, resolve }) =>
      Effect.flatMap(resolve("home"), ([address = ""]) => dial(tcpEndpoint(address, port.port))),
    ),
    VirtualNetwork.host(host),
  )

/** A listener on the host "home", and a connection to it from the host "away". */
const wires = Effect.gen(function* () {
  const network = yield* VirtualNetwork
  const listener = yield* Effect.provide(listenForWires(port), VirtualNetwork.host("home"))
  const away = new WireProbe(yield* dialFrom("away")).start()
  const home = new WireProbe(yield* listener.accepted).start()
  return { network, listener, away, home }
})

const over = (options: VirtualNetworkOptions = {}) => Effect.provide(VirtualNetwork.layer(options))

/** The sizes of the reads of 1000 bytes. */
const readSizes = (link: LinkOptions, seed = 1) =>
  Effect.gen(function* () {
    const { away, home } = yield* wires
    for (let at = 0; at < 10; at++) away.wire.write(pattern(100))
    yield* turns(5)
    yield* TestClock.adjust("1 millis")
    yield* home.until((probe) => probe.received === 1000)
    return home.chunks.map(({ length }) => length)
  }).pipe(Effect.scoped, over({ link, seed }))

const summary = (sizes: ReadonlyArray<number>) => ({ count: sizes.length, most: Math.max(...sizes) })

describe("a virtual network", () => {
  it.scoped("delivers after the latency of each direction, by the clock of the test", () =>
    Effect.gen(function* () {
      const { away, home, network } = yield* wires
      yield* network.setLink("away", "home", { latency: "300 millis" })
      yield* network.setLink("home", "away", { latency: "1 second" })
      away.wire.write(utf8("ping"))
      home.wire.write(utf8("pong"))
      yield* turns(5)
      yield* TestClock.adjust("299 millis")
      yield* turns(5)
      expect([home.received, away.received]).toEqual([0, 0])
      expect(yield* network.inFlight("away", "home")).toBe(4)
      yield* TestClock.adjust("1 millis")
      yield* home.until((probe) => probe.received === 4)
      expect(away.received).toBe(0)
      yield* TestClock.adjust("700 millis")
      yield* away.until((probe) => probe.received === 4)
    }).pipe(over()),
  )

  it.scoped("needs a round trip to connect", () =>
    Effect.gen(function* () {
      yield* Effect.provide(listenForWires(port), VirtualNetwork.host("home"))
      const dialling = yield* Effect.fork(dialFrom("away"))
      yield* TestClock.adjust("599 millis")
      expect(dialling.unsafePoll()).toBe(null)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(dialling)
    }).pipe(over({ link: { latency: "300 millis" } })),
  )

  it.scoped("lets later bytes never overtake earlier ones when a link becomes faster", () =>
    Effect.gen(function* () {
      const { away, home, network } = yield* wires
      yield* network.setLink("away", "home", { latency: "1 second" })
      away.wire.write(utf8("slow"))
      yield* turns(2)
      yield* network.setLink("away", "home", { latency: 0 })
      away.wire.write(utf8("fast"))
      away.wire.end()
      yield* turns(5)
      expect(home.told).toEqual([])
      yield* TestClock.adjust("1 second")
      yield* home.until((probe) => probe.hasEnded())
      expect(textOf(home.bytes())).toBe("slowfast")
    }).pipe(over()),
  )

  it.scoped("delivers no more bytes per second than the link has", () =>
    Effect.gen(function* () {
      const { away, home } = yield* wires
      away.wire.write(pattern(5000))
      for (const received of [1000, 2000, 3000]) {
        yield* TestClock.adjust("1 second")
        yield* turns(2)
        expect(Math.abs(home.received - received)).toBeLessThanOrEqual(20)
      }
    }).pipe(over({ link: { bytesPerSecond: 1000 } })),
  )

  it.effect("splits and joins reads as asked, the same for the same seed", () =>
    Effect.gen(function* () {
      expect(summary(yield* readSizes({ chunkBytes: 1 }))).toEqual({ count: 1000, most: 1 })
      expect(yield* readSizes({ coalesce: "1 millis" })).toEqual([1000])
      expect(summary(yield* readSizes({ coalesce: "1 millis", chunkBytes: 300 }))).toEqual({ count: 4, most: 300 })
      const sizes = yield* readSizes({ chunkBytes: [1, 10] }, 7)
      expect(new Set(sizes).size).toBe(10)
      expect(yield* readSizes({ chunkBytes: [1, 10] }, 7)).toEqual(sizes)
      expect(yield* readSizes({ chunkBytes: [1, 10] }, 8)).not.toEqual(sizes)
    }),
  )

  it.scoped("holds everything between parted hosts, and delivers it after the heal", () =>
    Effect.gen(function* () {
      const { away, home, network } = yield* wires
      yield* network.partition("home", "away")
      away.wire.write(utf8("held"))
      away.wire.end()
      const dialling = yield* Effect.fork(dialFrom("away"))
      const other = new WireProbe(yield* dialFrom("elsewhere")).start()
      other.wire.write(utf8("not parted"))
      yield* turns(5)
      expect([home.told, dialling.unsafePoll()]).toEqual([[], null])
      yield* network.heal("away", "home")
      yield* home.until((probe) => probe.hasEnded())
      expect(textOf(home.bytes())).toBe("held")
      yield* Fiber.join(dialling)
    }).pipe(over()),
  )

  it.scoped("resets at a heal with losses the connections that wait, and no other", () =>
    Effect.gen(function* () {
      const { away, home, listener, network } = yield* wires
      const quiet = new WireProbe(yield* dialFrom("away")).start()
      const quietHome = new WireProbe(yield* listener.accepted).start()
      yield* network.partition("home", "away")
      home.wire.write(utf8("lost"))
      yield* turns(5)
      yield* network.heal("home", "away", "reset")
      yield* Effect.all([home.untilClosed, away.untilClosed])
      expect([home.closes, away.closes, away.received]).toEqual([[{ code: "ECONNRESET" }], [{ code: "ECONNRESET" }], 0])
      quiet.wire.write(utf8("here"))
      yield* quietHome.until((probe) => probe.received === 4)
    }).pipe(over()),
  )

  it.scoped("holds a reset between parted hosts", () =>
    Effect.gen(function* () {
      const { away, home, network } = yield* wires
      yield* network.partition("home", "away")
      away.wire.reset()
      yield* turns(5)
      expect(home.told).toEqual([])
      yield* network.heal("home", "away")
      yield* home.untilClosed
      expect(home.closes).toEqual([{ code: "ECONNRESET" }])
    }).pipe(over()),
  )

  it.scoped("stops a writer while the other host reads nothing, and loses nothing", () =>
    Effect.gen(function* () {
      const { away, home, network } = yield* wires
      yield* network.stopReading("home")
      const sent = pattern(5000)
      expect(away.wire.write(sent)).toBe(false)
      yield* turns(10)
      expect([home.received, away.drains]).toEqual([0, 0])
      expect(away.wire.pending()).toBeGreaterThan(2000)
      yield* network.startReading("home")
      yield* home.until((probe) => probe.received === sent.length)
      yield* away.until((probe) => probe.drains === 1)
    }).pipe(over({ capacityBytes: 1000 })),
  )

  it.scoped("loses connections with a reset, or without a sign", () =>
    Effect.gen(function* () {
      const { away, home, listener, network } = yield* wires
      const other = new WireProbe(yield* dialFrom("elsewhere")).start()
      const otherHome = new WireProbe(yield* listener.accepted).start()
      expect(yield* network.silence("home", "away")).toBe(1)
      away.wire.write(utf8("nobody hears"))
      home.wire.reset()
      yield* turns(5)
      expect([away.told, home.told]).toEqual([[], ["close"]])
      expect(yield* network.reset("home", "elsewhere")).toBe(1)
      yield* Effect.all([other.untilClosed, otherHome.untilClosed])
      expect([other.closes, otherHome.closes]).toEqual([[{ code: "ECONNRESET" }], [{ code: "ECONNRESET" }]])
    }).pipe(over()),
  )

  it.scoped("keeps loopback addresses and unix sockets within a host", () =>
    Effect.gen(function* () {
      for (const endpoint of [tcpEndpoint("127.0.0.1", 80), unixEndpoint("/run/app")]) {
        yield* Effect.provide(listenForWires(endpoint), VirtualNetwork.host("home"))
        const dial = Effect.flatMap(Transport, (transport) => transport.dial(endpoint))
        expect(yield* Effect.flip(Effect.provide(dial, VirtualNetwork.host("away")))).toMatchObject({
          _tag: "ConnectError",
        })
      }
    }).pipe(over()),
  )

  it.scoped("lets a host use its own address only", () =>
    Effect.gen(function* () {
      yield* wires
      const elsewhere = Effect.provide(listenForWires(tcpEndpoint("home", 8)), VirtualNetwork.host("away"))
      expect(yield* Effect.flip(elsewhere)).toMatchObject({ reason: "AddressNotAvailable" })
      const { accepted, endpoint } = yield* Effect.provide(
        listenForWires(tcpEndpoint("0.0.0.0", 9)),
        VirtualNetwork.host("home"),
      )
      expect(endpoint).toEqual(tcpEndpoint("10.0.0.1", 9))
      const { dial } = (yield* VirtualNetwork).host("away")
      yield* dial(endpoint)
      expect((yield* accepted).remote).toMatchObject({ host: "10.0.0.2" })
      const stolen = dial(endpoint, { host: "10.0.0.1", port: undefined })
      expect(yield* Effect.flip(stolen)).toMatchObject({ reason: "SourceUnavailable" })
    }).pipe(over()),
  )

  it.scoped("refuses impossible options with their field", () =>
    Effect.gen(function* () {
      const fieldOf = (options: VirtualNetworkOptions) =>
        Effect.map(Effect.flip(VirtualNetwork.make(options)), ({ field }) => field)
      expect(yield* fieldOf({ link: { bytesPerSecond: 0 } })).toBe("link.bytesPerSecond")
      expect(yield* fieldOf({ link: { chunkBytes: [5, 2] } })).toBe("link.chunkBytes")
      expect(yield* fieldOf({ capacityBytes: 0 })).toBe("capacityBytes")
      const network = yield* VirtualNetwork.make()
      expect(yield* Effect.flip(network.setLink("a", "b", { latency: -1 }))).toMatchObject({ field: "latency" })
    }),
  )
})
