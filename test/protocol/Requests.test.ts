import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Codec, closeReasons, Framing } from "../../src/domain/index.ts"
import { Messages, Requests, RequestTimeout } from "../../src/protocol/index.ts"
import { Handler } from "../../src/server/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { scriptedPeer } from "../support/scriptedPeer.ts"
import { overEachTransport, receiveText, serving, utf8 } from "../support/serving.ts"

const texts = { receive: Codec.text, send: Codec.text }
const Call = Schema.Struct({ id: Schema.optional(Schema.Number), text: Schema.String })
const calls = { receive: Codec.json(Call), send: Codec.json(Call) }
const numbered = (text: string) => (id: number) => ({ id, text })
const byId = (nextId = Requests.counter()) => ({ idOf: (call: typeof Call.Type) => call.id, nextId })

const inOrder = (options: Partial<Requests.RequestsOptions> = {}) =>
  Effect.gen(function* () {
    const { connection, peer } = yield* scriptedPeer()
    const requests = yield* Requests.make(Messages.of(connection, texts), {
      correlate: "fifo",
      timeout: "1 second",
      ...options,
    })
    return { connection, peer, requests }
  })

const withIds = (options: Partial<Requests.RequestsOptions> = {}, nextId = Requests.counter()) =>
  Effect.gen(function* () {
    const { connection, peer } = yield* scriptedPeer()
    const requests = yield* Requests.make(Messages.of(connection, calls), {
      correlate: byId(nextId),
      timeout: "1 second",
      ...options,
    })
    const reply = (id: number | undefined, text: string) => peer.send(utf8(JSON.stringify({ id, text })))
    return { connection, peer, reply, requests }
  })

const memory = MemoryTransport.layer()

/** Runs an effect in a fiber, and waits until the peer has received `count` more payloads. */
const received = (peer: { readonly receive: Effect.Effect<unknown, unknown> }, count: number) =>
  Effect.orDie(Effect.replicateEffect(peer.receive, count, { discard: true }))

describe("requests in order", () => {
  overEachTransport("get the replies in the order of the requests", () =>
    Effect.gen(function* () {
      const { connect } = yield* serving(Handler.echo(), { frame: Framing.line })
      const requests = yield* Requests.make(Messages.of(yield* connect(), texts), {
        correlate: "fifo",
        timeout: "10 seconds",
      })
      const asks = Array.from({ length: 1000 }, (_, index) => `${index}`)
      expect(yield* Effect.forEach(asks, (ask) => requests.request(ask), { concurrency: "unbounded" })).toEqual(asks)
      expect(yield* requests.state).toEqual({ inFlight: 0, waiting: 0, rest: 0, restDropped: 0, lateReplies: 0 })
    }),
  )

  it.scoped("do not get the late reply to a request that timed out or was interrupted", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder()
      const slow = yield* Effect.fork(Effect.flip(requests.request("slow", undefined, { timeout: "100 millis" })))
      const interrupted = yield* Effect.fork(requests.request("interrupted"))
      const next = yield* Effect.fork(requests.request("next"))
      yield* received(peer, 3)
      yield* TestClock.adjust("100 millis")
      expect(yield* Fiber.join(slow)).toEqual(new RequestTimeout({ timeoutMillis: 100, sent: true }))
      yield* Fiber.interrupt(interrupted)
      expect((yield* requests.state).inFlight).toBe(3)
      yield* Effect.forEach(["slow", "interrupted", "next"], (text) => peer.send(utf8(`re: ${text}`)))
      expect(yield* Fiber.join(next)).toBe("re: next")
      expect(yield* requests.state).toMatchObject({ inFlight: 0, lateReplies: 2, rest: 0 })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("leave messages that the first request does not accept in the rest", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder()
      const isReply = (text: string) => !text.startsWith("!")
      yield* peer.send(utf8("!before"))
      const asked = yield* Effect.fork(requests.request("ask", isReply))
      yield* received(peer, 1)
      yield* peer.send(utf8("!while"))
      yield* peer.send(utf8("reply"))
      expect(yield* Fiber.join(asked)).toBe("reply")
      const rest = yield* Stream.runCollect(Stream.take(requests.rest, 2))
      expect(Chunk.toReadonlyArray(rest)).toEqual(["!before", "!while"])
    }).pipe(Effect.provide(memory)),
  )
})

