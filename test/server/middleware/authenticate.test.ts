import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../../src/domain/index.ts"
import { Attribute, Middleware, PeerRefusedError, type ServerConnection } from "../../../src/server/index.ts"
import { Testing } from "../../../src/testing/index.ts"
import { MemoryTransport } from "../../../src/transport/index.ts"
import { overEachTransport } from "../../support/eachTransport.ts"
import { string, utf8 } from "../../support/texts.ts"

const line = { frame: Framing.line }
const User = Attribute.make("user", () => "nobody")

/** Answers each payload with the name of the user. */
const whoami = (connection: ServerConnection & { readonly user: string }) =>
  connection.runForEach(() => connection.send(utf8(connection.user)))

const handler = pipe(
  whoami,
  Middleware.authenticate({
    as: "user",
    attribute: User,
    within: "5 seconds",
    login: (connection) =>
      Effect.flatMap(connection.receive, (first) => {
        const name = Option.match(first, { onNone: () => "", onSome: string })
        return name === "ann" ? Effect.succeed(name) : new PeerRefusedError({ reason: `nobody knows "${name}"` })
      }),
    answer: ({ reason }) => utf8(reason),
  }),
)

const refused = (reason: string) => ({
  reason: { _tag: "HandlerFailed", tag: "PeerRefusedError", message: `the peer was refused: ${reason}` },
})

describe("authenticate", () => {
  overEachTransport("gives the handler the user, the payloads after the login, and the attribute its value", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler, settings: line })
      const ann = yield* connect()
      yield* connect()
      yield* ann.send(utf8("ann"))
      yield* ann.send(utf8("?"))
      expect(yield* Testing.receiveText(ann)).toBe("ann")
      expect((yield* server.connections).map(User.of)).toEqual(["ann", "nobody"])
    }),
  )

  overEachTransport("answers a refused peer, then sends FIN, and reports the reason", () =>
    Effect.gen(function* () {
      const failures = yield* Queue.unbounded<unknown>()
      const { connect, events } = yield* Testing.serve({
        handler,
        settings: line,
        onHandlerFailure: (cause) => failures.offer(cause),
      })
      const eve = yield* connect()
      yield* eve.send(utf8("eve"))
      expect(yield* Testing.receiveText(eve)).toBe('nobody knows "eve"')
      expect(yield* Testing.receiveText(eve)).toBeUndefined()
      yield* eve.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject(refused('nobody knows "eve"'))
      expect(yield* failures.size).toBe(0)
    }),
  )

  it.scoped("refuses a peer that does not log in before the deadline, and not before", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler, settings: line })
      const slow = yield* connect()
      yield* TestClock.adjust("4999 millis")
      expect(events.all("ConnectionHalfClosed")).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(yield* Testing.receiveText(slow)).toBe("it did not log in within 5 s")
      yield* slow.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject(refused("it did not log in within 5 s"))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("does not run the handler of a refused peer", () =>
    Effect.gen(function* () {
      const ran = yield* Deferred.make<void>()
      const never = Middleware.authenticate({ as: "user", login: () => new PeerRefusedError({ reason: "no" }) })
      const { connect, events } = yield* Testing.serve({ handler: never(() => Deferred.succeed(ran, undefined)) })
      yield* (yield* connect()).close
      yield* events.one("ConnectionClosed")
      expect(yield* Deferred.isDone(ran)).toBe(false)
    }),
  )
})

describe("a handler that fails with PeerRefusedError", () => {
  overEachTransport("delivers everything that it sent, although the peer reads it later", () =>
    Effect.gen(function* () {
      const much = new Uint8Array(8 * 1024 * 1024)
      const { connect, events } = yield* Testing.serve({
        handler: (connection) =>
          Effect.gen(function* () {
            yield* connection.receive
            yield* connection.sendNow(much)
            return yield* new PeerRefusedError({ reason: "enough" })
          }),
      })
      const peer = yield* connect({ inbox: 1 })
      yield* peer.send(utf8("x"))
      expect((yield* Testing.receiveAll(peer)).length).toBe(much.length)
      yield* peer.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject(refused("enough"))
    }),
  )
})
