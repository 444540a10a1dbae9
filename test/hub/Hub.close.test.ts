import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Frame, Framing } from "../../src/domain/index.ts"
import { Hub, type HubOptions } from "../../src/hub/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { FakeSink } from "../support/hubWorld.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const makeHub = Effect.fnUntraced(function* (options: HubOptions = {}) {
  const scope = yield* Scope.make()
  const hub = yield* Scope.extend(Hub.make({ framing: Framing.line, ...options }), scope)
  return { hub, end: Scope.close(scope, Exit.void) }
})

const texts = <E>(stream: Stream.Stream<Frame, E>) =>
  Effect.map(Stream.runCollect(stream), (frames) => Chunk.toReadonlyArray(frames).map(({ bytes }) => textOf(bytes)))

const nothing = { subscribers: 0, lagging: 0, retainedBytes: 0 }

describe("the end of a hub", () => {
  it.scoped("ends its streams, after everything that was published before it", () =>
    Effect.gen(function* () {
      const { hub, end } = yield* makeHub()
      const [pulled, idle] = [yield* hub.subscribe(), yield* hub.subscribe()]
      const pulling = yield* Effect.fork(texts(pulled))
      yield* hub.publish(utf8("one"))
      yield* nextTurn
      yield* hub.publish(utf8("two"))
      yield* end
      expect(yield* Fiber.join(pulling)).toEqual(["one", "two"])
      expect(yield* texts(idle)).toEqual(["one", "two"])
      expect(yield* hub.stats).toEqual(nothing)
    }),
  )

  it.scoped("delivers everything to a lagging stream, however full it is", () =>
    Effect.gen(function* () {
      const { hub, end } = yield* makeHub({ budgetBytes: 1000 })
      const stream = yield* hub.subscribe({ budgetBytes: 200 })
      for (let count = 0; count < 20; count++) {
        hub.port.publish(utf8(`frame ${count}\n`))
        yield* nextTurn
      }
      expect(yield* hub.stats).toMatchObject({ lagging: 1 })
      yield* end
      expect(yield* hub.stats).toEqual(nothing)
      expect(yield* texts(stream)).toEqual(Array.from({ length: 20 }, (_, count) => `frame ${count}`))
    }),
  )

  it.scoped("unblocks external publishers and members, and detaches connections", () =>
    Effect.gen(function* () {
      const { hub, end } = yield* makeHub({ slowConsumer: "block", budgetBytes: 100 })
      const [slow, publisher] = [new FakeSink("slow", { room: 0 }), new FakeSink("publisher", {})]
      for (const sink of [slow, publisher]) sink.member = hub.port.attach(sink)
      yield* hub.publish(utf8("x".repeat(200)))
      yield* nextTurn
      const waiting = yield* Effect.fork(hub.publish(utf8("waits")))
      yield* nextTurn
      expect(publisher.member.publish(utf8("held\n"))).toBe(false)
      expect(waiting.unsafePoll()).toBeNull()
      yield* end
      yield* Fiber.join(waiting)
      expect(publisher.blocks).toEqual(["blocked", "unblocked"])
      expect(yield* hub.stats).toEqual(nothing)
    }),
  )

  it.scoped("leaves a hub that accepts nothing and blocks no publisher: new subscriptions end at once", () =>
    Effect.gen(function* () {
      const { hub, end } = yield* makeHub()
      const sink = new FakeSink("kept", {})
      sink.member = hub.port.attach(sink)
      yield* end
      yield* hub.publish(utf8("too late"))
      expect(sink.member.publish(utf8("too late\n"))).toBe(true)
      const late = new FakeSink("late", {})
      late.member = hub.port.attach(late)
      expect([late.member.publish(utf8("from the late\n")), hub.port.publish(utf8("outside\n"))]).toEqual([true, true])
      expect(yield* hub.stats).toEqual(nothing)
      yield* nextTurn
      expect([sink.got, late.got]).toEqual([[], []])
      const done: Array<string> = []
      late.member.finish(() => done.push("done"))
      late.member.detach()
      expect(done).toEqual(["done"])
      expect(yield* texts(yield* hub.subscribe())).toEqual([])
      expect(yield* hub.stats).toEqual(nothing)
    }),
  )

  it.scoped("during a delivery ends streams all the same, once", () =>
    Effect.gen(function* () {
      const { hub, end } = yield* makeHub()
      const ender = new FakeSink("ender", {})
      ender.onDeliver = () => Effect.runSync(end)
      ender.member = hub.port.attach(ender)
      const stream = yield* hub.subscribe()
      hub.port.publish(utf8("last\n"))
      yield* nextTurn
      expect(yield* texts(stream)).toEqual(["last"])
      expect(yield* hub.stats).toEqual(nothing)
    }),
  )
})

describe("a hub as a service", () => {
  it.scoped("has the framing with which it was made", () =>
    Effect.gen(function* () {
      expect((yield* makeHub()).hub.framing).toBe(Framing.line)
      expect((yield* Hub.make()).framing).toBe(Framing.raw)
    }),
  )

  it.scoped("fails a stream whose framing throws with that defect, and serves the others", () =>
    Effect.gen(function* () {
      const bug = new Error("a bug")
      // A stream cuts runs into frames when it is pulled, not at the publish.
      const broken = () => {
        throw bug
      }
      const { hub } = yield* makeHub({ framing: { ...Framing.line, payloads: broken, cut: broken } })
      const bad = yield* hub.subscribe()
      const sink = new FakeSink("good", {})
      sink.member = hub.port.attach(sink)
      sink.items.push({ frame: "one\n", own: false })
      hub.port.publish(utf8("one\n"))
      yield* nextTurn
      expect(sink.got).toEqual(["one\n"])
      expect(yield* Effect.exit(Stream.runDrain(bad))).toEqual(Exit.die(bug))
      expect(yield* hub.stats).toMatchObject({ subscribers: 1 })
    }),
  )
})
