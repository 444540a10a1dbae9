import { expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Client } from "tcpfx/client"
import { type Endpoint, Framing } from "tcpfx/domain"
import type { ProtocolConnection } from "tcpfx/protocol"
import { Server, ServerConfig, type ServerSettings } from "tcpfx/server"
import { Testing } from "tcpfx/testing"
import { NodeTransport } from "tcpfx/transport"
import { Chat, ChatRooms, ChatServer, chat, main, Nicks } from "../../../examples/programs/chat.ts"

const testing = (settings: Partial<ServerSettings> = {}) =>
  Testing.layer({ handler: chat, settings: { frame: Framing.line, ...settings } }).pipe(
    Layer.provideMerge(Layer.merge(ChatRooms.layer, Nicks.layer)),
  )

/** A person at a connection: `next` waits for a line, and `ask` sends a line and waits for the answer. */
const person = <E, R>(connecting: Effect.Effect<ProtocolConnection<string, string>, E, R>) =>
  Effect.gen(function* () {
    const connection = yield* connecting
    const lines = yield* Queue.bounded<string>(100)
    yield* Effect.forkScoped(connection.runForEach((line) => Queue.offer(lines, line)))
    const next = Queue.take(lines)
    const ask = (line: string) => Effect.zipRight(connection.send(line), next)
    expect(yield* next).toBe("* welcome")
    return { connection, next, ask }
  })

/** A person with a nick in a room. */
const enter = (nick: string, room: string) =>
  Effect.gen(function* () {
    const entered = yield* person(Testing.connect(Chat))
    expect(yield* entered.ask(`/nick ${nick}`)).toBe("* join a room first")
    expect(yield* entered.ask(`/join ${room}`)).toBe(`* you are in ${room}`)
    return entered
  })

type Person = Effect.Effect.Success<ReturnType<typeof enter>>

const conversation = (ann: Person, bob: Person) =>
  Effect.gen(function* () {
    expect(yield* ann.ask("/nick ann")).toBe("* join a room first")
    expect(yield* bob.ask("/nick bob")).toBe("* join a room first")
    expect(yield* ann.ask("/join x")).toBe("* you are in x")
    expect(yield* bob.ask("/join x")).toBe("* you are in x")
    expect(yield* ann.next).toBe("* bob joined x")
    yield* bob.connection.send("hello")
    expect(yield* ann.next).toBe("<bob> hello")
    yield* ann.connection.send("/msg bob psst")
    expect(yield* bob.next).toBe("[ann] psst")
    yield* bob.connection.close
    expect(yield* ann.next).toBe("* bob left x")
    expect(yield* ann.ask("/who")).toBe("* ann")
  })

it.scoped("people talk in a room, whisper, and see who joins and leaves", () =>
  Effect.gen(function* () {
    yield* conversation(yield* person(Testing.connect(Chat)), yield* person(Testing.connect(Chat)))
  }).pipe(Effect.provide(testing())),
)

