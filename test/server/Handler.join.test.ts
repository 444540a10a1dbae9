import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Codec, Framing, limits, type SlowConsumerPolicy } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import type { HubMembership, ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn, turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const line = { frame: Framing.line }
const piece = new Uint8Array(64 * 1024).fill(97)

/** A server whose connections join all hubs. `joined` has the memberships of each connection when it has joined. */
const joining = (hubs: ReadonlyArray<Hub["Type"]>, settings = {}) =>
  Effect.gen(function* () {
    const joined = yield* Queue.unbounded<ReadonlyArray<HubMembership>>()
    const handler = (connection: ServerConnection) =>
      Effect.gen(function* () {
        const memberships = yield* Effect.forEach(hubs, (hub) => connection.join(hub))
        yield* Queue.offer(joined, memberships)
        yield* connection.runForEach((payload) =>
          Effect.forEach(memberships, (membership) => membership.publish(payload), { discard: true }),
        )
      })
    const served = yield* Testing.serve({ handler, settings: { ...line, ...settings } })
    const connect = (client = {}) => Effect.zip(served.connect(client), Queue.take(joined))
    return { ...served, connect }
  })

const hubOf = (budgetBytes?: number, slowConsumer?: SlowConsumerPolicy) =>
  Hub.make({
    framing: Framing.line,
    ...(budgetBytes !== undefined && { budgetBytes }),
    ...(slowConsumer !== undefined && { slowConsumer }),
  })

describe("a connection that joins a hub", () => {
  overEachTransport("gets what others and the program publish, and nothing of its own", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      const { connect } = yield* joining([hub])
      const [one] = yield* connect()
      const [two] = yield* connect()
      yield* one.send(utf8("from one"))
      expect(yield* Testing.receiveText(two)).toBe("from one")
      yield* hub.publish(utf8("from the program"))
      expect(yield* Testing.receiveText(one)).toBe("from the program")
      expect(yield* Testing.receiveText(two)).toBe("from the program")
    }),
  )

  overEachTransport("gets everything published before the handler ends", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      const leave = yield* Deferred.make<void>()
      const { connect } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(connection.join(hub), Deferred.await(leave)),
        settings: line,
      })
      const peer = yield* connect()
      while ((yield* hub.stats).subscribers === 0) yield* Effect.yieldNow({ priority: 1 })
      const receiving = yield* Effect.fork(Testing.receiveAll(peer))
      for (let sent = 0; sent < 100; sent++) yield* hub.publish(piece)
      yield* hub.publish(utf8("last"))
      yield* Deferred.succeed(leave, undefined)
      const all = string(yield* Fiber.join(receiving))
      expect(all.length).toBe(100 * piece.length + "last".length)
      expect((yield* hub.stats).subscribers).toBe(0)
    }),
  )

  it.scopedLive("cannot join the same hub twice, nor a hub with another framing", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      const raw = yield* Hub.make()
      const errors = yield* Queue.unbounded<unknown>()
      const { connect } = yield* Testing.serve({
        handler: (connection) =>
          Effect.gen(function* () {
            const first = yield* connection.join(hub)
            yield* Queue.offer(errors, yield* Effect.flip(connection.join(hub)))
            yield* Queue.offer(errors, yield* Effect.flip(connection.join(raw)))
            yield* first.leave
            yield* Queue.offer(errors, yield* Effect.flip(first.publish(utf8("too late"))))
            yield* connection.join(hub)
            yield* connection.closed
          }),
        settings: line,
      })
      const peer = yield* connect()
      expect(yield* Queue.take(errors)).toMatchObject({ _tag: "AlreadyMemberError", id: 1 })
      const mismatch = yield* Queue.take(errors)
      expect(mismatch).toMatchObject({ _tag: "SettingsError", field: "framing" })
      expect(String(mismatch)).toContain("raw for a hub that a connection with line frames joins")
      expect(yield* Queue.take(errors)).toMatchObject({ _tag: "MembershipEndedError", id: 1 })
      yield* hub.publish(utf8("back"))
      expect(yield* Testing.receiveText(peer)).toBe("back")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("and never reads is closed once, with its bytes in all hubs counted", () =>
    Effect.gen(function* () {
      const budgetBytes = 4 * 1024 * 1024
      const hubs = yield* Effect.replicateEffect(hubOf(budgetBytes), 100)
      const { connect, events } = yield* joining(hubs)
      yield* connect({ inbox: 1 })
      const [reads] = yield* connect()
      let rounds = 0
      const publishing = Effect.suspend(() => {
        rounds++
        return Effect.forEach(hubs, (hub) => hub.publish(piece.subarray(0, 8000)), { discard: true })
      })
      // The kernel takes some megabytes for a peer that does not read.
      while ((yield* Effect.forEach(hubs, (hub) => hub.stats)).every(({ subscribers }) => subscribers === 2)) {
        yield* Effect.fork(publishing)
        yield* Effect.replicateEffect(reads.receive, hubs.length)
        yield* nextTurn
      }
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 1, reason: { _tag: "SlowConsumer", budgetBytes } })
      if (closed.reason._tag !== "SlowConsumer") return
      // One turn of each hub is more than the budget allows, because a hub looks after each of its turns.
      expect(closed.reason.pendingBytes).toBeLessThan(budgetBytes + 2 * 1024 * 1024)
      expect(events.all("ConnectionStalled")).toMatchObject([{ id: 1 }])
      expect(events.all("ConnectionClosed").length).toBe(1)
      for (const hub of hubs) expect((yield* hub.stats).subscribers).toBe(1)
      expect(rounds).toBeLessThan(100)
    }),
  )

  it.scoped("and reads nothing blocks the publishers of all its hubs no longer than those of one", () =>
    Effect.gen(function* () {
      const hubs = yield* Effect.replicateEffect(hubOf(), 20)
      const { connect } = yield* joining(hubs)
      yield* connect({ inbox: 1 })
      const publish = (hub: Hub["Type"]) => Effect.replicateEffect(hub.publish(piece), 4)
      const publishing = yield* Effect.fork(Effect.forEach(hubs, publish))
      yield* turns(50)
      expect(publishing.unsafePoll()).toBe(null)
      // The first interval can begin before the last bytes are taken, so a second one can be necessary.
      yield* TestClock.adjust(limits.paceLimit)
      yield* turns(50)
      yield* TestClock.adjust(limits.paceLimit)
      yield* Fiber.join(publishing)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("after it has sent FIN publishes, and gets nothing more", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      const { connect } = yield* Testing.serve({
        handler: (connection) =>
          Effect.gen(function* () {
            yield* connection.send(utf8("open"))
            yield* connection.halfClose
            const member = yield* connection.join(hub)
            yield* connection.runForEach((payload) => member.publish(payload))
          }),
        settings: line,
      })
      const lines = yield* hub.subscribeAs(Codec.text)
      const peer = yield* connect()
      while ((yield* hub.stats).subscribers < 2) yield* nextTurn
      yield* hub.publish(utf8("not delivered"))
      yield* peer.send(utf8("published"))
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(lines, 2)))).toEqual([
        "not delivered",
        "published",
      ])
      expect(string(yield* Testing.receiveAll(peer))).toBe("open")
    }),
  )

  overEachTransport("gets everything of all its hubs in order after it has stopped reading for a while", () =>
    Effect.gen(function* () {
      const hubs = yield* Effect.replicateEffect(hubOf(256 * 1024 * 1024), 5)
      const { connect } = yield* joining(hubs)
      const [peer] = yield* connect({ inbox: 1 })
      const rounds = 400
      const publishing = Effect.forEach(
        Array.from({ length: rounds }),
        (_, round) => Effect.forEach(hubs, (hub, at) => hub.publish(utf8(`${at} ${round} `.padEnd(8000, ".")))),
        { discard: true },
      )
      yield* Effect.fork(publishing)
      while ((yield* Effect.forEach(hubs, (hub) => hub.stats)).every(({ lagging }) => lagging === 0)) yield* nextTurn
      const frames = Chunk.toReadonlyArray(
        yield* Stream.runCollect(Stream.take(peer.frames, rounds * hubs.length)),
      ).map((frame) => string(frame).slice(0, 10).split(" "))
      for (const at of hubs.keys()) {
        const seen = frames.filter(([hub]) => hub === String(at)).map(([, round]) => Number(round))
        expect(seen).toEqual(Array.from({ length: rounds }, (_, round) => round))
      }
    }),
  )
})
