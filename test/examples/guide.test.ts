import { assert, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Client, ClientConfig } from "tcpfx/client"
import { Codec, Framing } from "tcpfx/domain"
import { Handler, Server } from "tcpfx/server"
import { MemoryTransport, NodeTransport } from "tcpfx/transport"
import { machineStates, Prices, publishPrice } from "../../examples/back-pressure.ts"
import { ask, follow } from "../../examples/client-life.ts"
import { Main, Shop } from "../../examples/configuration.ts"
import { Gateway, type Reading, report, Store } from "../../examples/device-gateway.ts"
import { connectModbus, modbus, modbusFraming } from "../../examples/modbus-client.ts"
import { deviceFraming } from "../../examples/own-framing.ts"
import { Restartable, whileClosed } from "../../examples/restart.ts"
import { closesSilentClients, Numbering, numbersLines, survivesLosses } from "../../examples/testing.ts"
import { AuctionServer, enter } from "../../examples/typed-protocol.ts"
import { Journal, status } from "../../examples/watch.ts"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { recordingConsole } from "../support/recordingConsole.ts"
import { utf8 } from "../support/texts.ts"

const endpointOf = Effect.flatMap(Server, (server) => Effect.map(server.listening, ([endpoint]) => endpoint)).pipe(
  Effect.flatMap((endpoint) =>
    endpoint === undefined ? Effect.dieMessage("it does not listen") : Effect.succeed(endpoint),
  ),
)

it.scopedLive("the gateway stores a reading and acknowledges it, and ends a device that sends nonsense", () =>
  Effect.gen(function* () {
    const stored = yield* Queue.unbounded<Reading>()
    const store = Layer.succeed(Store, { save: (reading) => Queue.offer(stored, reading) })
    yield* Effect.gen(function* () {
      const gateway = yield* endpointOf
      yield* report(gateway, { device: 7, celsius: 21.55 })
      expect(yield* Queue.take(stored)).toEqual({ device: 7, celsius: 21.55 })
      const unsent = yield* Effect.flip(report(gateway, { device: 7, celsius: 200 }))
      expect(unsent._tag).toBe("CodecError")
      const events = yield* Testing.probe((yield* Server).subscribeEvents())
      const client = yield* Client.make({ frame: Framing.lengthPrefixed({ field: "u16be" }) })
      const nonsense = yield* client.connect(gateway)
      yield* nonsense.send(utf8("abc"))
      const failed = yield* events.one("ConnectionClosed", ({ reason }) => reason._tag === "HandlerFailed")
      expect(failed.reason).toMatchObject({ tag: "CodecError" })
    }).pipe(Effect.provide(Layer.provide(Gateway, store)))
  }).pipe(Effect.provide(NodeTransport.layer), Logger.withMinimumLogLevel(LogLevel.None)),
)

it.scopedLive("the auction tells all clients a higher price, and refuses a low or an invalid bid", () =>
  Effect.gen(function* () {
    const auction = yield* endpointOf
    const ann = yield* enter(auction)
    const bob = yield* enter(auction)
    const heardBy = (connection: typeof ann) => Effect.flatten(Stream.runHead(connection.messages))
    yield* ann.send({ _tag: "Bid", name: "ann", amount: 10 })
    const price = { _tag: "Price", amount: 10, by: "ann" }
    expect([yield* heardBy(ann), yield* heardBy(bob)]).toEqual([price, price])
    yield* bob.send({ _tag: "Bid", name: "bob", amount: 10 })
    expect(yield* heardBy(bob)).toEqual({ _tag: "Refused", reason: "10 is not enough" })
    const raw = yield* (yield* Client.make({ frame: Framing.line })).connect(auction)
    yield* raw.sendText('{"_tag":"Bid","name":"eve","amount":-1}')
    expect(yield* Testing.receiveText(raw)).toContain("amount")
  }).pipe(
    Effect.provide(AuctionServer),
    Effect.provide(Layer.provide(Client.layer, ClientConfig.layer())),
    Effect.provide(NodeTransport.layer),
  ),
)

