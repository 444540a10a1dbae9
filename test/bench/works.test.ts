import { createServer, type Socket } from "node:net"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { everybody, faultyServer } from "./faultyServer.ts"
import { isSkipped, Programs, startLoad, startServer } from "./programs.ts"
import { faultsOf, noFaults, runChurn, runEcho, runFanout, runIdle } from "./reports.ts"

const expectOrdered = (latency: Readonly<Record<"p50" | "p99" | "p999" | "max", number>> | undefined) => {
  if (latency === undefined) return expect.fail("there are no percentiles")
  const { p50, p99, p999, max } = latency
  expect(p50).toBeGreaterThan(0)
  expect(p99).toBeGreaterThanOrEqual(p50)
  expect(p999).toBeGreaterThanOrEqual(p99)
  // A percentile is the middle of a bucket, and a bucket is 0.4 % wide.
  expect(max).toBeGreaterThanOrEqual(p999 * 0.98)
}

/** The port of a broker that forwards the hellos and stops reading when the messages begin. */
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

/** A port without a listener. */
const closedPort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0)))
  })
})

layer(Programs.layer, { excludeTestServices: true })((it) => {
  describe.skipIf(isSkipped)("the load generator", () => {
    it.scoped(
      "takes the latency of each message that was meant for the window, also where it comes behind its end",
      () =>
        Effect.gen(function* () {
          const rate = 1000
          const subscribers = 3
          // The messages of the warm-up come in the window, and the messages of the window after it.
          const { port } = yield* faultyServer("late", 50)
          const { result } = yield* runFanout({ subscribers, rate, warmup: 0.3, seconds: 0.2, port })
          expect(faultsOf(result)).toEqual(noFaults)
          const measured = (result.latencies ?? 0) / subscribers
          expect(Math.abs(measured - rate * result.seconds)).toBeLessThan(1.5)
          // The bound is below 400 ms: a timer may be early by part of a millisecond, and a bucket has a width.
          expect(result.latencyMicros?.p50).toBeGreaterThan(390_000)
          expectOrdered(result.latencyMicros)
        }),
    )

    it.scoped("counts messages as undelivered that were due but never read by the server", () =>
      Effect.gen(function* () {
        const load = { subscribers: 2, size: 1024, rate: 40_000, seconds: 0.3 }
        const { result } = yield* runFanout({ ...load, port: yield* deafServer })
        expect(result.sent).toBeGreaterThanOrEqual(load.rate * load.seconds)
        expect(result.expected).toBe(result.sent * load.subscribers)
        expect(faultsOf(result)).toEqual({ ...noFaults, undelivered: result.expected })
        expect(result.latencies).toBe(0)
      }),
    )

    it.scoped("measures the latency of an answer that arrives after the window", () =>
      Effect.gen(function* () {
        const { port } = yield* faultyServer("late", 4, "echo")
        const load = { connections: 2, depth: 4, warmup: 0.1, seconds: 0.25, least: 2 * 4, port }
        const { result } = yield* runEcho(load)
        expect(faultsOf(result)).toEqual(noFaults)
        // The messages of the warm-up come back in the window. The messages sent in the window come back after it.
        expect(result.roundTrips).toBe(2 * 4)
        expect(result.latencies).toBe(2 * 4)
        expect(result.latencyMicros.p50).toBeGreaterThan(790_000)
      }),
    )

    it.scoped("lets all clients publish at a fixed rate, and reports the latency of messages", () =>
      Effect.gen(function* () {
        const { port } = yield* faultyServer("none", 50)
        const { result, connections } = yield* runFanout({ ...everybody, port })
        expect(connections).toBe(4)
        expect(faultsOf(result)).toEqual(noFaults)
        expect(result.received).toBe(result.sent * 3)
        // A message counts at the time at which it was due, even if a machine that stood still sent it late.
        const meant = (result.latencies ?? 0) / 3
        expect(Math.abs(meant - everybody.rate * result.seconds)).toBeLessThan(1.5)
        expectOrdered(result.latencyMicros)
      }),
    )

    it.scoped("lets all clients keep a number of messages in flight", () =>
      Effect.gen(function* () {
        const { port } = yield* faultyServer("none", 50)
        const { result } = yield* runFanout({ everybody: 1, subscribers: 5, depth: 2, least: 44, port })
        expect(faultsOf(result)).toEqual(noFaults)
        expect(result.sent).toBeGreaterThan(5 * 2)
        expect(result.received).toBe(result.sent * 4)
      }),
    )

    it.scoped("does not count stalled subscribers, and sends each message in its own write", () =>
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

    it.scoped("counts messages as undelivered that do not come back", () =>
      Effect.gen(function* () {
        // A broker does not send a message back to its sender.
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

    it.scoped("exits with 1 and one line if nothing listens on the port, and with 2 for unknown arguments", () =>
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
