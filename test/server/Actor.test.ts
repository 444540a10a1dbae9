import { describe, expect } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberStatus from "effect/FiberStatus"
import * as Option from "effect/Option"
import { Framing } from "../../src/domain/index.ts"
import { Handler, type ServerService } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const line = { frame: Framing.line }

const firstOf = (server: ServerService) => Effect.map(server.connections, ([info]) => info ?? expect.unreachable())

/** Answers `?` with the words so far, and keeps every other word. `tell` adds a word too. */
const words = Handler.actor({
  name: "words",
  initial: () => Effect.succeed<ReadonlyArray<string>>([]),
  receive: (said, word, connection) =>
    string(word) === "?"
      ? Effect.as(connection.send(utf8(said.join(" "))), said)
      : Effect.succeed([...said, string(word)]),
  onTell: (said, word: string) => Effect.succeed([...said, word]),
})

describe("an actor", () => {
  overEachTransport("has a state for each connection, which the server shows", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: words, settings: line })
      const ann = yield* connect()
      const bob = yield* connect()
      for (const [peer, word] of [
        [ann, "one"],
        [bob, "two"],
        [ann, "three"],
      ] as const) {
        yield* peer.send(utf8(word))
      }
      for (const [peer, all] of [
        [ann, "one three"],
        [bob, "two"],
      ] as const) {
        yield* peer.send(utf8("?"))
        expect(yield* Testing.receiveText(peer)).toBe(all)
      }
      const states = (yield* server.connections).map((info) => words.state.of(info))
      expect(states).toEqual([Option.some(["one", "three"]), Option.some(["two"])])
    }),
  )

  overEachTransport("gets messages from outside between the payloads of its peer", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: words, settings: line })
      const ann = yield* connect()
      const info = yield* firstOf(server)
      expect(yield* words.tell(info, "told")).toBe(true)
      yield* Effect.repeat(Effect.zipRight(nextTurn, firstOf(server)), {
        until: (now) => Option.getOrThrow(words.state.of(now)).length === 1,
      })
      yield* ann.send(utf8("sent"))
      yield* ann.send(utf8("?"))
      expect(yield* Testing.receiveText(ann)).toBe("told sent")
    }),
  )

  overEachTransport("handles one message at a time, and a sender waits while the mailbox is full", () =>
    Effect.gen(function* () {
      const busy = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const slow = Handler.actor({
        mailbox: 1,
        initial: () => Effect.succeed(""),
        receive: (state, payload) =>
          Effect.zipRight(Deferred.succeed(busy, undefined), Effect.as(Deferred.await(go), state + string(payload))),
        onTell: (state, letter: string) => Effect.succeed(state + letter),
      })
      const { connect, server } = yield* Testing.serve({ handler: slow, settings: line })
      yield* (yield* connect()).send(utf8("a"))
      yield* Deferred.await(busy)
      const info = yield* firstOf(server)
      // The actor holds the first message, and its mailbox the second.
      expect(yield* slow.tell(info, "b")).toBe(true)
      expect(yield* slow.tell(info, "c")).toBe(true)
      const third = yield* Effect.fork(slow.tell(info, "d"))
      yield* Effect.repeat(Effect.zipRight(nextTurn, Fiber.status(third)), {
        until: (status) => FiberStatus.isSuspended(status),
      })
      expect(slow.state.of(yield* firstOf(server))).toEqual(Option.some(""))
      yield* Deferred.succeed(go, undefined)
      expect(yield* Fiber.join(third)).toBe(true)
      yield* Effect.repeat(Effect.zipRight(nextTurn, firstOf(server)), {
        until: (now) => Option.contains(slow.state.of(now), "abcd"),
      })
    }),
  )

  overEachTransport("that has ended takes no message, nor does the connection of another handler", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: words, settings: line })
      const ann = yield* connect()
      const info = yield* firstOf(server)
      yield* ann.close
      yield* events.one("ConnectionClosed")
      yield* Effect.repeat(Effect.zipRight(nextTurn, words.tell(info, "late")), { until: (isTaken) => !isTaken })
      const others = yield* Testing.serve({ handler: () => Effect.never })
      yield* others.connect()
      expect(yield* words.tell(yield* firstOf(others.server), "lost")).toBe(false)
    }),
  )

  overEachTransport("handles a message to its end when its peer leaves meanwhile", () =>
    Effect.gen(function* () {
      const busy = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const done = yield* Deferred.make<string>()
      const slow = Handler.actor({
        initial: () => Effect.succeed(0),
        receive: (state) => Effect.succeed(state),
        onTell: (state, message: string) =>
          Deferred.succeed(busy, undefined).pipe(
            Effect.zipRight(Deferred.await(go)),
            Effect.zipRight(Deferred.succeed(done, message)),
            Effect.as(state),
          ),
      })
      const { connect, events, server } = yield* Testing.serve({ handler: slow, settings: line })
      const ann = yield* connect()
      yield* slow.tell(yield* firstOf(server), "in hand")
      yield* Deferred.await(busy)
      yield* ann.halfClose
      yield* events.one("ConnectionHalfClosed")
      yield* Deferred.succeed(go, undefined)
      expect(yield* Deferred.await(done)).toBe("in hand")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ reason: { _tag: "PeerClosed" } })
    }),
  )

  overEachTransport("that fails ends its connection and releases what `initial` acquired", () =>
    Effect.gen(function* () {
      const released = yield* Deferred.make<number>()
      const failing = Handler.actor({
        initial: ({ id }) => Effect.acquireRelease(Effect.succeed(id), () => Deferred.succeed(released, id)),
        receive: () => Effect.fail("no luck"),
        onTell: (state, _: never) => Effect.succeed(state),
      })
      const { connect, events } = yield* Testing.serve({
        handler: failing,
        settings: line,
        onHandlerFailure: () => Effect.void,
      })
      yield* (yield* connect()).send(utf8("x"))
      expect(yield* Deferred.await(released)).toBe(1)
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        reason: { _tag: "HandlerFailed", message: "no luck" },
      })
    }),
  )
})
