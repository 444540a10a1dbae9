import { createServer, type Socket } from "node:net"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isSkipped, type LoadArguments, Programs, startLoad, startServer } from "./programs.ts"
import { faultsOf, noFaults, runChurn, runEcho, runFanout, runIdle } from "./reports.ts"

const Faults = Schema.parseJson(Schema.Struct({ faults: Schema.Number }))

/** A broker that makes every so manyth delivery wrong, and tells in the end how many it has. */
const faultyServer = Effect.fnUntraced(function* (fault: string, every: number, mode = "broker") {
  const { server, port } = yield* startServer("faulty", [`fault=${fault}`, `every=${every}`, `mode=${mode}`])
  const made = Effect.gen(function* () {
    yield* server.kill("SIGTERM")
    yield* server.ended
    return (yield* Schema.decodeUnknown(Faults)(server.text("stdout").trimEnd().split("\n").at(-1))).faults
  })
  // Lines that were dropped are foretold when nothing more is sent; no silence before the end of the window means that.
  const windowIsOver = Effect.asVoid(server.write("over\n"))
  return { port, made, windowIsOver }
})

interface FanOut {
  readonly load: LoadArguments
  readonly connections: number
  /** Who gets each message. */
  readonly recipients: number
}

const fanOuts: ReadonlyArray<FanOut> = [
  // Small messages of one publisher, which are checked many at a time.
  { load: { subscribers: 3, size: 64 }, connections: 4, recipients: 3 },
  // Large ones of several publishers, which are checked one by one.
  { load: { everybody: 1, subscribers: 3, size: 700 }, connections: 3, recipients: 2 },
]

/** What is found, where what is not there counts the same whether more came behind it or not. */
const found = (result: Parameters<typeof faultsOf>[0]) => {
  const { lost, undelivered, ...others } = faultsOf(result)
  return { ...others, absent: lost + undelivered }
}
type Found = ReturnType<typeof found>
const nothingFound = found(noFaults)

/** What has to be found of so many faults that the server made. */
const findings: Readonly<Record<string, (made: number) => Partial<Found>>> = {
  drop: (made) => ({ absent: made }),
  double: (made) => ({ doubled: made }),
  // What is wrong or torn has not come.
  flip: (made) => ({ corrupt: made, absent: made }),
  // What nobody sent makes up for nothing.
  invent: (made) => ({ corrupt: made, absent: made }),
  foretell: (made) => ({ corrupt: made, absent: made }),
  swap: (made) => ({ reordered: made }),
  // Two lines are spoilt each time.
  tear: (made) => ({ torn: 2 * made, absent: 2 * made }),
}
/** Lines in a row that a fault may spoil: of the last ones of a publisher, nobody can say that they are lost. */
const longestSpoilt = 2

/** Messages without which a window does not end. Each subscriber meets a fault in them, however slow the machine is. */
const least = 1000

/** A fan-out at a fixed rate. */
const everybody = { everybody: 1, subscribers: 4, rate: 4000 }

const expectOrdered = (latency: Readonly<Record<"p50" | "p99" | "p999" | "max", number>> | undefined) => {
  if (latency === undefined) return expect.fail("there are no percentiles")
  const { p50, p99, p999, max } = latency
  expect(p50).toBeGreaterThan(0)
  expect(p99).toBeGreaterThanOrEqual(p50)
  expect(p999).toBeGreaterThanOrEqual(p99)
  // A percentile stands for its bucket, which is as wide as this.
  expect(max).toBeGreaterThanOrEqual(p999 * 0.98)
}

/** The port of a broker of the hellos, which stops to read where the messages begin. */
const deafServer = Effect.gen(function* () {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}))
    socket.on("data", (chunk) => {
      const lines = chunk.toString("latin1").match(/.*\n/g) ?? []
      const hellos = lines.filter((line) => line.startsWith("--"))
      for (const other of sockets) if (other !== socket) other.write(hellos.join(""))
      if (hellos.length < lines.length) socket.pause()
    })
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }),
  )
  return yield* Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0))
    })
  })
})

/** A port on which nobody listens any more. */
const closedPort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0)))
  })
})