it.scopedLive("people talk over sockets, and the server says goodbye before it drains", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const layer = Layer.provide(ChatServer, ServerConfig.layer({ listen: "127.0.0.1:0" }))
    const server = yield* Effect.provide(Server, yield* Scope.extend(Layer.build(layer), scope))
    const [endpoint] = yield* server.listening
    if (endpoint === undefined) return expect.fail("the server does not listen")
    const client = yield* Client.make()
    const events = yield* Testing.probe(client.subscribeEvents())
    const [ann, bob] = [yield* person(client.connect(endpoint, Chat)), yield* person(client.connect(endpoint, Chat))]
    yield* conversation(ann, bob)
    yield* Scope.close(scope, Exit.void)
    expect(yield* ann.next).toBe("* the server is going down")
    expect((yield* ann.connection.closed).reason._tag).toBe("PeerClosed")
    expect(events.all("Connected")).toHaveLength(2)
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scoped("a nick has one person, and is free when the person changes it or leaves", () =>
  Effect.gen(function* () {
    const [ann, bob] = [yield* enter("ann", "x"), yield* enter("bob", "x")]
    expect(yield* ann.next).toBe("* bob joined x")
    expect(yield* bob.ask("/nick ann")).toBe("* ann is taken")
    expect(yield* bob.ask("/nick guest1")).toContain("begin with guest")
    expect(yield* bob.ask("/nick a/b")).toBe("* a nick is up to 20 letters or digits, and does not begin with guest")
    expect(yield* bob.ask("/nick bob")).toBe("* you are bob already")
    yield* ann.connection.send("/nick anna")
    expect(yield* bob.next).toBe("* ann is now anna")
    yield* bob.connection.send("/nick ann")
    expect(yield* ann.next).toBe("* bob is now ann")
    yield* bob.connection.reset
    expect(yield* ann.next).toBe("* ann left x")
    expect(yield* ann.ask("/who")).toBe("* anna")
    expect(yield* ann.ask("/msg ann hi")).toBe("* nobody is called ann")
  }).pipe(Effect.provide(testing())),
)

it.scoped("people who want the same nick at the same time do not share it", () =>
  Effect.gen(function* () {
    const people = yield* Effect.replicateEffect(person(Testing.connect(Chat)), 5)
    const answers = yield* Effect.forEach(people, ({ ask }) => ask("/nick ann"), { concurrency: "unbounded" })
    expect(answers.filter((answer) => answer === "* join a room first")).toHaveLength(1)
    expect(answers.filter((answer) => answer === "* ann is taken")).toHaveLength(4)
  }).pipe(Effect.provide(testing())),
)

it.scoped("a person is in one room, and a room that cannot be joined changes nothing", () =>
  Effect.gen(function* () {
    const [ann, bob] = [yield* enter("ann", "x"), yield* enter("bob", "x")]
    expect(yield* ann.next).toBe("* bob joined x")
    expect(yield* bob.ask("/join")).toBe("* the name of a room is up to 20 letters or digits")
    expect(yield* bob.ask("/join x")).toBe("* you are in x already")
    yield* bob.connection.send("still here")
    expect(yield* ann.next).toBe("<bob> still here")
    expect(yield* bob.ask("/join y")).toBe("* you are in y")
    expect(yield* ann.next).toBe("* bob left x")
    yield* bob.connection.send("not for x")
    yield* bob.connection.send("/leave")
    expect(yield* bob.ask("alone")).toBe("* join a room first")
    expect(yield* ann.ask("/who")).toBe("* ann bob")
    expect(yield* (yield* ChatRooms).names).toEqual(["x"])
  }).pipe(Effect.provide(testing())),
)

it.scoped("a client that sends no text or a long line is told so, and stays", () =>
  Effect.gen(function* () {
    const peer = yield* Testing.connectPeer()
    yield* peer.expect("* welcome\n")
    for (const garbage of [Uint8Array.of(0xff, 0xfe), "x".repeat(1001)]) {
      yield* peer.sendFrame(Framing.line, garbage)
      yield* peer.expect("* a line is text of up to 1000 characters\n")
    }
    yield* peer.send("/wh")
    yield* peer.send("o\r\n")
    yield* peer.expect("* guest1\n")
  }).pipe(Effect.provide(testing())),
)

it.scoped("a client that does not read does not stop a person who whispers to it", () =>
  Effect.gen(function* () {
    const ann = yield* enter("ann", "x")
    const deaf = yield* Testing.connectPeer({ reads: false })
    yield* deaf.send("/nick deaf\n/join x\n")
    expect(yield* ann.next).toBe("* deaf joined x")
    const whisper = `/msg deaf ${"x".repeat(900)}`
    for (let count = 0; count < 300; count++) yield* ann.connection.send(whisper)
    expect(yield* ann.ask("/who")).toBe("* ann deaf")
    yield* deaf.reset
    expect(yield* ann.next).toBe("* deaf left x")
  }).pipe(Effect.provide(testing())),
)

it.scoped("a client that is silent for 30 seconds is closed, and its nick is free", () =>
  Effect.gen(function* () {
    const server = yield* Server
    const events = yield* Testing.probe(server.subscribeEvents())
    const ann = yield* person(Testing.connect(Chat))
    yield* TestClock.adjust("20 seconds")
    expect(yield* ann.ask("/who")).toBe("* guest1")
    yield* TestClock.adjust("29 seconds")
    expect(yield* server.connections).toHaveLength(1)
    yield* TestClock.adjust("4 seconds")
    expect((yield* events.one("ConnectionClosed")).reason._tag).toBe("IdleTimeout")
    expect(yield* (yield* Nicks).names).toEqual([])
  }).pipe(Effect.provide(testing({ idleTimeout: "30 seconds" }))),
)

it.scopedLive("the whole program takes its settings from the environment, and prints its endpoint and events", () =>
  Effect.gen(function* () {
    const console = yield* Effect.console
    const listening = yield* Deferred.make<ReadonlyArray<Endpoint>>()
    const opened = yield* Deferred.make<string>()
    const log = (first: string, endpoints?: ReadonlyArray<Endpoint>) =>
      Effect.asVoid(endpoints ? Deferred.succeed(listening, endpoints) : Deferred.succeed(opened, first))
    const environment = ConfigProvider.fromMap(new Map([["CHAT_LISTEN", "127.0.0.1:0"]]), { pathDelim: "_" })
    const program = main.pipe(Effect.withConsole({ ...console, log }), Effect.withConfigProvider(environment))
    const running = yield* Effect.fork(program)
    const client = yield* Client.make()
    const [endpoint] = yield* Deferred.await(listening)
    if (endpoint === undefined) return expect.fail("the server does not listen")
    const ann = yield* person(client.connect(endpoint, Chat))
    expect(yield* Deferred.await(opened)).toContain('"_tag":"ConnectionOpened"')
    yield* Fiber.interrupt(running)
    expect(yield* ann.next).toBe("* the server is going down")
  }).pipe(Effect.provide(NodeTransport.layer)),
)
