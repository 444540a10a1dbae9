import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Handler, Server, ServerConfig } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

const hub = Hub.layer({ framing: Framing.line })

const serverWith = (frame: Framing.Framing = Framing.raw) =>
  Server.layerHub({ handler: Handler.discard() }).pipe(
    Layer.provide(ServerConfig.layer({ frame, listen: anyPort })),
    Layer.provideMerge(hub),
    Layer.provideMerge(MemoryTransport.layer()),
  )

const ownServer = Server.layerHub({ handler: Handler.discard() }).pipe(
  Layer.provide(ServerConfig.layer({ listen: anyPort })),
)

describe("Server.layerHub", () => {
  it.scopedLive("serves with the hub of its context and with the framing of the hub", () =>
    Effect.gen(function* () {
      const server = yield* Server
      expect(server.hub).toBe(yield* Hub)
      const [endpoint] = yield* server.listening
      if (endpoint === undefined) return expect.unreachable()
      const client = yield* Client.make({ frame: Framing.line })
      const peer = yield* client.connect(endpoint)
      yield* Effect.repeat(server.connections, { until: ({ length }) => length === 1 })
      yield* Effect.flatMap(Hub, ({ publish }) => publish(utf8("to all")))
      expect(yield* Testing.receiveText(peer)).toBe("to all")
    }).pipe(Effect.provide(serverWith())),
  )

  it.scoped("fails with both names if the settings have another framing than the hub", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(serverWith(Framing.slip)))
      expect(error).toMatchObject({ _tag: "SettingsError", field: "frame" })
      expect(error.message).toContain("slip, but the hub has line frames")
    }),
  )

  it.scopedLive("lets two servers share a hub", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.replicateEffect(Layer.build(Layer.fresh(ownServer)), 2)
      if (one === undefined || other === undefined) return expect.unreachable()
      expect(Context.get(one, Server)).not.toBe(Context.get(other, Server))
      expect(Context.get(one, Server).hub).toBe(Context.get(other, Server).hub)
    }).pipe(Effect.provide(Layer.merge(hub, MemoryTransport.layer()))),
  )
})
