import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ConnectionId, type Endpoint, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { byConnection, expectWholeLives, openByEvents } from "../support/eventGrammar.ts"
import { handles, handlesBeyond } from "../support/handles.ts"
import { string } from "../support/texts.ts"

const crowd = 200

const burst = (endpoint: Endpoint) =>
  Effect.forEach(Array.from({ length: crowd }), () => Testing.dialPeer(endpoint), { concurrency: "unbounded" })

const handlers: ReadonlyArray<readonly [string, Handler.Handler<unknown, never>]> = [
  ["a broker", Handler.broker("close")],
  ["an echo", Handler.echo()],
  ["a handler in fibers", (connection) => Stream.runForEach(connection.frames, connection.broadcast)],
]

describe("a crowd of 200 clients", () => {
  it.scopedLive("that connects in one burst is accepted, and each client has its own id", () =>
    Effect.gen(function* () {
      const { endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const peers = yield* burst(endpoint)
      const opened = yield* events.first("ConnectionOpened", crowd)
      expect(opened.map(({ id }) => id)).toEqual(Array.from({ length: crowd }, (_, n) => n + 1))
      expect((yield* server.connections).length).toBe(crowd)
      yield* Effect.forEach(peers, (peer, n) => peer.send(`${n}`.padStart(5, "0")))
      const back = yield* Effect.forEach(peers, (peer) => peer.take(5))
      expect(back.map((bytes) => Number(string(bytes)))).toEqual(peers.map((_, n) => n))
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  for (const [name, handler] of handlers) {
    it.scopedLive(`that disconnects in different ways leaves complete events and nothing open (${name})`, () =>
      Effect.gen(function* () {
        const before = yield* handles
        const scope = yield* Scope.make()
        const served = yield* Scope.extend(
          Testing.serve({ handler, settings: { frame: Framing.line, hubBudget: 1024 ** 3 } }),
          scope,
        )
        const { endpoint, events, server } = served
        const peers = yield* Scope.extend(burst(endpoint), scope)
        yield* events.first("ConnectionOpened", crowd)

        // `id` and `peer` may belong to different connections: a kick comes from outside and does not depend on a peer.
        const numbered = (yield* server.connections).map(({ id }, n) => ({ id, peer: peers[n] }))
        const leave = (id: ConnectionId, peer: Testing.ScriptedPeer) =>
          Effect.gen(function* () {
            yield* peer.send("a line\nand a part")
            const way = yield* Random.nextIntBetween(0, 6)
            if (way === 1) yield* peer.halfClose
            if (way === 2) yield* Effect.zipRight(peer.halfClose, peer.takeRest)
            if (way === 3) yield* Effect.ignore(server.kick(id, "reset"))
            if (way === 4) yield* Effect.ignore(server.kick(id))
            if (way === 5) yield* Effect.ignore(server.halfClose(id))
            yield* peer.reset
          })
        const leaveAll = (from: number, to: number) =>
          Effect.forEach(
            numbered.slice(from, to),
            ({ id, peer }) => (peer === undefined ? Effect.void : leave(id, peer)),
            { concurrency: "unbounded" },
          )
        const compareGauges = Effect.gen(function* () {
          // The events of a turn are recorded when the next turn begins.
          yield* turns(2)
          const open = (yield* server.connections).map(({ id }) => id)
          expect(openByEvents(events.seen)).toEqual(open)
          return open.length
        })

        yield* leaveAll(0, crowd / 2)
        yield* Effect.forEach(peers.slice(0, crowd / 2), (peer) => peer.closed)
        expect(yield* compareGauges).toBeGreaterThan(0)
        yield* leaveAll(crowd / 2, crowd)
        yield* events.first("ConnectionClosed", crowd)
        expect(yield* compareGauges).toBe(0)
        expectWholeLives(events.seen)
        expect(byConnection(events.seen).size).toBe(crowd)
        expect(yield* server.hub.stats).toEqual({ subscribers: 0, lagging: 0, retainedBytes: 0 })
        yield* Scope.close(scope, Exit.void)
        expect(yield* handlesBeyond(before)).toEqual({})
      }).pipe(Effect.withRandom(Random.make(7)), Effect.provide(NodeTransport.layer)),
    )
  }
})
