import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { MemoryTransport, Transport, type TransportService } from "../../src/transport/index.ts"
import { clientWindow, command, framesOf, rowsOf, serverWindow, text, untilState } from "../support/assistants.ts"
import { overEachTransport } from "../support/eachTransport.ts"

overEachTransport("a client window connects, sends, receives and disconnects", () =>
  Effect.gen(function* () {
    const { assistant: server, endpoint, events } = yield* serverWindow({ mode: "echo" })
    const client = yield* clientWindow()
    const connected = yield* client.execute({ _tag: "Connect", endpoint })
    expect(connected).toMatchObject({ _tag: "ConnectedTo", remote: endpoint })
    expect((yield* client.state).phase).toBe("connected")
    const refused = yield* Effect.flip(client.execute({ _tag: "Connect", endpoint }))
    expect(refused.reason).toBe("already-connected")
    yield* client.execute({ _tag: "Send", payload: text("ping\\n") })
    yield* untilState(client, ({ traffic }) => traffic.framesIn === 1)
    expect(yield* framesOf(client)).toEqual([">ping\\n", "<ping\\n"])
    yield* client.execute({ _tag: "Disconnect" })
    expect(yield* client.state).toMatchObject({ phase: "disconnected", tls: "" })
    expect((yield* client.state).problem).toBeUndefined()
    yield* events.first("ConnectionClosed", 1)
    expect((yield* server.state).clients).toBe(0)
    const [unsent, notEnded] = [
      yield* Effect.flip(client.execute({ _tag: "Send", payload: text("x") })),
      yield* Effect.flip(client.execute({ _tag: "Disconnect" })),
    ]
    expect([unsent.reason, unsent.advice]).toEqual(["not-connected", "connect first"])
    expect([notEnded.reason, notEnded.advice]).toEqual(["not-connected", undefined])
  }).pipe(Effect.scoped),
)

overEachTransport("a failed connect and an invalid endpoint are refused with the reason", () =>
  Effect.gen(function* () {
    const { assistant: server, endpoint } = yield* serverWindow()
    yield* server.execute({ _tag: "StopListening" })
    const client = yield* clientWindow()
    const refused = yield* Effect.flip(client.execute({ _tag: "Connect", endpoint }))
    expect(refused).toMatchObject({ reason: "connect", field: "endpoint", code: "ECONNREFUSED" })
    expect(refused.advice).toBeDefined()
    expect((yield* client.state).phase).toBe("disconnected")
    expect((yield* client.state).problem).toMatchObject({ code: "ECONNREFUSED", message: refused.message })
    const bad = yield* Effect.flip(client.execute({ _tag: "Connect", endpoint: "127.0.0.1:99999" }))
    expect(bad).toMatchObject({ reason: "value", field: "endpoint" })
    expect((yield* client.state).problem?.message).toBe(bad.message)
  }).pipe(Effect.scoped),
)

overEachTransport("a client window shows as its problem that the server closed the connection", () =>
  Effect.gen(function* () {
    const { assistant: server, endpoint } = yield* serverWindow()
    const client = yield* clientWindow()
    yield* client.execute({ _tag: "Connect", endpoint })
    yield* server.execute(command("kick @all"))
    const state = yield* untilState(client, ({ phase }) => phase === "disconnected")
    expect(state.problem).toEqual({ message: "the server closed the connection" })
    yield* client.execute({ _tag: "Connect", endpoint })
    expect((yield* client.state).problem).toBeUndefined()
    yield* server.execute(command("reset @all"))
    const after = yield* untilState(client, ({ phase }) => phase === "disconnected")
    expect(after.problem?.message).toMatch(/reset by the peer/)
  }).pipe(Effect.scoped),
)

