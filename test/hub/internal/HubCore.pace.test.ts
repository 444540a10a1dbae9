import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { limits } from "../../../src/domain/index.ts"
import { Hub } from "../../../src/hub/index.ts"
import { HubCore } from "../../../src/hub/internal/HubCore.ts"
import { makeTiming } from "../../../src/runtime/Timing.ts"
import { nextTurn } from "../../../src/testing/turns.ts"
import { type FakeOptions, FakeSink } from "../../support/hubWorld.ts"
import { utf8 } from "../../support/wireProbe.ts"

const graceMillis = 300
const mebibyte = 1024 * 1024
const paceMillis = Duration.toMillis(limits.paceLimit)

/** A publisher and slow subscribers, under the test clock. */
const makeHub = Effect.fnUntraced(function* (...slow: ReadonlyArray<FakeOptions>) {
  const timing = yield* makeTiming
  const core = new HubCore({
    timing,
    countFrames: () => 1,
    budgetBytes: 10_000,
    slowConsumer: "disconnect",
    paceLimit: limits.paceLimit,
  })
  const attach = (name: string, options: FakeOptions) => {
    const sink = new FakeSink(name, options)
    sink.member = core.attach(sink, options)
    return sink
  }
  const publisher = attach("publisher", {})
  const readers = slow.map((options, index) => attach(`reader${index}`, options))
  const publish = () => {
    const mayGoOn = publisher.member.publish(utf8("0123456789\n"))
    core.flush()
    return mayGoOn
  }
  return { core, publisher, readers, publish, attach }
})

