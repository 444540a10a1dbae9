import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import { ClientAssistant, ServerAssistant } from "tcpfx/assistant"
import { Client } from "tcpfx/client"
import { Framing, parseEndpoint } from "tcpfx/domain"
import { MemoryTransport } from "tcpfx/transport"
import { follower } from "../../examples/follower.ts"
import { greeter } from "../../examples/greeter.ts"
import { windows } from "../../examples/windows.ts"
import { Testing } from "../../src/testing/index.ts"
import { utf8 } from "../support/texts.ts"

it.scoped("the greeter names and greets a meter, and asks it every second", () =>
  Effect.gen(function* () {
    const { assistant, endpoint } = yield* greeter
    const client = yield* Client.make({ frame: Framing.line })
    const meter = yield* client.connect(Either.getOrThrow(parseEndpoint(endpoint)))
    yield* meter.send(utf8("login pump-1"))
    yield* meter.send(utf8("login pump1"))
    expect(yield* Testing.receiveText(meter)).toBe("welcome, pump1")
    yield* TestClock.adjust("1 second")
    expect(yield* Testing.receiveText(meter)).toBe("state?")
    const { rows } = yield* assistant.clients({ from: 0, count: 10, filter: "@pump1" })
    expect(rows.map(({ id, tags }) => [id, tags])).toEqual([[1, ["meter"]]])
    const sent = yield* assistant.log.rows({ from: 0, count: 10, view: "text", filter: { direction: "sent" } })
    expect(sent.map(({ by, text }) => [by, text])).toEqual([
      ["login", "welcome, pump1"],
      ["repeat 1", "state?"],
    ])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("the follower connects again after a delay, and reports its phases", () =>
  Effect.gen(function* () {
    const server = yield* ServerAssistant
    const listening = yield* server.execute({ _tag: "Listen", endpoint: "127.0.0.1:0" })
    if (listening._tag !== "ListeningOn") return yield* Effect.dieMessage("it does not listen")
    const phases = yield* Queue.sliding<string>(100)
    const until = (wanted: string): Effect.Effect<void> =>
      Effect.flatMap(Queue.take(phases), (phase) => (phase === wanted ? Effect.void : until(wanted)))
    const tick = Effect.forever(Effect.zipRight(Effect.yieldNow(), TestClock.adjust("100 millis")))
    yield* Effect.forkScoped(tick)
    const assistant = yield* follower(listening.endpoint, (phase) => Queue.offer(phases, phase))
    yield* until("connected")
    yield* server.executeLine("kick @all reset")
    yield* until("reconnecting")
    yield* until("connected")
    expect((yield* server.clients({ from: 0, count: 10 })).rows.map(({ id }) => id)).toEqual([2])
    yield* assistant.executeLine("disconnect")
    yield* until("disconnected")
  }).pipe(Effect.provide(Layer.provideMerge(ServerAssistant.layer(), MemoryTransport.layer()))),
)

it.scoped("the windows talk to each other, and end when they are closed", () =>
  Effect.gen(function* () {
    const workspace = yield* windows
    const [serverTab, clientTab] = [yield* workspace.open("server"), yield* workspace.open("client")]
    const [server, client] = [yield* workspace.get(serverTab.tab), yield* workspace.get(clientTab.tab)]
    const listening = yield* server.executeLine("listen 127.0.0.1:0")
    if (listening._tag !== "ListeningOn") return yield* Effect.dieMessage("it does not listen")
    yield* client.execute({ _tag: "Connect", endpoint: listening.endpoint })
    expect((yield* workspace.tabs).map(({ active, kind }) => [kind, active])).toEqual([
      ["server", true],
      ["client", true],
    ])
    yield* workspace.close(clientTab.tab)
    expect((yield* Effect.flip(workspace.get(clientTab.tab))).reason).toBe("unknown")
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a client assistant is a layer too", () =>
  Effect.gen(function* () {
    const assistant = yield* ClientAssistant
    expect((yield* assistant.state).phase).toBe("disconnected")
  }).pipe(Effect.provide(ClientAssistant.layer()), Effect.provide(MemoryTransport.layer())),
)
