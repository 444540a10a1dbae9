import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import { Client } from "../../src/client/index.ts"
import type { Connection } from "../../src/connection/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { anyPort } from "../support/eachTransport.ts"

// The kernel takes a few megabytes at most for a peer that does not read.
const volume = new Uint8Array(32 * 1024 * 1024)

/** Sends more than the kernel takes. */
const overfill = (connection: Connection) => connection.sendNow(volume)

const transports = [
  ["memory", MemoryTransport.layer()],
  ["tcp", NodeTransport.layer],
] as const

describe("at the end of its scope", () => {
  for (const [name, layer] of transports) {
    it.scopedLive(`a successful client flushes its unsent bytes (${name})`, () =>
      Effect.gen(function* () {
        const gate = yield* Effect.makeLatch(false)
        const total = yield* Ref.make(0)
        const { endpoint, events } = yield* Testing.serve({
          handler: (connection) =>
            Effect.zipRight(
              gate.await,
              connection.runForEach((bytes) => Ref.update(total, (sum) => sum + bytes.length)),
            ),
        })
        const client = yield* Client.make()
        const scope = yield* Scope.make()
        const connection = yield* Scope.extend(client.connect(endpoint), scope)
        yield* overfill(connection)
        yield* gate.open
        yield* Scope.close(scope, Exit.void)
        expect(yield* events.one("ConnectionClosed")).toMatchObject({
          reason: { _tag: "PeerClosed" },
          bytesIn: volume.length,
        })
        expect(yield* Ref.get(total)).toBe(volume.length)
      }).pipe(Effect.provide(layer)),
    )

    it.scopedLive(`a failed client with unsent bytes resets its connection (${name})`, () =>
      Effect.gen(function* () {
        const gate = yield* Effect.makeLatch(false)
        const { endpoint, events } = yield* Testing.serve({
          handler: (connection) =>
            Effect.zipRight(
              gate.await,
              connection.runForEach(() => Effect.void),
            ),
        })
        const client = yield* Client.make()
        const scope = yield* Scope.make()
        const connection = yield* Scope.extend(client.connect(endpoint), scope)
        yield* overfill(connection)
        yield* Scope.close(scope, Exit.fail("no luck"))
        yield* gate.open
        expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerReset" })
      }).pipe(Effect.provide(layer)),
    )

    it.scopedLive(`a failed handler or a server with unsent bytes resets its connection (${name})`, () =>
      Effect.gen(function* () {
        const full = yield* Effect.makeLatch(false)
        const dialled = yield* Effect.makeLatch(false)
        // A reset before the client has its connection would be a connect failure.
        const failing = (connection: Connection) =>
          Effect.zipRight(dialled.await, overfill(connection)).pipe(Effect.zipRight(Effect.fail("no luck")))
        const waiting = (connection: Connection) =>
          overfill(connection).pipe(Effect.zipRight(full.open), Effect.zipRight(Effect.never))
        const client = yield* Client.make({ inbox: 1 })
        const reasons = []
        for (const handler of [failing, waiting]) {
          const scope = yield* Scope.make()
          const server = yield* Scope.extend(Server.make({ handler }), scope)
          const events = yield* Testing.probe(Scope.extend(server.subscribeEvents(), scope))
          const { endpoint } = yield* Scope.extend(server.listen(anyPort), scope)
          const connection = yield* client.connect(endpoint)
          yield* dialled.open
          if (handler === failing) yield* events.one("ConnectionClosed")
          else yield* full.await
          yield* Scope.close(scope, Exit.void)
          yield* Effect.exit(connection.runForEach(() => Effect.void))
          reasons.push((yield* connection.closed).reason)
        }
        expect(reasons).toEqual([{ _tag: "PeerReset" }, { _tag: "PeerReset" }])
      }).pipe(Effect.provide(layer)),
    )
  }

  it.scopedLive("a successful client resets its connection at the deadline if the server reads nothing", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: () => Effect.never, settings: { inbox: 1 } })
      const client = yield* Client.make({ closeDeadline: Duration.millis(50) })
      const scope = yield* Scope.make()
      const connection = yield* Scope.extend(client.connect(endpoint), scope)
      yield* overfill(connection)
      yield* Scope.close(scope, Exit.void)
      expect((yield* connection.closed).reason).toMatchObject({ _tag: "DrainDeadline" })
      expect((yield* events.one("ConnectionOpened")).id).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("a server writes the frames that were published in the same turn, as far as the kernel accepts them", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const server = yield* Scope.extend(Server.make({ handler: Handler.broker() }), scope)
      const opened = yield* Testing.probe(server.subscribeEvents())
      const { endpoint } = yield* Scope.extend(server.listen(anyPort), scope)
      const client = yield* Client.make()
      const connection = yield* client.connect(endpoint)
      yield* opened.one("ConnectionOpened")
      yield* server.broadcast(new Uint8Array([1, 2, 3]))
      yield* Scope.close(scope, Exit.void)
      expect(yield* connection.receive).toMatchObject({ value: new Uint8Array([1, 2, 3]) })
      expect((yield* connection.closed).reason).toEqual({ _tag: "PeerClosed" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
