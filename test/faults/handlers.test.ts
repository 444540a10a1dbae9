import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { Framing } from "../../src/domain/index.ts"
import { Server, type ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { anyPort } from "../support/eachTransport.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { string } from "../support/texts.ts"

/** A handler that obeys each line, and the exits of the handlers that hang. */
const obedient = Effect.gen(function* () {
  const hung = yield* Deferred.make<Exit.Exit<never>>()
  const ignores = yield* Deferred.make<void>()
  const letGo = yield* Deferred.make<void>()
  const obey = (connection: ServerConnection, order: string): Effect.Effect<void, unknown> => {
    switch (order) {
      case "throw":
        throw new Error("thrown")
      case "fail":
        return Effect.fail(new Error("failed"))
      case "die":
        return Effect.die(new Error("died"))
      case "hang":
        return Effect.onExit(Effect.never, (exit) => Deferred.succeed(hung, exit))
      case "ignore":
        return Effect.uninterruptible(
          Effect.zipRight(Deferred.succeed(ignores, undefined), Effect.disconnect(Deferred.await(letGo))),
        )
      default:
        return Effect.ignore(connection.send(new TextEncoder().encode(order)))
    }
  }
  const handler = (connection: ServerConnection) =>
    Effect.gen(function* () {
      while (true) {
        const line = yield* connection.receive
        if (Option.isNone(line)) return
        yield* obey(connection, string(line.value))
      }
    })
  return {
    handler,
    hung: Deferred.await(hung),
    ignores: Deferred.await(ignores),
    letGo: Deferred.succeed(letGo, undefined),
  }
})

const expectEcho = (peer: Testing.ScriptedPeer, text: string) =>
  Effect.gen(function* () {
    yield* peer.send(`${text}\n`)
    yield* peer.expect(`${text}\n`)
  })

const settings = { frame: Framing.line, drain: Duration.millis(200) }

describe("handlers that fail or hang at the same time", () => {
  it.scopedLive("end only their own connections, and a drain ends the hanging handlers at its deadline", () =>
    Effect.gen(function* () {
      const { handler, hung, ignores, letGo } = yield* obedient
      const { connectPeer, events, server } = yield* Testing.serve({
        handler,
        settings,
        onHandlerFailure: () => Effect.void,
      })
      const good = yield* connectPeer()
      const told = yield* Effect.forEach(["throw", "fail", "die", "hang", "ignore"], (order) =>
        Effect.tap(connectPeer(), (peer) => peer.send(`${order}\n`)),
      )
      const failed = yield* events
        .first("ConnectionHalfClosed", 0)
        .pipe(
          Effect.zipRight(Effect.forEach(told.slice(0, 3), (peer) => Effect.zipRight(peer.takeRest, peer.halfClose))),
          Effect.zipRight(events.first("ConnectionClosed", 3)),
        )
      const ends = failed.map(({ id, reason }) => [id, reason._tag === "HandlerFailed" ? reason.message : reason._tag])
      expect(ends.sort()).toEqual([
        [2, "thrown"],
        [3, "failed"],
        [4, "died"],
      ])
      yield* ignores
      yield* expectEcho(good, "still served")

      const draining = yield* Effect.fork(server.drain)
      yield* good.takeRest
      yield* good.halfClose
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 1, forced: 2 })
      expect(Exit.isInterrupted(yield* hung)).toBe(true)
      const ended = (yield* events.first("ConnectionClosed", 6)).slice(3)
      expect(new Map<number, string>(ended.map(({ id, reason }) => [id, reason._tag]))).toEqual(
        new Map([
          [1, "Drained"],
          [5, "DrainDeadline"],
          [6, "DrainDeadline"],
        ]),
      )
      expectWholeLives(events.seen)
      yield* letGo
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("delay the end of the scope if they ignore interruption, but keep no socket and no port open", () =>
    Effect.gen(function* () {
      const { handler, ignores, letGo } = yield* obedient
      const scope = yield* Scope.make()
      const server = yield* Scope.extend(Server.make({ handler, settings }), scope)
      const events = yield* Testing.probe(server.subscribeEvents())
      const { endpoint } = yield* Scope.extend(server.listen(anyPort), scope)
      const peer = yield* Testing.dialPeer(endpoint)
      const other = yield* Testing.dialPeer(endpoint)
      yield* events.first("ConnectionOpened", 2)
      yield* peer.send("ignore\n")
      yield* ignores
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      // All peers have seen the end, and no event listener is left.
      yield* Effect.all([peer.takeRest, other.takeRest])
      yield* turns(50)
      expect(closing.unsafePoll()).toBe(null)
      expect(Exit.isFailure(yield* Effect.exit(Effect.scoped(Testing.dialPeer(endpoint))))).toBe(true)
      yield* letGo
      yield* Fiber.join(closing)
      expect(events.all("ConnectionClosed").length).toBe(2)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
