import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import { Client } from "../../src/client/index.ts"
import { parseAddressRanges, tcpEndpoint } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport, Transport } from "../../src/transport/index.ts"
import { haveIpv6 } from "../support/peers.ts"

/** A transport on which, in the same turn as the listen, a client connects and an accept fails. */
const promptDial = Layer.effect(
  Transport,
  Effect.map(Transport, (transport) =>
    Transport.of({
      ...transport,
      listen: (endpoint, options, handlers) =>
        Effect.flatMap(Effect.scope, (scope) =>
          transport.listen(endpoint, options, {
            ...handlers,
            onListening: (bound) => {
              handlers.onListening(bound)
              handlers.onFailure("EMFILE", bound)
              Effect.runSync(Effect.provideService(transport.dial(bound), Scope.Scope, scope))
            },
          }),
        ),
    }),
  ),
).pipe(Layer.provide(MemoryTransport.layer()))

describe("a client that connects before the fiber that listens goes on", () => {
  it.scoped("is accepted at the endpoint that is listened on, after the event Listening", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.discard() })
      expect(yield* events.one("ConnectionOpened")).toMatchObject({ local: endpoint })
      expect(yield* events.one("AcceptFailed")).toMatchObject({ endpoint, code: "EMFILE" })
      expect(events.tags()).toEqual(["Listening", "AcceptFailed", "ConnectionOpened"])
    }).pipe(Effect.provide(promptDial)),
  )

  it.scopedLive("is served over a socket whatever the scheduler is", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.discard() })
      yield* Testing.dialPeer(endpoint)
      expect((yield* events.one("ConnectionOpened")).local).toEqual(endpoint)
    }).pipe(Effect.provide(NodeTransport.layer), Effect.withScheduler(Scheduler.timer(1))),
  )
})

describe("an IPv4 client of a listener that takes both families", () => {
  it.scopedLive.skipIf(!haveIpv6())("is shown, matched and counted by its IPv4 address", () =>
    Effect.gen(function* () {
      const settings = { deny: Either.getOrThrow(parseAddressRanges("127.0.0.2")), maxPerAddress: 1 }
      const { events, server } = yield* Testing.serve({ handler: Handler.discard(), settings })
      const { endpoint: dual } = yield* server.listen(tcpEndpoint("::", 0))
      if (dual._tag === "Unix") return
      const client = yield* Client.make()
      const mapped = yield* client.connect(tcpEndpoint("::ffff:127.0.0.1", dual.port))
      const opened = yield* events.one("ConnectionOpened")
      expect([opened.local, opened.remote]).toEqual([tcpEndpoint("127.0.0.1", dual.port), mapped.local])
      expect(mapped.remote).toEqual(tcpEndpoint("127.0.0.1", dual.port))
      yield* Testing.dialPeer(tcpEndpoint("127.0.0.1", dual.port))
      const from = yield* Client.make({ source: "127.0.0.2" })
      yield* from.connect(tcpEndpoint("127.0.0.1", dual.port))
      const refused = yield* events.first("ConnectionRefused", 2)
      expect(refused.map(({ remote, rule }) => [remote._tag === "Tcp" && remote.host, rule])).toEqual([
        ["127.0.0.1", { _tag: "TooManyOfAddress", limit: 1 }],
        ["127.0.0.2", { _tag: "Denied", range: "127.0.0.2" }],
      ])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
