import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { Client } from "../../src/client/index.ts"
import { decodeServerEventLine, type ServerEvent, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport, Tls } from "../../src/transport/index.ts"
import { poll, queuedBytes, residentBytes, untilStill } from "../support/kernel.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { expectServeRefuses, type Process, tcpfxServe } from "../support/tcpfxProcess.ts"
import { string } from "../support/texts.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const local = (port: number) => tcpEndpoint("127.0.0.1", port)

/** The processes of the workers of a server. */
const workersOf = (server: Process): ReadonlyArray<number> =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false
      try {
        const parent = Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ", 2)[1]?.split(" ")[1])
        return parent === server.child.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("__worker")
      } catch {
        return false
      }
    })

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

const eventsOf = (server: Process): ReadonlyArray<ServerEvent> =>
  server
    .text("stdout")
    .split("\n")
    // The last line may not be complete yet.
    .slice(0, -1)
    .map((line) => Either.getOrThrow(decodeServerEventLine(line)))

const eventsWith = <T extends ServerEvent["_tag"]>(server: Process, tag: T) =>
  eventsOf(server).filter((event): event is Extract<ServerEvent, { readonly _tag: T }> => event._tag === tag)

/** Sends one command to a control socket, and returns the answer. */
const ask = (path: string, command: string) =>
  Effect.gen(function* () {
    const peer = yield* dialRaw(unixEndpoint(path))
    yield* peer.send(`${command}\n`)
    let line = ""
    while (!line.endsWith("\n")) line += string(yield* peer.take(1))
    return JSON.parse(line)
  }).pipe(Effect.scoped)

const dialMany = (port: number, count: number) =>
  Effect.forEach(Array.from({ length: count }), () => dialRaw(local(port)), { concurrency: 1 })

