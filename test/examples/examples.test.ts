import { assert, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { Client } from "tcpfx/client"
import { Codec, Framing } from "tcpfx/domain"
import { Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
import { gateway } from "../../examples/actor.ts"
import { chat } from "../../examples/chat-server.ts"
import { hello } from "../../examples/hello-client.ts"
import { HelloServer } from "../../examples/hello-server.ts"
import { switchboard } from "../../examples/inside-server.ts"
import { speaker, User } from "../../examples/middleware.ts"
import { collector, device } from "../../examples/telemetry.ts"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { makeIdentity } from "../support/certificates.ts"
import { recordingConsole } from "../support/recordingConsole.ts"

it.scopedLive("the chat example relays lines, records them and reports connections and ends", () =>
  Effect.gen(function* () {
    const { console, seen } = yield* recordingConsole
    const { endpoint } = yield* Effect.withConsole(chat, console)
    const client = yield* Client.make({ frame: Framing.line })
    const ann = yield* client.connect(endpoint)
    const bob = yield* client.connect(endpoint)
    yield* seen("ConnectionOpened")
    yield* bob.send(yield* Codec.text.encode("I am here"))
    yield* seen("I am here")
    const heard = Option.getOrThrow(yield* ann.receive)
    expect(yield* Codec.text.decode(heard)).toBe("I am here")
    yield* ann.close
    yield* seen("ConnectionClosed")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the hello examples: the client sends Hello, server! and gets Hello, client!", () =>
  Effect.gen(function* () {
    const context = yield* Layer.build(HelloServer)
    const server = Context.get(context, Server)
    const [endpoint] = yield* server.listening
    assert(endpoint !== undefined)
    expect(yield* hello(endpoint)).toBe("Hello, client!")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the telemetry example: a device is known by its certificate, and its lines arrive in order", () =>
  Effect.gen(function* () {
    const ca = yield* Effect.promise(() => makeIdentity({ name: "CA" }))
    const own = yield* Effect.promise(() => makeIdentity({ name: "collector", by: ca }))
    const plc = yield* Effect.promise(() => makeIdentity({ name: "plc-1", by: ca }))
    const { endpoint, server } = yield* collector(own, ca.cert)
    const events = yield* Testing.probe(server.subscribeEvents({ frames: true }))
    const session = yield* device(endpoint, plc, ca.cert)
    for (const line of ["21.5", "21.7"]) yield* session.send(yield* Codec.text.encode(line))
    const received = yield* events.first("FrameReceived", 2)
    expect(received.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(["21.5", "21.7"])
    expect((yield* events.one("ConnectionOpened")).tls?.peer?.subject).toBe("CN=plc-1")
    yield* session.close
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the example inside a server: a client lists the others, writes to one and kicks it", () =>
  Effect.gen(function* () {
    const { endpoint } = yield* switchboard
    const client = yield* Client.make({ frame: Framing.line })
    const ann = yield* client.connect(endpoint)
    const bob = yield* client.connect(endpoint)
    const ask = (line: string) => Effect.flatMap(Codec.text.encode(line), ann.send)
    const heardBy = (connection: typeof ann) =>
      Effect.flatMap(Effect.flatten(connection.receive), (payload) => Codec.text.decode(payload))
    yield* Codec.text.encode("?").pipe(Effect.flatMap(bob.send))
    expect(yield* heardBy(bob)).toBe("use: list, to ID TEXT, kick ID")
    yield* ask("list")
    expect(yield* heardBy(ann)).toBe("1 2")
    yield* ask("to 2 good morning")
    expect(yield* heardBy(bob)).toBe("good morning")
    yield* ask("kick 2")
    expect(yield* bob.receive).toEqual(Option.none())
    yield* ask("to 7 anyone?")
    expect(yield* heardBy(ann)).toContain("there is no connection #7")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the actor example: meters say their names, are polled, and forget their readings", () =>
  Effect.gen(function* () {
    const { endpoint, states, tellAll } = yield* gateway
    const client = yield* Client.make({ frame: Framing.line })
    const meter = yield* client.connect(endpoint)
    const says = (line: string) => Effect.flatMap(Codec.text.encode(line), meter.send)
    const hears = Effect.flatMap(Effect.flatten(meter.receive), (payload) => Codec.text.decode(payload))
    yield* says("plc-1")
    expect(yield* hears).toBe("hello plc-1")
    yield* tellAll("poll")
    expect(yield* hears).toBe("?")
    yield* says("21.5")
    const next = Effect.zipRight(nextTurn, states)
    expect(yield* Effect.repeat(next, { until: ([first]) => first?.readings.length === 1 })).toEqual([
      { name: "plc-1", readings: [21.5] },
    ])
    yield* tellAll("forget")
    yield* Effect.repeat(next, { until: ([first]) => first?.readings.length === 0 })
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive(
  "the middleware example: users log in, speak, and are refused for a wrong password or too many lines",
  () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* speaker(
        new Map([
          ["ann", "1"],
          ["bob", "2"],
        ]),
      )
      const events = yield* Testing.probe(server.subscribeEvents())
      const client = yield* Client.make({ frame: Framing.line })
      const login = (line: string) =>
        Effect.gen(function* () {
          const connection = yield* client.connect(endpoint)
          yield* Effect.flatMap(Codec.text.encode(line), connection.send)
          const answer = yield* Codec.text.decode(yield* Effect.flatten(connection.receive))
          return { connection, answer }
        })
      const ann = yield* login("ann 1")
      const bob = yield* login("bob 2")
      expect([ann.answer, bob.answer]).toEqual(["welcome ann", "welcome bob"])
      expect((yield* login("eve 1")).answer).toBe("refused: unknown name or wrong password")
      expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({ tag: "PeerRefusedError" })
      expect((yield* server.connections).map(User.of)).toEqual(["ann", "bob"])
      yield* Effect.flatMap(Codec.text.encode("hi"), ann.connection.send)
      expect(yield* Codec.text.decode(yield* Effect.flatten(bob.connection.receive))).toBe("ann: hi")
      yield* Effect.replicateEffect(Effect.flatMap(Codec.text.encode("spam"), ann.connection.sendNow), 20)
      const closed = yield* events.one("ConnectionClosed", ({ id }) => id === 1)
      expect(closed.reason).toMatchObject({ message: "the peer was refused: it sent more than 10 messages within 1 s" })
    }).pipe(Effect.provide(NodeTransport.layer), Logger.withMinimumLogLevel(LogLevel.None)),
)
