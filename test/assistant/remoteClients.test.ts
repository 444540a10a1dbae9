import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ServerAssistant } from "../../src/assistant/index.ts"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { formatRemoteClient } from "../../src/hub/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import { Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { VirtualBus } from "../support/virtualBus.ts"
import { textOf } from "../support/wireProbe.ts"

const pass = (millis: number) =>
  Effect.replicateEffect(Effect.zipRight(TestClock.adjust("100 millis"), turns(4)), millis / 100, { discard: true })

/** A server window with two clients, and a hub on which the server `two` has three. */
const shared = Effect.gen(function* () {
  const network = new VirtualBus()
  const hubOn = (node: string) =>
    makeNatsHub({ servers: "nats://virtual", node, framing: Framing.line }, () => network.connect)
  const hub = yield* hubOn("one")
  const two = yield* hubOn("two")
  yield* pass(600)
  const assistant = yield* ServerAssistant.make({ hub, mode: "broker" })
  const { endpoint } = yield* assistant.server.listen("127.0.0.1:0")
  for (let peer = 0; peer < 2; peer++) yield* Testing.dialPeer(endpoint)
  for (const id of [1, 2, 30]) two.network.opened(ConnectionId.make(id), `192.0.2.${id}:5000`, id)
  yield* pass(200)
  const page = (filter: string, from = 0, count = 100) =>
    Effect.map(assistant.clients({ filter, from, count }), ({ matching, remote, rows, total }) => ({
      counts: [matching, total, remote.matching, remote.total],
      shown: [...rows.map(({ id }) => `#${id}`), ...remote.rows.map(formatRemoteClient)],
    }))
  return { assistant, page, two, hub }
})

describe("the clients of other servers", () => {
  it.scoped("follow those of this server in the list", () =>
    Effect.gen(function* () {
      const { page } = yield* shared
      const counts = [2, 2, 3, 3]
      expect(yield* page("")).toEqual({ counts, shown: ["#1", "#2", "@two/1", "@two/2", "@two/30"] })
      expect(yield* page("", 1, 2)).toEqual({ counts, shown: ["#2", "@two/1"] })
      expect(yield* page("", 3, 1)).toEqual({ counts, shown: ["@two/2"] })
      expect(yield* page("", 0, 1)).toEqual({ counts, shown: ["#1"] })
      expect(yield* page("", 9, 5)).toEqual({ counts, shown: [] })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are found by their address, their server and their number, and not by recipients", () =>
    Effect.gen(function* () {
      const { page } = yield* shared
      const shown = (filter: string) => Effect.map(page(filter), (found) => found.shown)
      expect(yield* shown("192.0.2.2")).toEqual(["@two/2"])
      expect(yield* shown("TWO")).toEqual(["@two/1", "@two/2", "@two/30"])
      expect(yield* shown("@two/3")).toEqual([])
      expect(yield* shown("@two/30")).toEqual(["@two/30"])
      expect(yield* shown("@two/")).toEqual(["@two/1", "@two/2", "@two/30"])
      expect(yield* shown("@all")).toEqual(["#1", "#2"])
      expect(yield* shown("@192.0.2.0/24")).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("change the state of the window when they come and go", () =>
    Effect.gen(function* () {
      const { assistant, two } = yield* shared
      const versions: Array<number> = []
      yield* Effect.forkScoped(
        Stream.runForEach(assistant.states, ({ clientsVersion }) => Effect.sync(() => versions.push(clientsVersion))),
      )
      yield* pass(300)
      const before = versions.length
      two.network.closed(ConnectionId.make(2))
      yield* pass(400)
      expect(versions.length).toBe(before + 1)
      expect(new Set(versions).size).toBe(versions.length)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are in the server beside its connections", () =>
    Effect.gen(function* () {
      const { assistant, two } = yield* shared
      const { server } = assistant
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1, 2])
      expect((yield* server.remoteClients).map(formatRemoteClient)).toEqual(["@two/1", "@two/2", "@two/30"])
      const changes = yield* Effect.fork(Stream.runCollect(Stream.take(server.remotePresence, 2)))
      yield* turns(4)
      two.network.closed(ConnectionId.make(1))
      yield* pass(200)
      expect([...(yield* changes)].map(({ _tag }) => _tag)).toEqual(["Snapshot", "Left"])
      const alone = yield* Server.make({ handler: () => Effect.void })
      expect(yield* alone.remoteClients).toEqual([])
      expect([...(yield* Stream.runCollect(alone.remotePresence))]).toEqual([{ _tag: "Snapshot", clients: [] }])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("get a broadcast of a server that has no client", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const hubOn = (node: string) =>
        makeNatsHub({ servers: "nats://virtual", node, framing: Framing.line }, () => network.connect)
      const two = yield* hubOn("two")
      const assistant = yield* ServerAssistant.make({ hub: yield* hubOn("one"), mode: "broker" })
      const got = yield* Effect.fork(Effect.flatten(Stream.runHead(yield* two.subscribe())))
      yield* pass(600)
      const refusal = yield* Effect.flip(assistant.executeLine("broadcast hello"))
      expect(refusal.message).toBe("no client is connected")
      two.network.opened(ConnectionId.make(1), "192.0.2.7:5000", 0)
      yield* pass(200)
      expect(yield* assistant.executeLine("broadcast hello")).toMatchObject({ _tag: "SentTo", to: [], bytes: 5 })
      yield* pass(100)
      expect(textOf((yield* got).bytes)).toBe("hello")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are no recipients of commands", () =>
    Effect.gen(function* () {
      const { assistant } = yield* shared
      const refusal = yield* Effect.flip(assistant.executeLine("send @two/3 text=hello"))
      expect(refusal).toMatchObject({
        message: "@two/3 names a client of another server, which only commands of that server reach, at character 7",
        advice: 'Give the command to the server two, or write @"two/3" for a client with this name.',
      })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
