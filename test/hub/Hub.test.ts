import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Codec, ConnectionId, type Frame, Framing, limits, SlowConsumerError } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { FakeSink } from "../support/hubWorld.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const line = { framing: Framing.line }
const texts = (frames: Iterable<Frame>) => Array.from(frames, (frame) => textOf(frame.bytes))
const take = <A, E>(stream: Stream.Stream<A, E>, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

/** Runs a stream until it fails, and returns its elements and the failure. */
const takeUntilFailure = <E>(stream: Stream.Stream<Frame, E>) =>
  Effect.gen(function* () {
    const got: Array<string> = []
    const error = yield* Effect.flip(
      Stream.runForEach(stream, (frame) => Effect.sync(() => got.push(textOf(frame.bytes)))),
    )
    return { got, error }
  })

describe("a stream of a hub", () => {
  it.scoped("has everything published since it subscribed, whenever it is run", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      yield* hub.publish(utf8("before"))
      const stream = yield* hub.subscribe()
      yield* hub.publish(utf8("one"))
      yield* hub.publish(utf8("two"))
      expect(texts(yield* take(stream, 2))).toEqual(["one", "two"])
      yield* hub.publish(utf8("three"))
      expect(texts(yield* take(stream, 1))).toEqual(["three"])
    }),
  )

  it.scoped("has a run of line ends cut only as far as it takes it", () =>
    Effect.gen(function* () {
      let cut = 0
      const framing: Framing.Framing = {
        ...Framing.line,
        cut: (run, from, most, each) =>
          Framing.line.cut?.(run, from, most, (payload) => {
            cut++
            each(payload)
          }) ?? run.length,
      }
      const hub = yield* Hub.make({ framing })
      const stream = yield* hub.subscribe()
      hub.port.publish(new Uint8Array(60_000).fill(10))
      expect((yield* Stream.runCollect(Stream.take(stream, 3))).length).toBe(3)
      expect(cut).toBeLessThanOrEqual(256)
    }),
  )

  it.scoped("names the publishing connection of a frame even when it has left in the same turn", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const stream = yield* hub.subscribe()
      const member = hub.port.attach(new FakeSink("7", {}), { connection: ConnectionId.make(7, true) })
      member.publish(utf8("last words\n"))
      member.detach()
      expect((yield* take(stream, 1)).map((frame) => frame.connection)).toEqual([7])
    }),
  )

  it.scoped("reports under drop-oldest how many frames were dropped, before the frames after them", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ ...line, slowConsumer: "drop-oldest", budgetBytes: 40 })
      const told: Array<string> = []
      const stream = yield* hub.subscribe({
        onDropped: (missed, total) => Effect.sync(() => told.push(`${missed} of ${total}`)),
      })
      for (let index = 10; index < 40; index++) {
        yield* hub.publish(utf8(`number ${index}`))
        yield* nextTurn
      }
      yield* Stream.runForEach(Stream.take(stream, 4), (frame) => Effect.sync(() => told.push(textOf(frame.bytes))))
      const dropped = told.findIndex((entry) => entry.includes(" of "))
      const missed = Number(told[dropped]?.split(" ")[0])
      const delivered = told.filter((entry) => entry.startsWith("number"))
      expect(delivered[0]).toBe("number 10")
      expect(told[dropped + 1]).toBe(`number ${10 + dropped + missed}`)
      expect(told[dropped]).toBe(`${missed} of ${missed}`)
    }),
  )

  it.scoped("calls onInvalid for a payload that the codec cannot decode and continues, or else fails", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const invalid: Array<string> = []
      const lenient = yield* hub.subscribeAs(Codec.text, {
        onInvalid: (error) => Effect.sync(() => invalid.push(error._tag)),
      })
      const strict = yield* hub.subscribeAs(Codec.text)
      yield* hub.publish(utf8("one"))
      yield* hub.publish(Uint8Array.of(0xff))
      yield* hub.publish(utf8("two"))
      expect(yield* take(lenient, 2)).toEqual(["one", "two"])
      expect(invalid).toEqual(["CodecError"])
      expect(yield* Effect.flip(Stream.runDrain(strict))).toMatchObject({ _tag: "CodecError" })
    }),
  )

  it.scoped("names the publishing connection of a frame, and none for an external publisher", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const stream = yield* hub.subscribe()
      const [a, b] = [7, 9].map((connection) =>
        hub.port.attach(new FakeSink(`${connection}`, {}), { connection: ConnectionId.make(connection, true) }),
      )
      a?.publish(utf8("a1\na2\n"))
      yield* hub.publish(utf8("outside"))
      b?.publish(utf8("b1\n"))
      const frames = yield* take(stream, 4)
      expect(frames.map((frame) => frame.connection)).toEqual([7, 7, undefined, 9])
      expect(texts(frames)).toEqual(["a1", "a2", "outside", "b1"])
    }),
  )

  it.scoped("carries values through a codec, and fails on other payloads", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const codec = Codec.json(Schema.Struct({ sensor: Schema.String, at: Schema.Date }))
      const values = yield* hub.subscribeAs(codec)
      const reading = { sensor: "t1", at: new Date(5) }
      yield* hub.publishAs(codec, reading)
      expect(yield* take(values, 1)).toEqual([reading])
      yield* hub.publish(utf8("not json"))
      expect(yield* Effect.flip(take(values, 1))).toMatchObject({ _tag: "CodecError", codec: "json" })
      expect(yield* Effect.flip(hub.publishAs(codec, { sensor: "t1", at: new Date(Number.NaN) }))).toMatchObject({
        _tag: "CodecError",
      })
    }),
  )

  it.scoped("fails above its budget, after everything that was delivered before", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ ...line, budgetBytes: 1000 })
      const stream = yield* hub.subscribe()
      for (let count = 0; count < 200; count++) {
        hub.port.publish(utf8(`frame ${count}\n`))
        yield* nextTurn
        const { retainedBytes } = yield* hub.stats
        expect(retainedBytes).toBeLessThanOrEqual(1000)
      }
      expect(yield* hub.stats).toEqual({ subscribers: 0, lagging: 0, retainedBytes: 0 })
      const { got, error } = yield* takeUntilFailure(stream)
      expect(error).toBeInstanceOf(SlowConsumerError)
      expect(error.budgetBytes).toBe(1000)
      expect(error.pendingBytes).toBeGreaterThan(1000)
      expect(error.pendingBytes).toBeLessThanOrEqual(1010)
      expect(got.length).toBeGreaterThan(20)
      expect(got).toEqual(got.map((_, index) => `frame ${index}`))
    }),
  )

  it.scoped("keeps a budget of its own", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const small = yield* hub.subscribe({ budgetBytes: 10 })
      const large = yield* hub.subscribe()
      for (const text of ["123456", "1234567", "last"]) {
        yield* hub.publish(utf8(text))
        yield* nextTurn
      }
      const { error } = yield* takeUntilFailure(small)
      expect(error.pendingBytes).toBe(15)
      expect(texts(yield* take(large, 3))).toEqual(["123456", "1234567", "last"])
    }),
  )

  it.scoped("with drop-oldest continues with the newest frames", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ ...line, budgetBytes: 100 })
      const stream = yield* hub.subscribe({ slowConsumer: "drop-oldest" })
      for (let count = 10; count < 100; count++) {
        yield* hub.publish(utf8(`frame ${count}`))
        yield* nextTurn
      }
      yield* hub.publish(utf8("end"))
      const all = Stream.takeUntil(stream, (frame) => textOf(frame.bytes) === "end")
      const got = texts(yield* Stream.runCollect(all))
      const first = Array.from({ length: 6 }, (_, index) => `frame ${index + 10}`)
      expect(got.slice(0, 6)).toEqual(first)
      expect(got.slice(-3)).toEqual(["frame 98", "frame 99", "end"])
      expect(got.length).toBeLessThan(15)
    }),
  )

  it.scoped("with block makes publishers wait until the stream is pulled, and loses nothing", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ ...line, budgetBytes: 100 })
      const stream = yield* hub.subscribe({ slowConsumer: "block" })
      let published = 0
      const publisher = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 500 }, (_, index) => `frame ${index}`),
          (text) =>
            Effect.zipRight(
              hub.publish(utf8(text)),
              Effect.andThen(
                nextTurn,
                Effect.sync(() => published++),
              ),
            ),
        ),
      )
      for (let turn = 0; turn < 200; turn++) yield* nextTurn
      expect(published).toBeGreaterThan(5)
      expect(published).toBeLessThan(20)
      const got = texts(yield* take(stream, 500))
      expect(got).toEqual(got.map((_, index) => `frame ${index}`))
      yield* Fiber.join(publisher)
    }),
  )

  it.scoped("that takes a little before each pace limit blocks publishers, one that takes nothing does not", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const stream = yield* hub.subscribe()
      for (let count = 0; count < 40; count++) {
        hub.port.publish(new Uint8Array(64 * 1024).fill(10, 64 * 1024 - 1))
        yield* nextTurn
      }
      const waiting = yield* Effect.fork(hub.publish(utf8("blocked")))
      yield* nextTurn
      yield* take(stream, 1)
      yield* TestClock.adjust(limits.paceLimit)
      yield* nextTurn
      expect(waiting.unsafePoll()).toBeNull()
      yield* TestClock.adjust(limits.paceLimit)
      yield* Fiber.join(waiting)
    }),
  )

  it.scoped("a pull that is interrupted loses nothing", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const stream = yield* hub.subscribe()
      const waiting = yield* Effect.fork(take(stream, 1))
      yield* nextTurn
      yield* Fiber.interrupt(waiting)
      yield* hub.publish(utf8("kept"))
      expect(texts(yield* take(stream, 1))).toEqual(["kept"])
    }),
  )

  it.effect("detaches when its scope closes, and ends for a fiber that still pulls", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make(line)
      const scope = yield* Scope.make()
      const stream = yield* Scope.extend(hub.subscribe(), scope)
      expect((yield* hub.stats).subscribers).toBe(1)
      const pulling = yield* Effect.fork(Stream.runCollect(stream))
      yield* hub.publish(utf8("last"))
      yield* nextTurn
      yield* Scope.close(scope, Exit.void)
      expect((yield* hub.stats).subscribers).toBe(0)
      yield* hub.publish(utf8("too late"))
      expect(texts(yield* Fiber.join(pulling))).toEqual(["last"])
    }).pipe(Effect.scoped),
  )

  it.scoped("two hubs in one process do not hear each other", () =>
    Effect.gen(function* () {
      const [one, two] = yield* Effect.all([Layer.build(Hub.layer(line)), Layer.build(Hub.layer(line))])
      const inOne = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, one)
      const stream = yield* inOne(Effect.flatMap(Hub, (hub) => hub.subscribe()))
      yield* Effect.provide(
        Effect.flatMap(Hub, (hub) => hub.publish(utf8("other"))),
        two,
      )
      yield* inOne(Effect.flatMap(Hub, (hub) => hub.publish(utf8("own"))))
      yield* nextTurn
      expect(texts(yield* take(stream, 1))).toEqual(["own"])
    }),
  )
})