it.scopedLive("the Modbus client reads registers at the same time, and fails with the exception of the device", () =>
  Effect.gen(function* () {
    const device = yield* Server.make({
      settings: { frame: modbusFraming },
      handler: Handler.respond((payload) =>
        Effect.gen(function* () {
          const call = yield* modbus.decode(payload)
          const [high = 0, low = 0] = call.data
          const isKnown = call.unit === 1
          const data = isKnown ? Uint8Array.of(4, high, low, 0, call.id) : Uint8Array.of(2)
          return yield* modbus.encode({ ...call, code: isKnown ? call.code : call.code | 0x80, data })
        }),
      ),
    })
    const { endpoint } = yield* device.listen("127.0.0.1:0")
    const { read, state } = yield* connectModbus(endpoint)
    const both = yield* Effect.all([read(1, 258, 2), read(1, 7, 2)], { concurrency: 2 })
    expect(both).toEqual([
      [258, 0],
      [7, 1],
    ])
    expect(yield* Effect.flip(read(9, 0, 1))).toMatchObject({ _tag: "ModbusException", exception: 2 })
    expect((yield* state).inFlight).toBe(0)
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("a client asks with a half-close, reads up to the FIN, and sees the reason of the end", () =>
  Effect.gen(function* () {
    const server = yield* Server.make({
      settings: { frame: Framing.line },
      handler: (connection) =>
        Effect.gen(function* () {
          const question = yield* Effect.flatten(connection.receive)
          yield* connection.peerEnded
          yield* connection.send(question)
          yield* connection.sendText("that was all")
        }),
    })
    const { endpoint } = yield* server.listen("127.0.0.1:0")
    const { lines, reason } = yield* ask(endpoint, "who?")
    expect(lines).toEqual(["who?", "that was all"])
    expect(reason).toEqual({ _tag: "LocalClosed" })
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("a follower logs in again after each loss, and sends what waited", () =>
  Effect.gen(function* () {
    const heard = yield* Queue.unbounded<string>()
    const server = yield* Server.make({
      settings: { frame: Framing.line },
      handler: (connection) =>
        connection.runForEach((line) =>
          Effect.gen(function* () {
            const text = yield* Codec.text.decode(line)
            yield* Queue.offer(heard, `${connection.id} ${text}`)
            if (text.startsWith("LOGIN")) yield* connection.sendText("OK")
          }),
        ),
    })
    const { endpoint } = yield* server.listen("127.0.0.1:0")
    const session = yield* follow(endpoint, "ann")
    yield* session.send(utf8("one"))
    expect([yield* Queue.take(heard), yield* Queue.take(heard)]).toEqual(["1 LOGIN ann", "1 one"])
    const [first] = yield* server.connections
    assert(first !== undefined)
    const isLost = Effect.map(session.state, ({ isConnected }) => !isConnected)
    yield* server.kick(first.id, "reset")
    yield* Effect.repeat(Effect.zipRight(nextTurn, isLost), { until: (lost) => lost })
    yield* session.send(utf8("two"))
    expect([yield* Queue.take(heard), yield* Queue.take(heard)]).toEqual(["2 LOGIN ann", "2 two"])
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("a client that never reads misses prices, and the others get all of them", () =>
  Effect.gen(function* () {
    const endpoint = yield* endpointOf
    const server = yield* Server
    const client = yield* Client.make({ frame: Framing.line })
    const stuck = yield* client.connect(endpoint)
    const reader = yield* client.connect(endpoint)
    yield* Effect.repeat(Effect.zipRight(nextTurn, server.connections), { until: (all) => all.length === 2 })
    const events = yield* Testing.probe(server.subscribeEvents())
    const last = yield* Ref.make("")
    yield* reader
      .runForEach((line) => Effect.flatMap(Codec.text.decode(line), (text) => Ref.set(last, text)))
      .pipe(Effect.fork)
    yield* Effect.iterate(0, {
      while: (price) => price < 2_000_000 && events.all("FramesDropped").length === 0,
      body: (price) =>
        Effect.as(Effect.zipRight(publishPrice(price), price % 200 === 0 ? nextTurn : Effect.void), price + 1),
    })
    expect((yield* events.one("FramesDropped")).id).toBe(1)
    yield* publishPrice(-1)
    yield* Effect.repeat(Effect.zipRight(nextTurn, Ref.get(last)), { until: (text) => text === "-1" })
    yield* stuck.reset
  }).pipe(Effect.provide(Prices), Effect.provide(MemoryTransport.layer())),
)

it.scopedLive("a machine sends its newest state to each client", () =>
  Effect.gen(function* () {
    const turns = yield* Ref.make(0)
    const { endpoint } = yield* machineStates(
      Ref.modify(turns, (turn) => [`turn ${turn}`, turn + 1]),
      "1 millis",
    )
    const client = yield* Client.make({ frame: Framing.line })
    const connection = yield* client.connect(endpoint)
    expect([yield* Testing.receiveText(connection), yield* Testing.receiveText(connection)]).toEqual([
      "turn 0",
      "turn 1",
    ])
    yield* connection.close
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the framing of the device carries payloads, and refuses a wrong sum and a long payload", () =>
  Effect.gen(function* () {
    const server = yield* Server.make({ settings: { frame: deviceFraming }, handler: Handler.echo() })
    const events = yield* Testing.probe(server.subscribeEvents())
    const { endpoint } = yield* server.listen("127.0.0.1:0")
    const device = yield* (yield* Client.make({ frame: deviceFraming })).connect(endpoint)
    yield* device.send(Uint8Array.of(1, 2))
    expect([...(yield* Effect.flatten(device.receive))]).toEqual([1, 2])
    expect((yield* Effect.flip(device.send(new Uint8Array(256)))).message).toContain("at most 255")
    const raw = yield* (yield* Client.make()).connect(endpoint)
    yield* raw.send(Uint8Array.of(0xaa, 1, 5, 6))
    expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({
      _tag: "FrameInvalid",
      problem: "the sum is wrong",
    })
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the environment sets the greeting and the limits of the shop", () =>
  Effect.gen(function* () {
    const environment = ConfigProvider.fromMap(
      new Map([
        ["SHOP_GREETING", "hello"],
        ["SHOP_MAX_CONNS", "1"],
      ]),
      { pathDelim: "_" },
    )
    const context = yield* Effect.withConfigProvider(Layer.build(Main), environment)
    const endpoint = yield* Effect.provide(endpointOf, context)
    const client = yield* Client.make({ frame: Framing.line })
    expect(yield* Testing.receiveText(yield* client.connect(endpoint))).toBe("hello")
    const refused = yield* client.connect(endpoint)
    expect(yield* Effect.exit(refused.receive)).not.toEqual(Exit.succeed(Option.some(utf8("hello"))))
    const wrong = ConfigProvider.fromMap(new Map([["SHOP_MAX_CONNS", "many"]]), { pathDelim: "_" })
    const error = yield* Effect.flip(Effect.withConfigProvider(Layer.build(Shop), wrong))
    expect(String(error)).toContain("SHOP_MAX_CONNS")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the server refuses connections while it is closed, and answers before it drains", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { console, seen } = yield* recordingConsole
    const context = yield* Effect.withConsole(Scope.extend(Layer.build(Restartable), scope), console)
    const endpoint = yield* Effect.provide(endpointOf, context)
    const client = yield* Client.make({ frame: Framing.line })
    const worker = yield* client.connect(endpoint)
    const events = yield* Testing.probe(Context.get(context, Server).subscribeEvents())
    yield* Effect.provide(
      whileClosed(Effect.zipRight(Effect.exit(client.connect(endpoint)), events.one("ConnectionRefused"))),
      context,
    )
    yield* worker.sendText("job")
    expect(yield* Testing.receiveText(worker)).toBe("job")
    const end = yield* Effect.fork(worker.receive)
    yield* Scope.close(scope, Exit.void)
    yield* seen("drained: 1 closed, 0 reset")
    expect(yield* end).toEqual(Option.none())
    expect((yield* worker.closed).reason).toEqual({ _tag: "PeerClosed" })
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.effect.each([
  ["numbers the lines of a peer", numbersLines],
  ["closes a silent client", closesSilentClients],
  ["survives a lost connection", survivesLosses],
] as const)("the server under test of the example %s", ([, test]) => Effect.scoped(Effect.provide(test, Numbering)))

it.scopedLive("the journal logs how connections open and close, and the status counts them", () =>
  Effect.gen(function* () {
    const lines = yield* Queue.unbounded<string>()
    const logger = Logger.make(({ message }) => {
      Queue.unsafeOffer(lines, String(message))
    })
    const counts = Effect.gen(function* () {
      const endpoint = yield* endpointOf
      const client = yield* Client.make({ frame: Framing.lengthPrefixed({ field: "u16be" }) })
      const connection = yield* client.connect(endpoint)
      expect(yield* Queue.take(lines)).toMatch(/^1 opened: 127\.0\.0\.1:\d+$/)
      yield* connection.close
      expect(yield* Queue.take(lines)).toBe("1 closed: by the peer, 0 bytes in, 0 out")
      return yield* status
    })
    const server = Layer.provide(Gateway, Layer.succeed(Store, { save: () => Effect.void }))
    const watched = Layer.provideMerge(Journal, server)
    const logging = Logger.replace(Logger.defaultLogger, logger)
    expect(yield* counts.pipe(Effect.provide(watched), Effect.provide(logging))).toEqual({
      opened: 1,
      closed: 1,
      refused: 0,
      bytesIn: 0,
      bytesOut: 0,
      clients: [],
    })
  }).pipe(Effect.provide(NodeTransport.layer)),
)
