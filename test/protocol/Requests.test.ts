import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { Connection } from "../../src/connection/index.ts"
import { Messages, Requests, RequestTimeout } from "../../src/protocol/index.ts"
import { sendAtOnce } from "../../src/protocol/internal/sendAtOnce.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { scriptedPeer } from "../support/scriptedPeer.ts"
import { inOrder, numbered, received, texts, withIds } from "../support/scriptedRequests.ts"
import { utf8 } from "../support/texts.ts"

const memory = MemoryTransport.layer()

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
      expect(yield* Testing.receiveText(peer)).toBe("a")
      expect(yield* requests.state).toMatchObject({ inFlight: 1, waiting: 3 })
      yield* TestClock.adjust("100 millis")
      const error = new RequestTimeout({ timeoutMillis: 100, sent: false })
      expect(yield* Fiber.join(tooLate)).toEqual(Exit.fail(error))
      expect(error.message).toContain("could not be sent within 100 ms")
      yield* Fiber.interrupt(cancelled)
      yield* peer.send(utf8("re: a"))
      expect(yield* Testing.receiveText(peer)).toBe("d")
      yield* peer.send(utf8("re: d"))
      expect(yield* Fiber.join(a)).toEqual(Exit.succeed("re: a"))
      expect(yield* Fiber.join(d)).toEqual(Exit.succeed("re: d"))
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

  it.scoped("wait for room and stay in order while one of them is large", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* scriptedPeer({ outbox: 1000 })
      yield* peer.pause
      const requests = yield* Requests.make(Messages.of(connection, texts), { correlate: "fifo", timeout: "1 second" })
      const asks = ["a", "b".repeat(200_000), "c", "d"]
      const asked = yield* Effect.forEach(asks, (ask) => Effect.fork(requests.request(ask)))
      yield* TestClock.adjust("1 millis")
      expect(yield* requests.state).toMatchObject({ inFlight: 2, waiting: 2 })
      yield* peer.resume
      for (const ask of asks) {
        expect(yield* Testing.receiveText(peer)).toBe(ask)
        yield* peer.send(utf8(`re: ${ask.charAt(0)}`))
      }
      expect(yield* Effect.forEach(asked, Fiber.join)).toEqual(["re: a", "re: b", "re: c", "re: d"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("with a codec that needs time stay in order, and one that is interrupted meanwhile is dropped", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* scriptedPeer()
      const { send } = Messages.of(connection, texts)
      const slow = (text: string) => Effect.zipRight(Effect.sleep(text === "slow" ? "100 millis" : 0), send(text))
      const messages: Messages<string, string> = Object.create(Messages.of(connection, texts), {
        send: { value: slow },
        [sendAtOnce]: { value: undefined },
      })
      const requests = yield* Requests.make(messages, { correlate: "fifo", timeout: "1 second" })
      const asked = yield* Effect.forEach(["slow", "next"], (text) => Effect.fork(requests.request(text)))
      const dropped = yield* Effect.fork(requests.request("dropped"))
      yield* TestClock.adjust("10 millis")
      yield* Fiber.interrupt(dropped)
      yield* TestClock.adjust("100 millis")
      expect([yield* Testing.receiveText(peer), yield* Testing.receiveText(peer)]).toEqual(["slow", "next"])
      yield* peer.send(utf8("re: slow"))
      yield* peer.send(utf8("re: next"))
      expect(yield* Effect.forEach(asked, Fiber.join)).toEqual(["re: slow", "re: next"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("pass through a `send` that middleware has replaced", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* scriptedPeer()
      const passed: Array<number> = []
      const counted: Connection = Object.create(connection, {
        send: {
          value: (payload: Uint8Array) =>
            Effect.suspend(() => {
              passed.push(payload.length)
              return connection.send(payload)
            }),
        },
      })
      const requests = yield* Requests.make(Messages.of(counted, texts), { correlate: "fifo", timeout: "1 second" })
      const asked = yield* Effect.fork(requests.request("ask"))
      yield* received(peer, 1)
      yield* peer.send(utf8("reply"))
      expect(yield* Fiber.join(asked)).toBe("reply")
      expect(passed).toEqual([3])
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
