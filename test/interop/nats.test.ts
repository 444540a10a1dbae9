import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { NatsHub, type NatsHubOptions, type NatsHubService } from "../../src/hub/nats/index.ts"
import { Rooms } from "../../src/rooms/index.ts"
import { Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { makeCredentials } from "../support/natsCredentials.ts"
import { framesOf, natsBroker, natsNode, numbers, publishNumbers } from "../support/natsNode.ts"
import { natsServer, startNats } from "../support/natsServer.ts"
import { haveAll } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { tcpProxy } from "../support/tcpProxy.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

describe.runIf(haveAll(natsServer))("a hub on a real NATS server", { timeout: 120_000 }, () => {
  it.scopedLive("delivers the frames of two nodes to each other, once each and in the order of the publisher", () =>
    Effect.gen(function* () {
      const { url } = yield* startNats()
      const a = yield* natsNode(url, "a")
      const b = yield* natsNode(url, "b")
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      const count = 20_000
      yield* Effect.all([publishNumbers(a.hub, "a", 0, count), publishNumbers(b.hub, "b", 0, count)], {
        concurrency: 2,
      })
      for (const { got, has } of [a, b]) {
        yield* has(2 * count)
        expect(framesOf(got, "a")).toEqual(numbers("a", count))
        expect(framesOf(got, "b")).toEqual(numbers("b", count))
      }
    }),
  )

  it.scopedLive("carries frames between the clients of two servers", () =>
    Effect.gen(function* () {
      const { url } = yield* startNats()
      const one = yield* natsBroker(url, "one")
      const two = yield* natsBroker(url, "two")
      const here = yield* dialRaw(one.endpoint)
      const there = yield* dialRaw(two.endpoint)
      for (const { events } of [one, two]) yield* events.first("ConnectionOpened", 1)
      yield* here.send(utf8("hello from here\n"))
      expect(textOf(yield* there.take(16))).toBe("hello from here\n")
      yield* there.send(utf8("hello from there\n"))
      expect(textOf(yield* here.take(17))).toBe("hello from there\n")
    }),
  )

  it.scopedLive("goes on while the server is killed, and loses, doubles and reorders nothing that fits its queue", () =>
    Effect.gen(function* () {
      const first = yield* startNats()
      const a = yield* natsNode(first.url, "a")
      const b = yield* natsNode(first.url, "b")
      yield* a.events.next("HubAttached")
      yield* b.events.next("HubAttached")
      yield* publishNumbers(a.hub, "a", 0, 1000)
      yield* b.has(1000)
      yield* first.process.kill("SIGKILL")
      yield* a.events.next("HubDetached")
      yield* b.events.next("HubDetached")
      yield* publishNumbers(a.hub, "a", 1000, 1000)
      yield* publishNumbers(b.hub, "b", 0, 1000)
      yield* a.has(2000)
      yield* startNats({ port: first.port })
      yield* a.events.next("HubAttached")
      yield* b.events.next("HubAttached")
      yield* publishNumbers(a.hub, "a", 2000, 10)
      yield* b.has(2 * 1000 + 1000 + 10)
      yield* a.has(2 * 1000 + 1000 + 10)
      for (const { got } of [a, b]) {
        expect(framesOf(got, "a")).toEqual(numbers("a", 2010))
        expect(framesOf(got, "b")).toEqual(numbers("b", 1000))
      }
      const again = a.events.all("HubAttached")[1]
      expect(again).toMatchObject({ missed: [], dropped: 0 })
      expect(again?.late).toBeGreaterThanOrEqual(1000)
    }),
  )

  it.scopedLive("says what it missed while its own connection was away", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startNats()
      const proxy = yield* tcpProxy(port)
      const a = yield* natsNode(url, "a")
      const b = yield* natsNode(`nats://127.0.0.1:${proxy.port}`, "b")
      yield* b.events.next("HubAttached")
      yield* publishNumbers(a.hub, "a", 0, 5)
      yield* b.has(5)
      yield* proxy.cut
      yield* b.events.next("HubDetached")
      yield* publishNumbers(a.hub, "a", 5, 50)
      yield* a.has(55)
      yield* proxy.mend
      expect(yield* b.events.next("HubAttached")).toMatchObject({ missed: [{ node: "a", frames: 50 }], late: 0 })
      yield* publishNumbers(a.hub, "a", 55, 5)
      yield* b.has(10)
      expect(b.got).toEqual([...numbers("a", 5), ...numbers("a", 5, 55)])
    }),
  )

  it.scopedLive("is detached from a server that takes nothing, and attached again without a gap", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startNats()
      const proxy = yield* tcpProxy(port)
      const a = yield* natsNode(`nats://127.0.0.1:${proxy.port}`, "a", { stallTimeout: "500 millis" })
      const b = yield* natsNode(url, "b")
      yield* a.events.next("HubAttached")
      yield* proxy.freeze
      yield* publishNumbers(a.hub, "a", 0, 100)
      expect((yield* a.events.next("HubDetached")).reason).toEqual({ _tag: "NatsStalled", timeoutMillis: 500 })
      expect(a.got.length).toBe(100)
      yield* proxy.thaw
      yield* a.events.next("HubAttached")
      yield* b.has(100)
      expect(b.got).toEqual(numbers("a", 100))
    }),
  )

  it.scopedLive("authenticates with a user, a token, an nkey, and says when the server refuses it", () =>
    Effect.gen(function* () {
      const byPassword = yield* startNats({ config: 'authorization { user: "u", password: "p w" }' })
      yield* natsNode(`nats://u:p%20w@127.0.0.1:${byPassword.port}`, "a")
      yield* natsNode(byPassword.url, "b", { auth: { _tag: "Password", user: "u", password: "p w" } })
      const wrong = NatsHub.make({ servers: byPassword.url, auth: { _tag: "Password", user: "u", password: "x" } })
      expect((yield* Effect.flip(wrong)).message).toMatch(/NATS refuses the credentials \(Authorization Violation\)/)
      const byToken = yield* startNats({ config: 'authorization { token: "secret" }' })
      yield* natsNode(`nats://secret@127.0.0.1:${byToken.port}`, "a")
      const byNkey = yield* startNats({
        config: 'authorization { users: [ { nkey: "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4" } ] }',
      })
      yield* natsNode(byNkey.url, "a", {
        auth: { _tag: "Nkey", seed: "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY" },
      })
    }),
  )

  it.scopedLive("is detached when NATS does not allow its frames, and attached when NATS does", () =>
    Effect.gen(function* () {
      const users = (publish: string) =>
        `authorization { users: [ { user: "u", password: "p", permissions: { publish: "${publish}", subscribe: "tcpfx.>" } } ] }`
      const first = yield* startNats({ config: users("tcpfx.main.nodes") })
      const url = `nats://u:p@127.0.0.1:${first.port}`
      const a = yield* natsNode(url, "a")
      yield* a.events.one("HubAttached")
      yield* publishNumbers(a.hub, "a", 0, 1)
      expect((yield* a.events.one("HubDetached")).reason).toEqual({
        _tag: "SubjectRefused",
        subject: "tcpfx.main.line.all",
        action: "publish",
      })
      yield* first.process.kill("SIGKILL")
      yield* startNats({ port: first.port, config: users("tcpfx.>") })
      const b = yield* natsNode(url, "b")
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      yield* publishNumbers(a.hub, "a", 1, 1)
      yield* b.until((got) => got.includes("a1"))
    }),
  )

  it.scopedLive("tells a room whose subject NATS does not allow, and goes on with the other rooms and the hub", () =>
    Effect.gen(function* () {
      const permissions = `{ publish: { allow: "tcpfx.>", deny: "tcpfx.main.line.room.secret" },
        subscribe: { allow: "tcpfx.>", deny: "tcpfx.main.line.room.secret" } }`
      const { port } = yield* startNats({
        config: `authorization { users: [ { user: "u", password: "p", permissions: ${permissions} } ] }`,
      })
      const url = `nats://u:p@127.0.0.1:${port}`
      const a = yield* natsNode(url, "a")
      const b = yield* natsNode(url, "b")
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      const here = yield* Rooms.make({ hubs: a.hub.rooms })
      const there = yield* Rooms.make({ hubs: b.hub.rooms })
      const open = yield* there.subscribe("open")
      yield* there.subscribe("secret")
      const refused = { subject: "tcpfx.main.line.room.secret" }
      expect(yield* b.events.one("HubRefused")).toMatchObject({ ...refused, action: "subscribe" })
      yield* here.publishTo("secret", utf8("x"))
      yield* a.events.one("HubRefused", ({ action, subject }) => action === "publish" && subject === refused.subject)
      yield* here.publishTo("open", utf8("hello"))
      expect(textOf((yield* Effect.flatten(Stream.runHead(open))).bytes)).toBe("hello")
      yield* publishNumbers(a.hub, "a", 0, 10)
      yield* b.has(10)
      for (const { events } of [a, b]) expect(events.all("HubDetached")).toEqual([])
    }),
  )

  it.scopedLive("shows the members of a room on all nodes, until their node is no longer heard", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startNats()
      const proxy = yield* tcpProxy(port)
      const times = { announceInterval: "200 millis", nodeTimeout: "1500 millis" } as const
      const a = yield* natsNode(`nats://127.0.0.1:${proxy.port}`, "a", times)
      const b = yield* natsNode(url, "b", times)
      const Member = Schema.Struct({ name: Schema.String })
      const here = yield* Rooms.make({ hubs: a.hub.rooms, member: Member })
      const there = yield* Rooms.make({ hubs: b.hub.rooms, member: Member })
      const changes = yield* Testing.probe(Effect.succeed(there.presence("lobby")))
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) =>
          Effect.flatMap(here.join(connection, "lobby", { member: { name: "first" } }), (room) =>
            connection.runForEach((line) => room.update({ name: textOf(line) })),
          ),
      })
      const { endpoint } = yield* server.listen("127.0.0.1:0")
      const peer = yield* dialRaw(endpoint)
      const first = { id: 1, node: "a", member: { name: "first" } }
      expect(yield* changes.one("Joined")).toMatchObject({ joined: first })
      yield* peer.send(utf8("second\n"))
      const second = { ...first, member: { name: "second" } }
      expect(yield* changes.one("Changed")).toMatchObject({ changed: second, before: { name: "first" } })
      expect(yield* there.members("lobby")).toEqual([second])
      yield* proxy.freeze
      expect(yield* b.events.one("NodeLeft")).toMatchObject({ node: "a", cause: "silent" })
      expect(yield* changes.one("Left")).toMatchObject({ left: second })
      yield* proxy.thaw
      yield* changes.one("Joined", ({ joined }) => joined.member.name === "second")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("announces thousands of clients to a server that accepts small messages only", () =>
    Effect.gen(function* () {
      const { url } = yield* startNats({ config: "max_payload: 4096" })
      const a = yield* natsNode(url, "a")
      const b = yield* natsNode(url, "b")
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      for (let at = 1; at <= 3000; at++) {
        a.hub.network.opened(ConnectionId.make(at), `192.0.2.7:${at}`, 1_700_000_000_000 + at)
      }
      const has = (hub: NatsHubService, count: number) =>
        hub.network.presence.pipe(
          Stream.mapEffect(() => hub.network.clients),
          Stream.takeUntil((clients) => clients.length >= count),
          Stream.runLast,
        )
      yield* has(b.hub, 3000)
      const c = yield* natsNode(url, "c")
      yield* has(c.hub, 3000)
    }),
  )

  it.scopedLive("authenticates with a credentials file", () =>
    Effect.gen(function* () {
      const { config, content } = makeCredentials()
      const { url } = yield* startNats({ config })
      yield* natsNode(url, "a", { auth: { _tag: "Credentials", content } })
      expect((yield* Effect.flip(NatsHub.make({ servers: url }))).message).toMatch(/refuses the credentials/)
    }),
  )

  it.scopedLive("speaks TLS with a CA, and shows its own certificate", () =>
    Effect.gen(function* () {
      const ca = yield* Effect.promise(() => makeIdentity({ name: "ca" }))
      const server = yield* Effect.promise(() => makeIdentity({ name: "server", by: ca }))
      const client = yield* Effect.promise(() => makeIdentity({ name: "client", by: ca }))
      const folder = yield* temporaryFolder
      const file = (name: string, text: string) => {
        const path = join(folder, name)
        writeFileSync(path, text)
        return path
      }
      const config = `tls {
        cert_file: "${file("cert.pem", server.cert)}"
        key_file: "${file("key.pem", Redacted.value(server.key))}"
        ca_file: "${file("ca.pem", ca.cert)}"
        verify: true
      }`
      const { port } = yield* startNats({ config })
      const url = `tls://127.0.0.1:${port}`
      const tls = { ca: ca.cert, identity: client }
      const a = yield* natsNode(url, "a", { tls })
      const b = yield* natsNode(url, "b", { tls })
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      yield* publishNumbers(a.hub, "a", 0, 10)
      yield* b.has(10)
      const message = (more: Partial<NatsHubOptions>) =>
        Effect.map(Effect.flip(NatsHub.make({ servers: url, ...more })), (error) => error.message)
      expect(yield* message({})).toMatch(/cannot connect to NATS at .*(certificate|self.signed)/)
      expect(yield* message({ tls: { ca: ca.cert } })).toMatch(/cannot connect to NATS/)
    }),
  )
})