describe("tcpfx serve --workers", () => {
  it.scopedLive("numbers the clients of all workers in one row, and shows them in one state", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "control")
      const { port, server } = yield* tcpfxServe([
        ...["--workers", "3", "--mode", "echo", "--output", "json", "--control", path],
      ])
      expect(workersOf(server).length).toBe(3)
      const peers = yield* dialMany(port, 9)
      for (const [at, peer] of peers.entries()) {
        yield* peer.send(`hello ${at}`)
        yield* peer.expect(`hello ${at}`)
      }
      const { connections, opened } = yield* ask(path, "state")
      expect(opened).toBe(9)
      expect(connections.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(connections.map(({ bytesIn, bytesOut }: never) => [bytesIn, bytesOut])).toEqual(peers.map(() => [7, 7]))
      expect(yield* ask(path, "send text hi")).toMatchObject({ ok: true, to: [1, 2, 3, 4, 5, 6, 7, 8, 9] })
      for (const peer of peers) yield* peer.expect("hi")
      expect(yield* ask(path, "send @4 text four")).toMatchObject({ ok: true, to: [4] })
      yield* server.waitFor("stdout", /"_tag":"FrameSent".*"to":\[4\]/)
      const received = eventsWith(server, "FrameReceived")
      expect(new Set(received.map(({ id }) => id)).size).toBe(9)
      expect(new Set(eventsOf(server).map(({ seq }) => seq)).size).toBe(eventsOf(server).length)
    }),
  )

  it.scopedLive("tells the end of each connection of a killed worker once, and replaces the worker", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--workers", "2", "--mode", "echo", "--output", "json"])
      const peers = yield* dialMany(port, 10)
      for (const peer of peers) {
        yield* peer.send("x")
        yield* peer.take(1)
      }
      const [victim = 0] = workersOf(server)
      process.kill(victim, "SIGKILL")
      yield* server.waitFor("stdout", /"_tag":"WorkerStarted".*"restarts":1/)
      const ended = eventsWith(server, "ConnectionClosed")
      expect(ended.length).toBe(5)
      expect(new Set(ended.map(({ id }) => id)).size).toBe(5)
      expect(ended.map(({ bytesIn, reason }) => ({ ...reason, bytesIn }))).toEqual(
        ended.map(() => expect.objectContaining({ _tag: "WorkerDied", cause: "SIGKILL" })),
      )
      expect(eventsWith(server, "WorkerEnded")).toMatchObject([{ pid: victim, cause: "SIGKILL", connections: 5 }])
      // New clients go to the new worker, because it has the fewest.
      const later = yield* dialMany(port, 5)
      for (const peer of later) {
        yield* peer.send("y")
        yield* peer.expect("y")
      }
      // A worker answers its client before the main process knows the connection.
      yield* server.waitFor("stdout", /"_tag":"ConnectionOpened","seq":\d+,"at":\d+,"id":15,/)
      yield* server.kill("SIGTERM")
      yield* server.waitFor("stdout", /"_tag":"DrainStarted","seq":\d+,"at":\d+,"connections":10/)
      for (const peer of [...peers, ...later]) yield* peer.halfClose
      expect((yield* server.ended).code).toBe(143)
      const closed = eventsWith(server, "ConnectionClosed")
      expect(closed.map(({ id }) => id).sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1))
      expect(eventsWith(server, "DrainFinished")).toMatchObject([{ graceful: 10, forced: 0 }])
    }),
  )

  it.scopedLive("relays each frame once to every client of every worker, in the order of its publisher", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--workers", "3", "--broker", "--frame", "line", "--no-traffic"])
      const peers = yield* dialMany(port, 12)
      yield* server.waitFor("stderr", /#12 connected/)
      const lines = 400
      const publishers = peers.slice(0, 4)
      yield* Effect.forEach(publishers, (peer, at) => {
        const own = Array.from({ length: lines }, (_, line) => `${at}:${String(line).padStart(4, "0")}\n`)
        return peer.send(own.join(""))
      })
      for (const [at, peer] of peers.entries()) {
        const foreign = publishers.length - (at < publishers.length ? 1 : 0)
        const received = string(yield* peer.take(foreign * lines * 7))
        for (const publisher of publishers.keys()) {
          const own = received.split("\n").filter((line) => line.startsWith(`${publisher}:`))
          const expected = publisher === at ? [] : Array.from({ length: lines }, (_, line) => line)
          expect(own.map((line) => Number(line.slice(2)))).toEqual(expected)
        }
      }
    }),
  )

  it.scopedLive("applies the limits to all workers together", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe([
        ...["--workers", "2", "--mode", "echo", "--max-per-address", "3", "--refusal", "full", "--output", "json"],
      ])
      const peers = yield* dialMany(port, 5)
      const refused = yield* Effect.forEach(peers.slice(3), (peer) => peer.takeRest)
      expect(refused.map(string)).toEqual(["full", "full"])
      yield* peers[0]?.halfClose ?? Effect.void
      yield* server.waitFor("stdout", /"_tag":"ConnectionClosed"/)
      const next = yield* dialRaw(local(port))
      yield* next.send("x")
      yield* next.expect("x")
      expect(eventsWith(server, "ConnectionRefused").map(({ rule }) => rule._tag)).toEqual([
        "TooManyOfAddress",
        "TooManyOfAddress",
      ])
    }),
  )

  it.scopedLive("drains: sends everything to a client that reads late, and leaves no process", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--workers", "2", "--broker", "--no-traffic", "--drain", "20s"])
      const workers = workersOf(server)
      const reader = yield* dialRaw(local(port), { reads: false })
      yield* server.waitFor("stderr", /#1 connected/)
      const writer = yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#2 connected/)
      const size = 6 * 1024 * 1024
      yield* writer.send(Buffer.alloc(size, "x"))
      yield* writer.halfClose
      yield* server.waitFor("stderr", /#2 sent FIN/)
      yield* server.kill("SIGINT")
      yield* server.waitFor("stderr", /draining 2 connections/)
      yield* reader.startReading
      expect((yield* reader.takeRest).length).toBe(size)
      yield* reader.halfClose
      expect((yield* server.ended).code).toBe(130)
      expect(server.text("stderr")).toMatch(/#1 closed: drained/)
      expect(workers.filter(isAlive)).toEqual([])
    }),
  )

  it.scopedLive("drains: sends a client the frames that still wait in the worker of their publisher", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--workers", "2", "--broker", "--no-traffic", "--drain", "20s"])
      const [, second = 0] = workersOf(server)
      const reader = yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#1 connected/)
      const writer = yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#2 connected/)
      // While the main process is stopped, the frames wait in the second worker.
      yield* server.kill("SIGSTOP")
      const size = 900 * 1024
      yield* writer.send(Buffer.alloc(size, "x"))
      yield* poll("the worker has read everything", () => queuedBytes(port) === 0 || undefined)
      process.kill(second, "SIGSTOP")
      yield* server.kill("SIGCONT")
      yield* server.kill("SIGINT")
      yield* server.waitFor("stderr", /draining 2 connections/)
      process.kill(second, "SIGCONT")
      expect((yield* reader.takeRest).length).toBe(size)
      yield* reader.halfClose
      yield* writer.halfClose
      expect((yield* server.ended).code).toBe(130)
    }),
  )

  it.scopedLive("stops reading from its clients while nobody reads its output, and loses nothing", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--workers", "2", "--mode", "discard", "--output", "raw"])
      const peers = yield* dialMany(port, 2)
      const before = [server.child.pid ?? 0, ...workersOf(server)].map((pid) => [pid, residentBytes(pid)] as const)
      server.child.stdout.pause()
      const size = 48 * 1024 * 1024
      for (const peer of peers) yield* peer.send(Buffer.alloc(size, "x"))
      // The queues of the sockets stay full, because neither the main process nor the workers read on.
      expect(yield* untilStill("the queue of the sockets", () => queuedBytes(port))).toBeGreaterThan(0)
      for (const [pid, bytes] of before) expect(residentBytes(pid) - bytes).toBeLessThan(40 * 1024 * 1024)
      server.child.stdout.resume()
      yield* server.waitForBytes("stdout", 2 * size)
      yield* server.kill("SIGTERM")
      for (const peer of peers) yield* peer.halfClose
      expect((yield* server.ended).code).toBe(143)
      expect(server.bytes("stdout").length).toBe(2 * size)
    }),
  )

  it.scopedLive("makes the handshakes of TLS in the workers, and tells the failed ones", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe([
        ...["--workers", "2", "--mode", "echo", "--tls", "--max-per-address", "2", "--output", "json"],
      ])
      const client = yield* Client.make({ tls: yield* Tls.connector({ verify: false }) })
      const first = yield* client.connect(local(port))
      yield* first.sendText("hello")
      expect(yield* Testing.receiveText(first)).toBe("hello")
      const stranger = yield* dialRaw(local(port))
      yield* stranger.send("this is not TLS")
      yield* stranger.takeRest
      yield* server.waitFor("stdout", /"_tag":"ConnectionRefused"/)
      // The failed handshake has freed its place.
      const second = yield* client.connect(local(port))
      yield* second.sendText("again")
      expect(yield* Testing.receiveText(second)).toBe("again")
      // The worker answers its client itself, so the main process can show the event later.
      yield* server.waitFor("stdout", /"ConnectionOpened"[\s\S]*"ConnectionOpened"/)
      expect(eventsWith(server, "ConnectionRefused").map(({ rule }) => rule._tag)).toEqual(["HandshakeFailed"])
      expect(eventsWith(server, "ConnectionOpened").map(({ id, tls }) => [id, tls?.protocol])).toEqual([
        [1, "TLSv1.3"],
        [2, "TLSv1.3"],
      ])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("gives a worker the bytes after a PROXY header, and the client that the header names", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe([
        ...["--workers", "2", "--mode", "echo", "--output", "json"],
        ...["--proxy-protocol", "require", "--proxy-from", "127.0.0.1", "--deny", "9.9.9.0/24"],
      ])
      const denied = yield* dialRaw(local(port))
      yield* denied.send("PROXY TCP4 9.9.9.9 5.6.7.8 1111 2222\r\nhello")
      expect((yield* denied.takeRest).length).toBe(0)
      const peer = yield* dialRaw(local(port))
      yield* peer.send("PROXY TCP4 1.2.3.4 5.6.7.8 1111 2222\r\nhello")
      yield* peer.expect("hello")
      yield* server.waitFor("stdout", /"_tag":"FrameReceived"/)
      expect(eventsWith(server, "ConnectionOpened").map(({ remote }) => remote)).toEqual([tcpEndpoint("1.2.3.4", 1111)])
    }),
  )

  it.scopedLive("ends its workers when the server itself is killed", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--workers", "2", "--mode", "echo"])
      const peer = yield* dialRaw(local(port))
      yield* peer.send("x")
      yield* peer.take(1)
      yield* server.kill("SIGKILL")
      // The sockets of the client are closed when the last process that has them ends.
      yield* peer.takeRest
    }),
  )

  it.scopedLive("refuses what does not work across processes, and bad numbers", () =>
    expectServeRefuses([
      [["--workers", "0"], /--workers: "0" is not a number of workers: .*; expected 1 to 256, or auto/],
      [
        ["--workers", "257"],
        /--workers: "257" is not a number of workers: it is out of range; expected 1 to 256, or auto/,
      ],
      [["--workers", "2", "--mode", "chat"], /--workers: --mode chat keeps/],
      [["--workers", "2", "--exec", "/bin/cat"], /--workers: the programs of --exec/],
      [["--workers", "2", "-l"], /--workers: -l alone serves one client/],
      [["--workers", "2", "--max-pending", "1m"], /--workers: --max-pending is counted in one process/],
      [["--workers", "2", "--max-rate-in-all", "1m"], /--workers: --max-rate-in-all is counted in one process/],
      [["--workers", "2", "--tls", "--tls-keylog", "keys"], /--workers: --tls-keylog is written by one process/],
      [["--workers", "2", "--rule", "when text hi: reply text ho"], /--rule/],
    ]),
  )
})
