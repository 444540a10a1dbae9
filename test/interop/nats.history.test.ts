import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { jetstreamManager, type StreamConfig } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { tcpEndpoint } from "../../src/domain/index.ts"
import type { HubService } from "../../src/hub/index.ts"
import type { NatsHubService } from "../../src/hub/nats/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { framesOf, natsNode, numbers, publishNumbers } from "../support/natsNode.ts"
import { type NatsServerOptions, natsServer, startNats } from "../support/natsServer.ts"
import { haveAll } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { tcpfx } from "../support/tcpfxProcess.ts"
import { tcpProxy } from "../support/tcpProxy.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const stream = "tcpfx_main_line"

const streamArgs = (folder: string) => ["-js", "-sd", join(folder, "jetstream")]

/** Starts a NATS server with JetStream. */
const startJetStream = (options: NatsServerOptions = {}) =>
  Effect.flatMap(temporaryFolder, (folder) => startNats({ args: streamArgs(folder), ...options }))

/** The client of JetStream. Fails while a cluster that starts has no leader. */
const manager = (url: string) =>
  Effect.gen(function* () {
    const connection = yield* Effect.acquireRelease(
      Effect.promise(() => connect({ servers: url })),
      (open) => Effect.promise(() => open.close()),
    )
    return yield* Effect.tryPromise(() => jetstreamManager(connection, { timeout: 1000 }))
  })

const configOf = (url: string): Effect.Effect<StreamConfig> =>
  Effect.scoped(
    Effect.flatMap(Effect.orDie(manager(url)), (jsm) =>
      Effect.promise(async () => (await jsm.streams.info(stream)).config),
    ),
  )

/** The texts of a subscriber that joins now and gets the history, until one of them passes a test. */
const joinLate = (hub: HubService, isLast: (text: string, count: number) => boolean) =>
  Effect.scoped(
    Effect.gen(function* () {
      let count = 0
      const texts = Stream.map(yield* hub.subscribe({ history: true }), ({ bytes }) => textOf(bytes))
      return Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.takeUntil(texts, (text) => isLast(text, ++count))))
    }),
  )

const first = (count: number) => (_text: string, at: number) => at === count

/** Publishes numbers without a pause, until `end` runs. `end` returns their count. */
const flatOut = (hub: NatsHubService) =>
  Effect.gen(function* () {
    let goesOn = true
    let count = 0
    const batch = Effect.suspend(() => publishNumbers(hub, "a", count, 500)).pipe(
      Effect.tap(() => {
        count += 500
      }),
      Effect.zipLeft(nextTurn),
    )
    const publishing = yield* Effect.fork(Effect.repeat(batch, { while: () => goesOn }))
    const end = Effect.gen(function* () {
      goesOn = false
      yield* Fiber.join(publishing)
      yield* hub.publish(utf8("end"))
      return count
    })
    return { end }
  })

type Joining = Fiber.RuntimeFiber<ReadonlyArray<string>, unknown>

/** Joins now, and collects the texts until the end of {@link flatOut}. */
const joinFlatOut = (hub: HubService) => Effect.fork(joinLate(hub, (text) => text === "end"))

/** Checks that each joiner got all numbers from the first one that it got, once and in order. */
const checkFlatOut = (count: number, joining: ReadonlyArray<Joining>) =>
  Effect.map(Fiber.join(Fiber.all(joining)), (all) => {
    for (const texts of all) {
      const from = Number(texts[0]?.slice(1))
      expect(texts.length).toBeGreaterThan(100)
      expect(texts).toEqual([...numbers("a", count - from, from), "end"])
    }
  })

const last5 = { history: { last: 5 } }