describe("requests with ids", () => {
  it.scoped("get their replies in any order", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds()
      const [one, two] = [
        yield* Effect.fork(requests.request(numbered("one"))),
        yield* Effect.fork(requests.request(numbered("two"))),
      ]
      expect(yield* receiveText(peer)).toBe('{"id":1,"text":"one"}')
      yield* received(peer, 1)
      yield* reply(2, "second")
      yield* reply(1, "first")
      expect((yield* Fiber.join(one)).text).toBe("first")
      expect((yield* Fiber.join(two)).text).toBe("second")
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("leave messages without an id, with an unknown id, and second replies in the rest", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds()
      const asked = yield* Effect.fork(requests.request(numbered("ask")))
      yield* received(peer, 1)
      yield* reply(undefined, "news")
      yield* reply(9, "unknown")
      yield* reply(1, "reply")
      yield* reply(1, "again")
      expect((yield* Fiber.join(asked)).text).toBe("reply")
      const rest = yield* Stream.runCollect(Stream.take(requests.rest, 3))
      expect(Chunk.toReadonlyArray(rest).map(({ text }) => text)).toEqual(["news", "unknown", "again"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("wait on after a message with their id that they do not accept", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds()
      const asked = yield* Effect.fork(requests.request(numbered("ask"), ({ text }) => text !== "progress"))
      yield* received(peer, 1)
      yield* reply(1, "progress")
      yield* reply(1, "done")
      expect((yield* Fiber.join(asked)).text).toBe("done")
      expect((yield* requests.state).rest).toBe(1)
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("name their id when they time out, free their place, and drop the late reply", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds({ maxInFlight: 1 })
      const slow = yield* Effect.fork(Effect.flip(requests.request(numbered("slow"))))
      yield* received(peer, 1)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(slow)).toEqual(new RequestTimeout({ timeoutMillis: 1000, sent: true, id: 1 }))
      const next = yield* Effect.fork(requests.request(numbered("next")))
      yield* received(peer, 1)
      yield* reply(1, "late")
      yield* reply(2, "in time")
      expect((yield* Fiber.join(next)).text).toBe("in time")
      expect(yield* requests.state).toMatchObject({ lateReplies: 1, rest: 0 })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("never share an id, and wait while every id is in flight", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds({}, Requests.counter(1, 2))
      const ask = (text: string) => Effect.fork(requests.request(numbered(text)))
      const [a, b, c] = [yield* ask("a"), yield* ask("b"), yield* ask("c")]
      yield* received(peer, 2)
      expect(yield* requests.state).toMatchObject({ inFlight: 2, waiting: 1 })
      yield* reply(2, "re: b")
      expect(yield* receiveText(peer)).toBe('{"id":2,"text":"c"}')
      yield* reply(2, "re: c")
      yield* reply(1, "re: a")
      const replies = yield* Effect.forEach([a, b, c], Fiber.join)
      expect(replies.map(({ text }) => text)).toEqual(["re: a", "re: b", "re: c"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("take the id of an abandoned request only when no other id is left", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds({}, Requests.counter(1, 3))
      const abandoned = yield* Effect.fork(requests.request(numbered("abandoned")))
      yield* received(peer, 1)
      yield* Fiber.interrupt(abandoned)
      const ids: Array<unknown> = []
      const asked = yield* Effect.forEach(["a", "b", "c"], (text) => Effect.fork(requests.request(numbered(text))))
      for (const _ of asked) ids.push(JSON.parse((yield* receiveText(peer)) ?? "").id)
      expect(ids).toEqual([2, 3, 1])
      yield* Effect.forEach([1, 2, 3], (id) => reply(id, "reply"))
      yield* Effect.forEach(asked, Fiber.join)
    }).pipe(Effect.provide(memory)),
  )
})

describe("requests", () => {
  it.scoped("wait for their turn above maxInFlight, the oldest first", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder({ maxInFlight: 1 })
      const ask = (text: string, timeout: "1 second" | "100 millis" = "1 second") =>
        Effect.fork(Effect.exit(requests.request(text, undefined, { timeout })))
      const a = yield* ask("a")
      const tooLate = yield* ask("too late", "100 millis")
      const cancelled = yield* ask("cancelled")
      const d = yield* ask("d")
      expect(yield* receiveText(peer)).toBe("a")
      expect(yield* requests.state).toMatchObject({ inFlight: 1, waiting: 3 })
      yield* TestClock.adjust("100 millis")
      const error = new RequestTimeout({ timeoutMillis: 100, sent: false })
      expect(yield* Fiber.join(tooLate)).toEqual(Exit.fail(error))
      expect(error.message).toContain("could not be sent within 100 ms")
      yield* Fiber.interrupt(cancelled)
      yield* peer.send(utf8("re: a"))
      expect(yield* receiveText(peer)).toBe("d")
      yield* peer.send(utf8("re: d"))
      expect(yield* Fiber.join(a)).toEqual(Exit.succeed("re: a"))
      expect(yield* Fiber.join(d)).toEqual(Exit.succeed("re: d"))
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("fail with the reason when the peer ends its side, also those that are made later", () =>
    Effect.gen(function* () {
      const { connection, peer, requests } = yield* inOrder({ maxInFlight: 1 })
      const asked = yield* Effect.forEach(["sent", "waiting"], (text) =>
        Effect.fork(Effect.flip(requests.request(text))),
      )
      yield* received(peer, 1)
      yield* peer.halfClose
      const errors = yield* Effect.forEach(asked, Fiber.join)
      const later = yield* Effect.flip(requests.request("later"))
      for (const error of [...errors, later]) {
        expect(error).toMatchObject({ _tag: "ConnectionClosedError", reason: closeReasons.peerClosed })
      }
      expect(Chunk.size(yield* Stream.runCollect(requests.rest))).toBe(0)
      yield* connection.close
    }).pipe(Effect.provide(memory)),
  )

  overEachTransport("all fail once when the peer resets the connection, 1000 of them", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* withIds({ maxInFlight: 1000, timeout: "1 minute" })
      const asked = yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, index) => `${index}`),
        (text) => Effect.fork(Effect.flip(requests.request(numbered(text)))),
      )
      yield* received(peer, 1000)
      yield* peer.reset
      const errors = yield* Effect.forEach(asked, Fiber.join)
      expect(new Set(errors.map((error) => error._tag))).toEqual(new Set(["ConnectionClosedError"]))
      expect(errors[0]).toMatchObject({ reason: closeReasons.peerReset })
      expect(yield* requests.state).toMatchObject({ inFlight: 0, waiting: 0 })
      expect(yield* Effect.flip(Stream.runDrain(requests.rest))).toMatchObject({ reason: closeReasons.peerReset })
    }),
  )

  it.scoped("fail when this side closes the connection, or their scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const first = yield* inOrder().pipe(Scope.extend(scope))
      const asked = yield* Effect.fork(Effect.flip(first.requests.request("ask")))
      yield* received(first.peer, 1)
      yield* Scope.close(scope, Exit.void)
      expect(yield* Fiber.join(asked)).toMatchObject({ reason: closeReasons.localClosed })

      const second = yield* inOrder()
      const closing = yield* Effect.fork(Effect.flip(second.requests.request("ask")))
      yield* received(second.peer, 1)
      yield* Effect.fork(second.connection.close)
      expect(yield* Fiber.join(closing)).toMatchObject({ reason: closeReasons.localClosed })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("fail with the error of the codec after a message that cannot be decoded", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* withIds()
      const asked = yield* Effect.fork(Effect.flip(requests.request(numbered("ask"))))
      yield* received(peer, 1)
      yield* peer.send(utf8("no JSON"))
      expect((yield* Fiber.join(asked))._tag).toBe("CodecError")
      expect((yield* Effect.flip(requests.request(numbered("later"))))._tag).toBe("CodecError")
      expect((yield* Effect.flip(Stream.runDrain(requests.rest)))._tag).toBe("CodecError")
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("that cannot be encoded fail alone and take no slot", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder()
      expect((yield* Effect.flip(requests.request("two\nlines")))._tag).toBe("InvalidPayloadError")
      const asked = yield* Effect.fork(requests.request("ask"))
      yield* received(peer, 1)
      yield* peer.send(utf8("reply"))
      expect(yield* Fiber.join(asked)).toBe("reply")
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("die alone when a function of the program throws", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds()
      const wrong = new Error("wrong")
      const thrower = (): never => {
        throw wrong
      }
      expect(yield* Effect.exit(requests.request(thrower))).toEqual(Exit.die(wrong))
      const badPredicate = yield* Effect.fork(Effect.exit(requests.request(numbered("a"), thrower)))
      yield* received(peer, 1)
      yield* reply(2, "reply")
      expect(yield* Fiber.join(badPredicate)).toEqual(Exit.die(wrong))
      const asked = yield* Effect.fork(requests.request(numbered("b")))
      yield* received(peer, 1)
      yield* reply(3, "reply")
      expect((yield* Fiber.join(asked)).text).toBe("reply")
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("wait while the peer does not read, and are not sent after their deadline", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* scriptedPeer({ outbox: 1000 })
      yield* peer.pause
      const requests = yield* Requests.make(Messages.of(connection, texts), { correlate: "fifo", timeout: "1 second" })
      const long = "x".repeat(200_000)
      const asked = yield* Effect.forEach([1, 2, 3], () => Effect.fork(Effect.flip(requests.request(long))))
      yield* TestClock.adjust("1 second")
      const errors = yield* Effect.forEach(asked, Fiber.join)
      expect(errors.map((error) => error._tag === "RequestTimeout" && error.sent)).toEqual([true, false, false])
      yield* connection.reset
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("refuse invalid options with the name of the option", () =>
    Effect.gen(function* () {
      const { connection } = yield* scriptedPeer()
      const field = (options: Partial<Requests.RequestsOptions>) =>
        Requests.make(Messages.of(connection, texts), { correlate: "fifo", timeout: "1 second", ...options }).pipe(
          Effect.flip,
          Effect.map((error) => error.field),
        )
      expect(yield* field({ timeout: 0 })).toBe("timeout")
      expect(yield* field({ maxInFlight: 0 })).toBe("maxInFlight")
      expect(yield* field({ restCapacity: 0.5 })).toBe("restCapacity")
      for (const correlate of ["FIFO", undefined, { idOf: () => 1 }]) {
        const wrong = { correlate: correlate as "fifo", timeout: "1 second" } as const
        const error = yield* Effect.flip(Requests.make(Messages.of(connection, texts), wrong))
        expect(error.message).toContain('it takes "fifo", or an object with the functions idOf and nextId')
      }
    }).pipe(Effect.provide(memory)),
  )
})

describe("the rest of the messages", () => {
  it.scoped("that a reader has not taken goes to the next reader", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder()
      yield* Effect.forEach(["1", "2", "3", "4"], (text) => peer.send(utf8(text)))
      const asked = yield* Effect.fork(requests.request("ask", (text) => text === "reply"))
      yield* received(peer, 1)
      yield* peer.send(utf8("reply"))
      yield* Fiber.join(asked)
      const taken: Array<ReadonlyArray<string>> = []
      for (const count of [1, 2, 1]) {
        taken.push(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(requests.rest, count))))
      }
      expect(taken).toEqual([["1"], ["2", "3"], ["4"]])
      expect(yield* requests.state).toMatchObject({ rest: 0, restDropped: 0 })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("drops the oldest messages without a reader, and counts them", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder({ restCapacity: 2 })
      yield* Effect.forEach(["1", "2", "3", "4", "5"], (text) => peer.send(utf8(text)))
      const asked = yield* Effect.fork(requests.request("ask", (text) => text === "reply"))
      yield* received(peer, 1)
      yield* peer.send(utf8("reply"))
      yield* Fiber.join(asked)
      expect(yield* requests.state).toMatchObject({ rest: 2, restDropped: 3 })
      const rest = yield* Stream.runCollect(Stream.take(requests.rest, 2))
      expect(Chunk.toReadonlyArray(rest)).toEqual(["4", "5"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("stops the reading of the connection under wait, and loses nothing", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder({ restCapacity: 2, whenRestFull: "wait" })
      const asked = yield* Effect.fork(requests.request("ask", (text) => text === "reply"))
      yield* received(peer, 1)
      yield* Effect.forEach(["1", "2", "3", "4", "reply", "5"], (text) => peer.send(utf8(text)))
      yield* peer.halfClose
      yield* TestClock.adjust("999 millis")
      expect(asked.unsafePoll()).toBeNull()
      const rest = yield* Stream.runCollect(requests.rest)
      expect(Chunk.toReadonlyArray(rest)).toEqual(["1", "2", "3", "4", "5"])
      expect(yield* Fiber.join(asked)).toBe("reply")
      expect(yield* requests.state).toMatchObject({ rest: 0, restDropped: 0 })
    }).pipe(Effect.provide(memory)),
  )
})