layer(Programs.layer, { excludeTestServices: true })((it) => {
  describe.skipIf(isSkipped)("the load generator", () => {
    it.scoped("finds nothing wrong with a server that makes no mistake, and everything there", () =>
      Effect.forEach(fanOuts, ({ load, connections, recipients }) =>
        Effect.gen(function* () {
          const { port, made } = yield* faultyServer("none", 50)
          const run = yield* runFanout({ ...load, least, port })
          const { result } = run
          expect(run.connections).toBe(connections)
          expect(faultsOf(result)).toEqual(noFaults)
          expect(result.sent).toBeGreaterThan(0)
          expect(result.expected).toBe(result.sent * recipients)
          expect(result.received).toBe(result.expected)
          expect(result.delivered).toBeGreaterThan(0)
          expect(result.delivered).toBeLessThanOrEqual(result.received)
          expect((result.perSecond * result.seconds) / result.delivered).toBeCloseTo(1, 2)
          expect(result.latencyMicros).toBeUndefined()
          expect(yield* made).toBe(0)
        }),
      ),
    )

    for (const [fault, expected] of Object.entries(findings)) {
      it.scoped(`finds each fault of a server that does this: ${fault}`, () =>
        Effect.forEach(
          fanOuts,
          ({ load, connections, recipients }) =>
            Effect.gen(function* () {
              const { port, made, windowIsOver } = yield* faultyServer(fault, 100)
              const { result } = yield* runFanout({ ...load, least, port }, windowIsOver)
              const count = yield* made
              expect(count).toBeGreaterThan(0)
              expect(found(result)).toEqual({ ...nothingFound, ...expected(count) })
              expect(result.received).toBe(result.expected - result.lost - result.undelivered)
              // At most, each connection publishes to each recipient.
              expect(result.undelivered).toBeLessThanOrEqual(connections * recipients * longestSpoilt)
            }),
          { concurrency: "unbounded" },
        ),
      )
    }

    it.scoped("finds each message whose head was changed, even where it became another one that is right", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("head", 10)
        const { result } = yield* runFanout({ subscribers: 3, rate: 4000, port })
        const count = yield* made
        expect(count).toBeGreaterThan(9)
        const { corrupt, doubled, reordered, absent } = found(result)
        // One that became another one comes twice, for none becomes one that was changed itself. Where it became a
        // later one, those in between come behind it.
        expect({ absent, wrong: corrupt + doubled }).toEqual({ absent: count, wrong: count })
        expect(found(result)).toEqual({ ...nothingFound, absent, corrupt, doubled, reordered })
      }),
    )

    it.scoped("does not call lost what has only not come yet", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("stop", 50)
        const { result } = yield* runFanout({ ...everybody, port })
        const count = yield* made
        expect(count).toBeGreaterThan(0)
        expect(faultsOf(result)).toEqual({ ...noFaults, undelivered: count })
        expect(result.received).toBe(result.expected - count)
      }),
    )

    it.scoped("tells what a subscriber missed whose connection the server closed from what others miss", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("close", 50)
        const { result } = yield* runFanout({ subscribers: 3, rate: 2000, port })
        expect(yield* made).toBe(1)
        const missed = result.expected - result.received
        expect(missed).toBeGreaterThan(0)
        expect(faultsOf(result)).toEqual({ ...noFaults, disconnected: 1, missedByDisconnected: missed })
        expect(missed).toBeLessThanOrEqual(result.sent)
      }),
    )

    it.scoped(
      "takes the latency of each message that was meant for the window, also where it comes behind its end",
      () =>
        Effect.gen(function* () {
          const rate = 1000
          const subscribers = 3
          // The messages of the warm-up come within the window, those of the window behind it.
          const { port } = yield* faultyServer("late", 50)
          const { result } = yield* runFanout({ subscribers, rate, warmup: 0.3, seconds: 0.2, port })
          expect(faultsOf(result)).toEqual(noFaults)
          const measured = (result.latencies ?? 0) / subscribers
          expect(Math.abs(measured - rate * result.seconds)).toBeLessThan(1.5)
          // A timer may be early by a fraction of a millisecond, and a percentile is that of its bucket.
          expect(result.latencyMicros?.p50).toBeGreaterThan(390_000)
          expectOrdered(result.latencyMicros)
        }),
    )

    for (const fault of ["invent", "foretell"])
      it.scoped(`finds in an echo what was never sent: ${fault}`, () =>
        Effect.gen(function* () {
          const { port, made, windowIsOver } = yield* faultyServer(fault, 200, "echo")
          const load = { connections: 2, depth: 4, least: 400, port }
          const { result } = yield* runEcho(load, windowIsOver)
          const count = yield* made
          // Of 400 messages that are right, one connection has 200. With each fault one less is under way.
          expect(count).toBeGreaterThan(0)
          expect(count).toBeLessThanOrEqual(2 * 4)
          expect(found(result)).toEqual({ ...nothingFound, corrupt: count, absent: count })
        }),
      )

    it.scoped("counts as undelivered what was meant to be sent and the server never took", () =>
      Effect.gen(function* () {
        const load = { subscribers: 2, size: 1024, rate: 40_000, seconds: 0.3 }
        const { result } = yield* runFanout({ ...load, port: yield* deafServer })
        expect(result.sent).toBeGreaterThanOrEqual(load.rate * load.seconds)
        expect(result.expected).toBe(result.sent * load.subscribers)
        expect(faultsOf(result)).toEqual({ ...noFaults, undelivered: result.expected })
        expect(result.latencies).toBe(0)
      }),
    )

    it.scoped("takes the latency of an answer that comes behind the window", () =>
      Effect.gen(function* () {
        const { port } = yield* faultyServer("late", 4, "echo")
        const load = { connections: 2, depth: 4, warmup: 0.1, seconds: 0.25, least: 2 * 4, port }
        const { result } = yield* runEcho(load)
        expect(faultsOf(result)).toEqual(noFaults)
        // What was sent in the warm-up comes within the window, sooner than what is sent then and comes behind it.
        expect(result.roundTrips).toBe(2 * 4)
        expect(result.latencies).toBe(2 * 4)
        expect(result.latencyMicros.p50).toBeGreaterThan(790_000)
      }),
    )

    it.scoped("finds each message that comes back to its own sender", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("echo", 50)
        const { result } = yield* runFanout({ ...everybody, port })
        const count = yield* made
        expect(count).toBeGreaterThan(0)
        expect(faultsOf(result)).toEqual({ ...noFaults, own: count })
        expect(result.received).toBe(result.expected)
      }),
    )

    it.scoped("lets everybody publish at a fixed rate, and tells how long messages took", () =>
      Effect.gen(function* () {
        const { port } = yield* faultyServer("none", 50)
        const { result, connections } = yield* runFanout({ ...everybody, port })
        expect(connections).toBe(4)
        expect(faultsOf(result)).toEqual(noFaults)
        expect(result.received).toBe(result.sent * 3)
        // What a machine that stood still sent late was meant for its time all the same.
        const meant = (result.latencies ?? 0) / 3
        expect(Math.abs(meant - everybody.rate * result.seconds)).toBeLessThan(1.5)
        expectOrdered(result.latencyMicros)
      }),
    )

    it.scoped("lets everybody keep some messages under way", () =>
      Effect.gen(function* () {
        const { port } = yield* faultyServer("none", 50)
        const { result } = yield* runFanout({ everybody: 1, subscribers: 5, depth: 2, least: 44, port })
        expect(faultsOf(result)).toEqual(noFaults)
        expect(result.sent).toBeGreaterThan(5 * 2)
        expect(result.received).toBe(result.sent * 4)
      }),
    )

    it.scoped("lets subscribers stall that do not count, and writes each message by itself", () =>
      Effect.gen(function* () {
        const { port } = yield* faultyServer("none", 50)
        const load = { subscribers: 3, stalled: 2, write: "single", rate: 2000, port }
        const { result, connections } = yield* runFanout(load)
        expect(connections).toBe(3 + 2 + 1)
        expect(faultsOf(result)).toEqual(noFaults)
        expect(result.received).toBe(result.sent * 3)
      }),
    )

    it.scoped("counts round trips of an echo", () =>
      Effect.gen(function* () {
        const { port } = yield* startServer("rawChunks", ["echo"])
        const { result, connections } = yield* runEcho({ connections: 5, depth: 4, least: 21, port })
        expect(connections).toBe(5)
        expect(faultsOf(result)).toEqual(noFaults)
        expect(result.roundTrips).toBeGreaterThan(5 * 4)
        expectOrdered(result.latencyMicros)
      }),
    )

    it.scoped("misses what does not come back", () =>
      Effect.gen(function* () {
        // A broker gives nobody his own.
        const { port } = yield* startServer("rawChunks", ["broker"])
        const { result } = yield* runEcho({ connections: 1, depth: 4, port })
        expect(result.roundTrips).toBe(0)
        expect(faultsOf(result)).toEqual({ ...noFaults, undelivered: 4 })
      }),
    )

    it.scoped("opens and closes connections", () =>
      Effect.gen(function* () {
        const { port } = yield* startServer("rawChunks", ["echo"])
        const { result, connections } = yield* runChurn({ concurrency: 4, least: 5, port })
        expect(connections).toBe(4)
        expect(result.connections).toBeGreaterThan(4)
        expect(result.failed).toBe(0)
      }),
    )

    it.scoped("holds connections until its input ends", () =>
      Effect.gen(function* () {
        const { port } = yield* startServer("rawChunks", ["echo"])
        const { code, connections, result } = yield* runIdle({ connections: 50, port }, (end) => end)
        expect({ code, connections }).toEqual({ code: 0, connections: 50 })
        expect(result).toMatchObject({ connections: 50 })
      }),
    )

    it.scoped("ends by itself when the server has closed all connections", () =>
      Effect.gen(function* () {
        const { server, port } = yield* startServer("rawChunks", ["echo"])
        const { code, result } = yield* runIdle({ connections: 50, port }, () => server.kill("SIGTERM"))
        expect(code).toBe(0)
        expect(result).toMatchObject({ connections: 50 })
      }),
    )

    it.scoped("ends with 1 and one line where nobody listens, with 2 for arguments that it does not know", () =>
      Effect.gen(function* () {
        const port = yield* closedPort
        const cases = [
          { work: "fanout", load: { port }, code: 1 },
          { work: "fanout", load: { port, proto: "mqtt" }, code: 2 },
          { work: "echo", load: { port, pairs: 1 }, code: 2 },
          { work: "dance", load: { port }, code: 2 },
        ]
        for (const { work, load, code } of cases) {
          const generator = yield* startLoad(work, load)
          expect((yield* generator.ended).code).toBe(code)
          expect(generator.text("stderr")).toMatch(/^load: .+\n$/)
          expect(generator.text("stdout")).toBe("")
        }
      }),
    )
  })
})