it.scoped("a client window reconnects after a countdown, until the user disconnects", () =>
  Effect.gen(function* () {
    const { assistant: server, endpoint } = yield* serverWindow()
    const client = yield* clientWindow({ reconnect: { baseDelay: Duration.seconds(2), jitter: 0 } })
    yield* client.execute({ _tag: "Connect", endpoint })
    yield* server.execute({ _tag: "StopListening", clients: "close" })
    while ((yield* client.state).phase !== "reconnecting") yield* Effect.yieldNow()
    const waiting = yield* client.state
    expect(waiting.retryAt).toBe(2000)
    expect(waiting.attempt).toBe(1)
    yield* server.execute({ _tag: "Listen", endpoint })
    yield* TestClock.adjust("2 seconds")
    while ((yield* client.state).phase !== "connected") yield* Effect.yieldNow()
    yield* server.execute({ _tag: "StopListening", clients: "reset" })
    while ((yield* client.state).phase !== "reconnecting") yield* Effect.yieldNow()
    yield* client.execute({ _tag: "Disconnect" })
    expect((yield* client.state).phase).toBe("disconnected")
    yield* TestClock.adjust("1 minute")
    expect((yield* client.state).phase).toBe("disconnected")
    // Only the row before has the cause.
    expect((yield* rowsOf(client)).slice(-3).map((row) => row.text)).toEqual([
      expect.stringMatching(/^disconnected: reset by the peer/),
      "attempt 2 follows in 4 s",
      "the attempts to connect have ended",
    ])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a client window shows each phase of connecting", () =>
  Effect.gen(function* () {
    const { endpoint } = yield* serverWindow()
    const client = yield* clientWindow()
    const seen: Array<string> = []
    yield* client.client.observe({ onEvent: (event) => void seen.push(event._tag) })
    yield* client.execute({ _tag: "Connect", endpoint: endpoint.replace("127.0.0.1", "localhost") })
    expect(seen).toEqual(["LookingUp", "Connecting", "Connected"])
    const rows = yield* rowsOf(client)
    expect(rows.map((row) => row.text?.split(" ").slice(0, 2).join(" "))).toEqual([
      "looking up",
      expect.stringContaining("connecting to"),
      expect.stringContaining("connected to"),
    ])
    expect(Option.isSome(yield* client.connection)).toBe(true)
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a state is published at once and then ten times a second at most, and no timer runs without a watcher", () =>
  Effect.gen(function* () {
    const { assistant: server, endpoint } = yield* serverWindow()
    const client = yield* clientWindow()
    yield* client.execute({ _tag: "Connect", endpoint })
    const states: Array<number> = []
    const watching = yield* Effect.fork(
      Stream.runForEach(client.states, ({ traffic }) => Effect.sync(() => states.push(traffic.bytesIn))),
    )
    yield* TestClock.adjust("50 millis")
    expect(states).toEqual([0])
    for (let sent = 0; sent < 20; sent++) {
      yield* server.execute({ _tag: "Broadcast", payload: text("x") })
    }
    while ((yield* client.state).traffic.bytesIn < 20) yield* Effect.yieldNow()
    yield* TestClock.adjust("50 millis")
    expect(states).toEqual([0, 20])
    yield* TestClock.adjust("10 seconds")
    // At most two further states follow: the rate rises at one sample, and falls at the next.
    expect(states.length).toBeLessThanOrEqual(4)
    yield* Fiber.interrupt(watching)
    yield* TestClock.adjust("1 second")
    expect(yield* TestClock.sleeps()).toHaveLength(0)
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

/** A transport in which one part fails. */
const failing = (parts: Partial<TransportService>) =>
  Layer.effect(
    Transport,
    Effect.map(Transport, (transport) => Transport.of({ ...transport, ...parts })),
  ).pipe(Layer.provide(MemoryTransport.layer()))

it.scoped("an unknown name and a silent host are refused with advice", () =>
  Effect.gen(function* () {
    const connect = Effect.gen(function* () {
      const client = yield* clientWindow()
      const fiber = yield* Effect.fork(Effect.flip(client.execute({ _tag: "Connect", endpoint: "plc.example:502" })))
      yield* TestClock.adjust("10 seconds")
      const refused = yield* Fiber.join(fiber)
      expect(refused).toMatchObject({ reason: "connect", field: "endpoint" })
      expect((yield* client.state).problem).toMatchObject({ message: refused.message, code: refused.code })
      expect((yield* client.state).phase).toBe("disconnected")
      return refused
    })
    const unknown = yield* Effect.provide(
      connect,
      failing({ resolve: () => Effect.fail({ _tag: "LookupFailed" as const, code: "ENOTFOUND" }) }),
    )
    expect(unknown).toMatchObject({ code: "ENOTFOUND", advice: "check the spelling, or give an IP address" })
    const silent = yield* Effect.provide(
      connect,
      failing({ resolve: () => Effect.succeed(["10.1.2.3"]), dial: () => Effect.never }),
    )
    expect(silent).toMatchObject({ code: "ETIMEDOUT" })
    expect(silent.message).toBe("cannot connect to plc.example:502: no answer in time")
  }),
)

it.scoped("an attempt that the user ends is refused as ended, and leaves nothing running", () =>
  Effect.gen(function* () {
    const client = yield* clientWindow()
    const connecting = yield* Effect.fork(Effect.flip(client.execute({ _tag: "Connect", endpoint: "10.1.2.3:502" })))
    while ((yield* client.state).phase !== "connecting") yield* Effect.yieldNow()
    expect(yield* Effect.flip(client.execute({ _tag: "Connect", endpoint: "10.1.2.3:502" }))).toMatchObject({
      reason: "already-connected",
    })
    yield* client.execute({ _tag: "Disconnect" })
    expect(yield* Fiber.join(connecting)).toMatchObject({ reason: "ended" })
    expect((yield* client.state).phase).toBe("disconnected")
  }).pipe(Effect.provide(failing({ dial: () => Effect.never }))),
)

it.scoped("a half-closed connection shows which side closed, and a client window can pause reading", () =>
  Effect.gen(function* () {
    const { assistant: server, endpoint } = yield* serverWindow({ halfClosed: "keep" })
    const client = yield* clientWindow({ settings: { halfClosed: "keep" } })
    yield* client.execute({ _tag: "Connect", endpoint })
    yield* client.execute({ _tag: "Pause" })
    expect((yield* client.state).paused).toBe(true)
    yield* server.execute({ _tag: "Broadcast", payload: text("later") })
    yield* client.execute({ _tag: "Resume" })
    while ((yield* framesOf(client)).length === 0) yield* Effect.yieldNow()
    yield* client.execute({ _tag: "HalfClose" })
    while ((yield* client.state).phase !== "half-closed") yield* Effect.yieldNow()
    expect((yield* client.state).halfClosedBy).toBe("local")
    expect((yield* Effect.flip(client.execute({ _tag: "Send", payload: text("x") }))).reason).toBe("not-connected")
  }).pipe(Effect.provide(MemoryTransport.layer())),
)