describe("the pace of a hub", () => {
  it.scoped(
    "is that of the fastest: a publisher is blocked while all others are full, and unblocked by the first",
    () =>
      Effect.gen(function* () {
        const { publisher, readers, publish } = yield* makeHub({ room: 0 }, { room: 20 })
        expect([publish(), publish()]).toEqual([true, true])
        expect(publish()).toBe(false)
        expect(publisher.blocks).toEqual(["blocked"])
        readers[1]?.drain()
        expect(publisher.blocks).toEqual(["blocked", "unblocked"])
        expect(publish()).toBe(true)
      }),
  )

  it.scoped("ignores members that took nothing for the limit, not a moment earlier, and then their lag grows", () =>
    Effect.gen(function* () {
      const { publisher, publish, readers, core } = yield* makeHub({ room: 0 })
      expect([publish(), publish()]).toEqual([true, false])
      yield* TestClock.adjust(paceMillis - 1)
      expect(publisher.isBlocked).toBe(true)
      yield* TestClock.adjust(1)
      expect(publisher.isBlocked).toBe(false)
      while (core.stats().subscribers === 2) expect(publish()).toBe(true)
      expect(readers[0]?.overflows.length).toBe(1)
      expect(publisher.blocks).toEqual(["blocked", "unblocked"])
    }),
  )

  it.scoped("waits on for a member that takes a little before each limit", () =>
    Effect.gen(function* () {
      const { publisher, publish, readers } = yield* makeHub({ room: 0 })
      publish()
      publish()
      for (let round = 0; round < 5; round++) {
        readers[0]?.takeSome(1)
        yield* TestClock.adjust(paceMillis)
        expect(publisher.isBlocked).toBe(true)
      }
      yield* TestClock.adjust(paceMillis)
      expect(publisher.isBlocked).toBe(false)
    }),
  )

  it.scoped("waits again for a member that had stood still, once it has drained", () =>
    Effect.gen(function* () {
      const { publisher, publish, readers } = yield* makeHub({ room: 0 })
      publish()
      publish()
      yield* TestClock.adjust(paceMillis)
      expect(publisher.isBlocked).toBe(false)
      readers[0]?.drain()
      expect(publish()).toBe(false)
      expect(publisher.isBlocked).toBe(true)
    }),
  )

  it.scoped("blocks no publisher for subscribers with drop-oldest, nor without subscribers", () =>
    Effect.gen(function* () {
      const { publish } = yield* makeHub({ room: 0, slowConsumer: "drop-oldest" })
      expect([publish(), publish(), publish()]).toEqual([true, true, true])
      const alone = yield* makeHub()
      expect([alone.publish(), alone.publish()]).toEqual([true, true])
    }),
  )

  it.scoped("is set by members that still receive: a finished one blocks no publisher", () =>
    Effect.gen(function* () {
      const { publisher, publish, readers, attach } = yield* makeHub({ room: 0 })
      const done = attach("done", {})
      done.member.finish(() => {})
      publish()
      expect(publish()).toBe(false)
      expect(publisher.isBlocked).toBe(true)
      readers[0]?.member.finish(() => {})
      expect(publisher.isBlocked).toBe(false)
      expect(publish()).toBe(true)
    }),
  )

  it.scoped("is unblocked by a new member, which can take something", () =>
    Effect.gen(function* () {
      const { publisher, publish, attach } = yield* makeHub({ room: 0 })
      publish()
      publish()
      expect(publisher.isBlocked).toBe(true)
      attach("newcomer", {})
      expect(publisher.isBlocked).toBe(false)
    }),
  )

  it.scoped("is that of the median: a publisher is blocked while more than half have stalled and still read", () =>
    Effect.gen(function* () {
      const { publisher, readers, publish } = yield* makeHub({ room: 0 }, { room: 0 }, { room: 0 }, {}, {})
      while (publisher.blocks.length === 0) publish()
      yield* TestClock.adjust(graceMillis)
      expect(publisher.blocks).toEqual(["blocked", "unblocked"])
      readers[0]?.takeSome(1)
      readers[1]?.takeSome(1)
      expect([publish(), publish()]).toEqual([true, true])
      readers[2]?.takeSome(1)
      expect([publish(), publish()]).toEqual([true, false])
      readers[1]?.drain()
      readers[1]?.drain()
      expect(publisher.blocks).toEqual(["blocked", "unblocked", "blocked", "unblocked"])
    }),
  )

  it.scoped("is that of a majority which reads nothing at all for a moment only", () =>
    Effect.gen(function* () {
      const { publish, core, readers, publisher } = yield* makeHub({ room: 0 }, { room: 0 }, { room: 0 }, {})
      while (publisher.blocks.length === 0) publish()
      yield* TestClock.adjust(graceMillis - 1)
      expect(publisher.isBlocked).toBe(true)
      yield* TestClock.adjust(1)
      expect(publisher.isBlocked).toBe(false)
      while (core.stats().subscribers > 2) expect(publish()).toBe(true)
      expect(readers.map((reader) => reader.overflows.length)).toEqual([1, 1, 1, 0])
    }),
  )

  it.scoped("is that of the median of the responsive members", () =>
    Effect.gen(function* () {
      const { publish, publisher, readers, attach } = yield* makeHub({ room: 0 }, { room: 0 }, { room: 0 })
      for (const _ of readers) publish()
      yield* TestClock.adjust(paceMillis)
      expect(publisher.isBlocked).toBe(false)
      attach("quick", {})
      const slow = [attach("slow0", { room: 0 }), attach("slow1", { room: 0 })]
      while (!publisher.isBlocked) publish()
      yield* TestClock.adjust(graceMillis)
      expect(publisher.isBlocked).toBe(false)
      for (const reader of slow) reader.takeSome(1)
      expect(publish()).toBe(true)
      expect(publish()).toBe(false)
    }),
  )

  /** A hub with a member that has read some mebibytes, and is now full. */
  const roomWithReader = Effect.fnUntraced(function* (mebibytes: number) {
    const hub = yield* makeHub({}, {}, {})
    const [reader] = hub.readers
    for (let published = 0; published < mebibytes; published++) {
      hub.publisher.member.publish(utf8("x".repeat(mebibyte - 1).concat("\n")))
      reader?.drain()
    }
    reader?.drain(0)
    const publishUntilBlocked = (most: number) => {
      let published = 0
      while (published < most && !hub.publisher.isBlocked) {
        hub.publish()
        published++
      }
      return published
    }
    return { ...hub, reader, publishUntilBlocked }
  })

  it.scoped(
    "is for a moment that of a member that has been reading, from half its budget on, until it has caught up",
    () =>
      Effect.gen(function* () {
        const { publisher, reader, publishUntilBlocked } = yield* roomWithReader(14)
        expect(publishUntilBlocked(1000)).toBeGreaterThan(400)
        yield* TestClock.adjust(graceMillis - 1)
        expect(publisher.isBlocked).toBe(true)
        reader?.drain(Number.POSITIVE_INFINITY)
        expect(publisher.blocks).toEqual(["blocked", "unblocked"])
        expect(reader?.overflows).toEqual([])
      }),
  )

  it.scoped("is that of a member that has been reading for 300 ms in all; then it is disconnected", () =>
    Effect.gen(function* () {
      const { publisher, reader, publishUntilBlocked } = yield* roomWithReader(14)
      publishUntilBlocked(1000)
      yield* TestClock.adjust(graceMillis - 1)
      expect(publisher.isBlocked).toBe(true)
      yield* TestClock.adjust(1)
      expect(publisher.isBlocked).toBe(false)
      expect(publishUntilBlocked(1000)).toBe(1000)
      expect(reader?.overflows.length).toBe(1)
    }),
  )

  it.scoped("is that of a reader for as long as it has earned: 50 ms with a sixth of the bytes that earn 300 ms", () =>
    Effect.gen(function* () {
      const { publisher, reader, publishUntilBlocked } = yield* roomWithReader(7)
      publishUntilBlocked(1000)
      yield* TestClock.adjust(49)
      expect(publisher.isBlocked).toBe(true)
      yield* TestClock.adjust(1)
      expect(publisher.isBlocked).toBe(false)
      reader?.drain(Number.POSITIVE_INFINITY)
    }),
  )

  it.scoped("is not that of a member for which only the kernel took anything", () =>
    Effect.gen(function* () {
      const { reader, publishUntilBlocked } = yield* roomWithReader(5)
      expect(publishUntilBlocked(2000)).toBe(2000)
      expect(reader?.overflows.length).toBe(1)
    }),
  )

  it.scoped("applies within one turn of the event loop: a large turn is delivered in parts", () =>
    Effect.gen(function* () {
      const { publisher } = yield* makeHub({ room: 0, budgetBytes: 10 ** 7 })
      const run = utf8("x".repeat(64 * 1024))
      const published = Array.from({ length: 6 }, () => publisher.member.publish(run))
      expect(published).toEqual([true, true, true, false, false, false])
    }),
  )

  it.scoped("blocks all publishers at once, and no member that only listens", () =>
    Effect.gen(function* () {
      const { publisher, publish, readers, core } = yield* makeHub({ room: 0, slowConsumer: "block" }, {}, {})
      const [slow, other, listener] = readers
      other?.member.publish(utf8("0123456789\n"))
      core.flush()
      expect([publisher.blocks, other?.blocks]).toEqual([[], []])
      while (publisher.blocks.length === 0) expect(publish()).toBe(true)
      expect([other?.blocks, listener?.blocks, slow?.blocks]).toEqual([["blocked"], [], []])
      slow?.drain()
      slow?.drain()
      expect([publisher.blocks, other?.blocks]).toEqual([
        ["blocked", "unblocked"],
        ["blocked", "unblocked"],
      ])
    }),
  )

  it.scoped("blocks an external publisher, which can be interrupted", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ slowConsumer: "block", budgetBytes: 100 })
      const slow = new FakeSink("slow", { room: 0 })
      slow.member = hub.port.attach(slow)
      yield* hub.publish(utf8("x".repeat(200).concat("\n")))
      yield* nextTurn
      const order: Array<string> = []
      const latch = yield* Deferred.make<void>()
      const waiting = yield* hub.publish(utf8("second\n")).pipe(
        Effect.tap(() => Effect.sync(() => order.push("published"))),
        Effect.zipRight(Deferred.succeed(latch, undefined)),
        Effect.fork,
      )
      const impatient = yield* Effect.fork(hub.publish(utf8("third\n")))
      yield* nextTurn
      yield* Fiber.interrupt(impatient)
      expect(order).toEqual([])
      order.push("drained")
      slow.drain()
      slow.drain()
      yield* Deferred.await(latch)
      yield* Fiber.join(waiting)
      expect(order).toEqual(["drained", "published"])
    }),
  )
})
