import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { openByEvents } from "../support/eventGrammar.ts"
import { handles, handlesBeyond } from "../support/handles.ts"
import { utf8 } from "../support/texts.ts"

/** A server in a scope of its own, with a subscriber outside of it. */
const inScopeOfItsOwn = <E>(handler: Handler.Handler<E, never>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const server = yield* Scope.extend(Server.make({ handler }), scope)
    const events = yield* Testing.probe(server.subscribeEvents())
    const { endpoint } = yield* Scope.extend(server.listen(anyPort), scope)
    return { server, events, endpoint, end: Scope.close(scope, Exit.void) }
  })

describe("the end of a server's scope", () => {
  overEachTransport("ends every connection, frees the port and emits the events", () =>
    Effect.gen(function* () {
      const { end, endpoint, events, server } = yield* inScopeOfItsOwn(Handler.broker())
      const client = yield* Client.make()
      const peers = yield* Effect.replicateEffect(client.connect(endpoint), 3)
      yield* events.first("ConnectionOpened", 3)
      yield* end
      expect(yield* server.connections).toEqual([])
      yield* events.first("ConnectionClosed", 3)
      expect(events.tags().slice(4)).toEqual(["ListenStopped", ...new Array(3).fill("ConnectionClosed")])
      expect(openByEvents(events.seen)).toEqual([])
      for (const peer of peers) expect((yield* Testing.receiveAll(peer)).length).toBe(0)
      const next = yield* Testing.serve({ handler: Handler.echo() })
      expect(yield* next.server.listen(endpoint)).toEqual({ endpoint })
    }),
  )

  overEachTransport("ends listening for good", () =>
    Effect.gen(function* () {
      const { end, server } = yield* inScopeOfItsOwn(Handler.echo())
      yield* end
      const { listen, listenAll, startListening } = server
      const listens = [Effect.asVoid(listen(anyPort)), startListening(anyPort), Effect.asVoid(listenAll([anyPort]))]
      for (const listen of listens) expect(Exit.isInterrupted(yield* Effect.exit(listen))).toBe(true)
      expect(yield* server.listening).toEqual([])
    }),
  )

  overEachTransport("ends the stream of events, after the last of them", () =>
    Effect.gen(function* () {
      const { end, server } = yield* inScopeOfItsOwn(Handler.broker())
      const all = yield* server.subscribeEvents()
      yield* end
      const tags = yield* Stream.runCollect(Stream.map(all, (event) => event._tag))
      expect([...tags]).toEqual(["ListenStopped"])
    }),
  )

  overEachTransport("interrupts every handler and waits for its finalizers", () =>
    Effect.gen(function* () {
      const exits = yield* Ref.make<ReadonlyArray<boolean>>([])
      const started = yield* Ref.make(0)
      const both = yield* Deferred.make<void>()
      const { end, endpoint } = yield* inScopeOfItsOwn(() =>
        Effect.flatMap(
          Ref.updateAndGet(started, (n) => n + 1),
          (n) => (n === 2 ? Deferred.succeed(both, undefined) : Effect.void),
        ).pipe(
          Effect.zipRight(Effect.never),
          Effect.onExit((exit) =>
            Effect.zipRight(
              Effect.yieldNow(),
              Ref.update(exits, (all) => [...all, Exit.isInterrupted(exit)]),
            ),
          ),
        ),
      )
      const client = yield* Client.make()
      yield* Effect.replicateEffect(client.connect(endpoint), 2)
      yield* Deferred.await(both)
      yield* end
      expect(yield* Ref.get(exits)).toEqual([true, true])
    }),
  )

  it.scopedLive("leaves no socket and no listener in the process", () =>
    Effect.gen(function* () {
      const before = yield* handles
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { connect, connectPeer, events } = yield* Testing.serve({ handler: Handler.echo() })
          yield* Effect.replicateEffect(connect(), 5)
          const deaf = yield* connectPeer({ reads: false })
          yield* deaf.send(new Uint8Array(16 * 1024 * 1024))
          yield* events.one("FrameReceived")
          expect((yield* handles)["TCPSocketWrap"]).toBeGreaterThanOrEqual(12)
        }),
      )
      expect(yield* handlesBeyond(before)).toEqual({})
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a hub shared by two servers", () => {
  overEachTransport("carries frames between the connections of both servers, and outlives both", () =>
    Effect.gen(function* () {
      const frame = Framing.line
      const hub = yield* Hub.make({ framing: frame })
      const scope = yield* Scope.make()
      const one = yield* Scope.extend(Testing.serve({ handler: Handler.broker(), settings: { frame }, hub }), scope)
      const two = yield* Testing.serve({ handler: Handler.broker(), settings: { frame }, hub })
      const a = yield* Scope.extend(one.connect(), scope)
      const b = yield* two.connect()
      yield* a.send(utf8("from one"))
      expect(yield* Testing.receiveText(b)).toBe("from one")
      yield* b.send(utf8("from two"))
      expect(yield* Testing.receiveText(a)).toBe("from two")
      yield* hub.publish(utf8("from outside"))
      expect([yield* Testing.receiveText(a), yield* Testing.receiveText(b)]).toEqual(["from outside", "from outside"])
      yield* Scope.close(scope, Exit.void)
      expect((yield* hub.stats).subscribers).toBe(1)
      yield* two.server.broadcast(utf8("still here"))
      expect(yield* Testing.receiveText(b)).toBe("still here")
    }),
  )
})
