import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { Client, type ClientSettings, type ReconnectSettings } from "../../src/client/index.ts"
import type { Connection } from "../../src/connection/index.ts"
import { ConnectionClosedError, closeReasons, type Endpoint, tcpEndpoint } from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeAttempts } from "../support/clientGrammar.ts"
import { handles, handlesBeyond } from "../support/handles.ts"
import { start } from "../support/tcpfxProcess.ts"
import { utf8 } from "../support/texts.ts"

const quick: Partial<ReconnectSettings> = {
  jitter: 0,
  baseDelay: Duration.millis(5),
  maxDelay: Duration.millis(20),
}

const recorded = (settings: Partial<ClientSettings> = {}) =>
  Effect.gen(function* () {
    const client = yield* Client.make(settings)
    return { client, events: yield* Testing.probe(client.subscribeEvents({ frames: true })) }
  })

const untilLost = (connection: Connection) => Effect.forever(connection.receive)

/** Sends a text, receives the echo, and fails when the peer closes. */
const talk = (connection: Connection) =>
  Effect.gen(function* () {
    yield* connection.send(utf8("hello"))
    yield* Testing.receiveText(connection)
    yield* connection.receive
    return yield* Effect.fail(new ConnectionClosedError({ reason: closeReasons.peerClosed }))
  })

/** An address that answers no SYN: the backlog of its listener is full, and the process is stopped until `open`. */
const blackHole = Effect.gen(function* () {
  const listener = yield* start(process.execPath, [
    "-e",
    `require("node:net").createServer((socket) => socket.pipe(socket).on("error", () => {}))
      .listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
        process.stdout.write(this.address().port + "\\n")
        process.kill(process.pid, "SIGSTOP")
      })`,
  ])
  const [port] = yield* listener.waitFor("stdout", /\d+/)
  const endpoint = tcpEndpoint("127.0.0.1", Number(port))
  // A backlog of 1 holds two connections (listen(2)).
  yield* Effect.replicateEffect(Testing.dialPeer(endpoint), 2)
  return { endpoint, open: listener.kill("SIGCONT") }
})

describe("a reconnecting client", () => {
  it.scopedLive(
    "makes as many attempts as its limit allows at a port without a listener, after the configured delays",
    () =>
      Effect.gen(function* () {
        const before = yield* handles
        const { client, events } = yield* recorded()
        const error = yield* Effect.flip(
          client.run(tcpEndpoint("127.0.0.1", 1), untilLost, { ...quick, maxAttempts: 6 }),
        )
        expect(error).toMatchObject({ _tag: "ConnectError", reason: "Refused" })
        yield* events.one("GaveUp")
        expectWholeAttempts(events.seen)
        expect(events.all("Reconnecting").map(({ attempt, delayMillis }) => [attempt, delayMillis])).toEqual([
          [1, 5],
          [2, 10],
          [3, 20],
          [4, 20],
          [5, 20],
        ])
        expect(events.all("ConnectFailed").map(({ reason }) => reason)).toEqual(new Array(6).fill("Refused"))
        const times = events.all("Connecting").map(({ at }) => at)
        const waits = times.slice(1).map((at, n) => at - (times[n] ?? 0))
        // Dates are whole milliseconds, so a delay may look 1 ms shorter.
        for (const [n, least] of [5, 10, 20, 20, 20].entries()) expect(waits[n]).toBeGreaterThanOrEqual(least - 1)
        expect(yield* handlesBeyond(before)).toEqual({})
      }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("makes as many attempts at a name without an address, and reports each of them", () =>
    Effect.gen(function* () {
      const { client, events } = yield* recorded()
      const nowhere = tcpEndpoint("nothing.invalid", 80)
      const error = yield* Effect.flip(client.run(nowhere, untilLost, { ...quick, maxAttempts: 3 }))
      expect(error).toMatchObject({ _tag: "ConnectError", reason: "NameNotFound" })
      yield* events.one("GaveUp")
      expectWholeAttempts(events.seen)
      expect(events.all("LookingUp").length).toBe(3)
      expect(events.all("Connecting")).toEqual([])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive(
    "ends each attempt at a silent address after connectTimeout, and connects when the address answers",
    () =>
      Effect.gen(function* () {
        const { endpoint, open } = yield* blackHole
        const before = yield* handles
        const { client, events } = yield* recorded({ connectTimeout: Duration.millis(50) })
        const running = yield* Effect.fork(
          client.run(
            endpoint,
            (connection) => Effect.zipRight(connection.send(utf8("hello")), Testing.receiveText(connection)),
            quick,
          ),
        )
        const failures = yield* events.first("ConnectFailed", 3)
        expect(failures.map(({ reason }) => reason)).toEqual(["Timeout", "Timeout", "Timeout"])
        yield* open
        expect(yield* Fiber.join(running)).toBe("hello")
        yield* events.one("Disconnected")
        expectWholeAttempts(events.seen)
        expect(yield* handlesBeyond(before)).toEqual({})
      }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("leaves no handle when it is stopped during an attempt at a silent address", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* blackHole
      const before = yield* handles
      const { client, events } = yield* recorded()
      const running = yield* Effect.fork(client.run(endpoint, untilLost, quick))
      yield* events.one("Connecting")
      yield* Fiber.interrupt(running)
      expect(yield* handlesBeyond(before)).toEqual({})
      expect(events.tags()).toEqual(["Connecting"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("connects again after each restart of the server, and reports each connection completely", () =>
    Effect.gen(function* () {
      const { client, events } = yield* recorded()
      const serve = (at: Endpoint, scope: Scope.Scope) =>
        Effect.gen(function* () {
          const server = yield* Server.make({ handler: Handler.echo() })
          const { endpoint } = yield* server.listen(at)
          return { server, endpoint }
        }).pipe(Scope.extend(scope))
      // A unique address: on 127.0.0.1 another process could take the port before the next server does.
      const first = yield* Effect.scoped(
        Effect.flatMap(Effect.scope, (scope) => serve(tcpEndpoint("127.42.0.1", 0), scope)),
      )
      const running = yield* Effect.fork(client.run(first.endpoint, talk, quick))
      for (let restart = 1; restart <= 5; restart++) {
        const scope = yield* Scope.make()
        const { server } = yield* serve(first.endpoint, scope)
        yield* events.first("FrameReceived", restart)
        // Every second server drains before it ends, and the others end at once.
        if (restart % 2 === 0) yield* server.drain
        yield* Scope.close(scope, Exit.void)
        yield* events.first("Disconnected", restart)
      }
      yield* Fiber.interrupt(running)
      expect(events.all("Connected").length).toBe(5)
      // The end may interrupt an attempt.
      const last = events.seen.findLastIndex(({ _tag }) => _tag === "Disconnected" || _tag === "ConnectFailed")
      expectWholeAttempts(events.seen.slice(0, last + 1))
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