describe.runIf(haveAll(natsServer))("the history of a hub on NATS", { timeout: 120_000 }, () => {
  it.scopedLive("gives a late joiner of each node the last frames of all nodes, and then what follows", () =>
    Effect.gen(function* () {
      const { url } = yield* startJetStream()
      const a = yield* natsNode(url, "a", last5)
      const b = yield* natsNode(url, "b", last5)
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      yield* publishNumbers(a.hub, "a", 0, 10)
      yield* b.has(10)
      yield* publishNumbers(b.hub, "b", 0, 2)
      yield* a.has(12)
      const expected = ["a7", "a8", "a9", "b0", "b1"]
      expect(yield* joinLate(a.hub, first(5))).toEqual(expected)
      expect(yield* joinLate(b.hub, first(5))).toEqual(expected)
      const late = yield* Effect.fork(joinLate(b.hub, first(7)))
      yield* Effect.yieldNow()
      yield* publishNumbers(a.hub, "a", 10, 2)
      expect(yield* Fiber.join(late)).toEqual([...expected, "a10", "a11"])
      expect(yield* a.events.first("HubHistoryOn", 1)).toMatchObject([{ stream }])
    }),
  )

  it.scopedLive("survives the end of all nodes and of NATS", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const args = streamArgs(folder)
      const before = yield* startNats({ args })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const a = yield* natsNode(before.url, "a", last5)
          const b = yield* natsNode(before.url, "b", last5)
          yield* a.events.one("NodeJoined", ({ node }) => node === "b")
          yield* publishNumbers(a.hub, "a", 0, 8)
          yield* b.has(8)
          yield* publishNumbers(b.hub, "b", 0, 2)
          yield* a.has(10)
        }),
      )
      yield* before.process.kill("SIGTERM")
      const after = yield* startNats({ args })
      const c = yield* natsNode(after.url, "c", last5)
      expect(yield* joinLate(c.hub, first(5))).toEqual(["a5", "a6", "a7", "b0", "b1"])
      expect(yield* c.events.first("HubHistoryOn", 1)).toMatchObject([{ frames: 5 }])
      expect(c.missed("a") + c.missed("b")).toBe(0)
      // Frames of a node that starts again with the same name follow its earlier ones.
      const a = yield* natsNode(after.url, "a", last5)
      yield* publishNumbers(a.hub, "a", 8, 1)
      yield* c.has(1)
      for (const { hub } of [a, c]) expect(yield* joinLate(hub, first(5))).toEqual(["a6", "a7", "b0", "b1", "a8"])
    }),
  )

  it.scopedLive("has the frames since a time ago, by the time when NATS stored them", () =>
    Effect.gen(function* () {
      const { url } = yield* startJetStream()
      const history = { since: "2 seconds" } as const
      const a = yield* natsNode(url, "a", { history })
      yield* publishNumbers(a.hub, "old", 0, 3)
      yield* a.has(3)
      // The old frames must leave the history by their age.
      yield* Effect.sleep("2500 millis")
      yield* publishNumbers(a.hub, "young", 0, 3)
      yield* a.has(6)
      const b = yield* natsNode(url, "b", { history })
      for (const { hub } of [a, b]) expect(yield* joinLate(hub, first(3))).toEqual(numbers("young", 3))
    }),
  )

  it.scopedLive("joins the live frames without a gap and without a double, while a publisher sends flat out", () =>
    Effect.gen(function* () {
      const { url } = yield* startJetStream()
      const history = { last: 100 }
      const a = yield* natsNode(url, "a", { history })
      const b = yield* natsNode(url, "b", { history })
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      const publisher = yield* flatOut(a.hub)
      const joining: Array<Joining> = []
      for (let had = 2000; had < 60_000; had += 6000) {
        yield* b.has(had)
        joining.push(yield* joinFlatOut(a.hub), yield* joinFlatOut(b.hub))
        // A node that starts now reads its history from the stream.
        if (had % 12_000 === 2000) {
          const node = yield* natsNode(url, `c${had}`, { history })
          joining.push(yield* joinFlatOut(node.hub))
        }
      }
      yield* checkFlatOut(yield* publisher.end, joining)
    }),
  )

  it.scopedLive("joins the live frames in a cluster too, on a server other than that of the publisher", () =>
    Effect.gen(function* () {
      const one = yield* startNats({ cluster: { routes: [] } })
      const routes = one.route === undefined ? [] : [one.route]
      const start = (name: string) => startJetStream({ cluster: { routes }, config: `server_name: ${name}` })
      const [two, three] = yield* Effect.all([start("two"), start("three")], { concurrency: 2 })
      yield* Effect.retry(Effect.scoped(manager(two.url)), Schedule.spaced("200 millis"))
      const history = { last: 100 }
      const a = yield* natsNode(one.url, "a", { history })
      yield* a.events.next("HubHistoryOn")
      const publisher = yield* flatOut(a.hub)
      yield* a.has(5000)
      const nodes = yield* Effect.forEach([two, three], ({ url }, at) => natsNode(url, `n${at}`, { history }))
      const joining = yield* Effect.forEach(nodes, ({ hub }) => joinFlatOut(hub))
      yield* checkFlatOut(yield* publisher.end, joining)
    }),
  )

  it.scopedLive("stores what waited while the node was detached, once", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const args = streamArgs(folder)
      const history = { last: 100 }
      const before = yield* startNats({ args })
      const a = yield* natsNode(before.url, "a", { history })
      yield* a.events.next("HubHistoryOn")
      yield* publishNumbers(a.hub, "a", 0, 10)
      yield* a.has(10)
      // A server that is killed can lose frames that it has not written yet.
      yield* before.process.kill("SIGTERM")
      yield* a.events.next("HubDetached")
      yield* publishNumbers(a.hub, "a", 10, 10)
      yield* startNats({ args, port: before.port })
      yield* a.events.next("HubAttached")
      yield* publishNumbers(a.hub, "a", 20, 10)
      const b = yield* natsNode(before.url, "b", { history })
      for (const { hub } of [a, b]) expect(yield* joinLate(hub, first(30))).toEqual(numbers("a", 30))
      expect(a.events.all("HubHistoryOff")).toEqual([])
    }),
  )

  it.scopedLive("gets the frames that a node missed while it was cut off, once and in order", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startJetStream()
      const proxy = yield* tcpProxy(port)
      const history = { last: 200 }
      const a = yield* natsNode(url, "a", { history })
      const b = yield* natsNode(`nats://127.0.0.1:${proxy.port}`, "b", { history })
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      yield* b.events.next("HubAttached")
      yield* publishNumbers(a.hub, "a", 0, 50)
      yield* b.has(50)
      yield* proxy.cut
      yield* b.events.next("HubDetached")
      yield* publishNumbers(a.hub, "a", 50, 50)
      yield* publishNumbers(b.hub, "b", 0, 10)
      yield* Effect.scoped(
        Effect.flatMap(natsNode(url, "c", { history }), ({ hub }) => publishNumbers(hub, "c", 0, 20)),
      )
      yield* a.has(120)
      yield* proxy.mend
      expect(yield* b.events.next("HubAttached")).toMatchObject({ missed: [{ node: "a", frames: 50 }], late: 10 })
      yield* publishNumbers(a.hub, "a", 100, 10)
      yield* b.has(50 + 10 + 10)
      const texts = yield* Effect.repeat(
        joinLate(b.hub, (text) => text === "a109"),
        { schedule: Schedule.spaced("50 millis"), until: (got) => got.length > 70 },
      ).pipe(Effect.zipRight(joinLate(b.hub, (text) => text === "a109")))
      expect(framesOf(texts, "a")).toEqual(numbers("a", 110))
      expect(framesOf(texts, "b")).toEqual(numbers("b", 10))
      expect(framesOf(texts, "c")).toEqual(numbers("c", 20))
      expect(framesOf(b.got, "a")).toEqual([...numbers("a", 50), ...numbers("a", 10, 100)])
    }),
  )

  it.scopedLive("is that of the node alone without JetStream, and is stored when NATS has JetStream", () =>
    Effect.gen(function* () {
      const without = yield* startNats()
      const a = yield* natsNode(without.url, "a", last5)
      expect((yield* a.events.next("HubHistoryOff")).problem).toEqual({ _tag: "NoJetStream" })
      yield* publishNumbers(a.hub, "a", 0, 7)
      expect(yield* joinLate(a.hub, first(5))).toEqual(numbers("a", 5, 2))
      yield* without.process.kill("SIGKILL")
      yield* a.events.next("HubDetached")
      const { url } = yield* startJetStream({ port: without.port })
      expect(yield* a.events.next("HubHistoryOn")).toMatchObject({ stream, frames: 5 })
      yield* publishNumbers(a.hub, "a", 7, 5)
      const b = yield* natsNode(url, "b", last5)
      expect(yield* joinLate(b.hub, first(5))).toEqual(numbers("a", 5, 7))
      expect(a.events.all("HubHistoryOff").length).toBe(1)
    }),
  )

  it.scopedLive("leaves a stream alone that does not fit, and says which setting", () =>
    Effect.gen(function* () {
      const { url } = yield* startJetStream()
      const jsm = yield* manager(url)
      const subjects = ["tcpfx.main.line.all", "tcpfx.main.line.mark"]
      const problemWith = (config: Partial<StreamConfig>) =>
        Effect.scoped(
          Effect.gen(function* () {
            yield* Effect.promise(() => jsm.streams.add({ name: stream, subjects, ...config }))
            const { events, hub } = yield* natsNode(url, "a", last5)
            const { problem } = yield* events.next("HubHistoryOff")
            yield* publishNumbers(hub, "a", 0, 2)
            expect(yield* joinLate(hub, first(2))).toEqual(["a0", "a1"])
            yield* Effect.promise(() => jsm.streams.delete(config.name ?? stream))
            return problem
          }),
        )
      const unfit = { _tag: "StreamUnfit", stream }
      expect(yield* problemWith({ retention: "workqueue" })).toEqual({
        ...unfit,
        setting: "retention",
        value: "workqueue",
      })
      expect(yield* problemWith({ discard: "new" })).toEqual({ ...unfit, setting: "discard", value: "new" })
      expect(yield* problemWith({ subjects: ["other"] })).toEqual({ ...unfit, setting: "subjects", value: "other" })
      expect(yield* problemWith({ name: "mine", subjects: ["tcpfx.>"] })).toEqual({
        _tag: "JetStreamFailed",
        message: "subjects overlap with an existing stream",
      })
    }),
  )

  it.scopedLive("is in a stream that keeps what the node with the largest history needs", () =>
    Effect.gen(function* () {
      const { url } = yield* startJetStream()
      const start = (history: { last: number } | { since: "1 hour" }) =>
        Effect.scoped(Effect.flatMap(natsNode(url, "a", { history }), ({ events }) => events.next("HubHistoryOn")))
      yield* start({ last: 5 })
      const small = yield* configOf(url)
      expect(small).toMatchObject({ max_msgs: 261, max_bytes: 16 * 1024 * 1024, max_age: 0, storage: "file" })
      yield* start({ last: 1000 })
      expect((yield* configOf(url)).max_msgs).toBe(1256)
      yield* start({ last: 5 })
      expect((yield* configOf(url)).max_msgs).toBe(1256)
      yield* start({ since: "1 hour" })
      expect(yield* configOf(url)).toMatchObject({ max_msgs: -1, max_bytes: 16 * 1024 * 1024, max_age: 0 })
    }),
  )

  it.scopedLive("is a flag of tcpfx serve: a late client gets the last lines of all servers, also after restarts", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const args = streamArgs(folder)
      const nats = yield* startNats({ args })
      const serve = (node: string) =>
        Effect.gen(function* () {
          const flags = ["--frame", "line", "--hub", nats.url, "--hub-node", node, "--history", "last:3"]
          const server = yield* tcpfx(["serve", "127.0.0.1:0", "--broker", ...flags])
          const [, port] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
          return { server, endpoint: tcpEndpoint("127.0.0.1", Number(port)) }
        })
      const one = yield* serve("one")
      const two = yield* serve("two")
      yield* one.server.waitFor("stderr", /@two shares the hub/)
      yield* one.server.waitFor("stderr", /NATS stores the history in the stream tcpfx_main_line; .* gets 0 frames/)
      const here = yield* dialRaw(one.endpoint)
      const there = yield* dialRaw(two.endpoint)
      for (const { server } of [one, two]) yield* server.waitFor("stderr", /#1 connected/)
      yield* here.send("one 1\none 2\n")
      expect(textOf(yield* there.take(12))).toBe("one 1\none 2\n")
      yield* there.send("two 1\ntwo 2\n")
      expect(textOf(yield* here.take(12))).toBe("two 1\ntwo 2\n")
      const expected = "one 2\ntwo 1\ntwo 2\n"
      for (const { endpoint } of [one, two]) {
        expect(textOf(yield* (yield* dialRaw(endpoint)).take(expected.length))).toBe(expected)
      }
      for (const { server } of [one, two]) yield* server.kill("SIGKILL")
      yield* nats.process.kill("SIGTERM")
      yield* startNats({ args, port: nats.port })
      const again = yield* serve("one")
      yield* again.server.waitFor("stderr", /NATS stores the history in the stream tcpfx_main_line; .* gets 3 frames/)
      expect(textOf(yield* (yield* dialRaw(again.endpoint)).take(expected.length))).toBe(expected)
    }),
  )
})
