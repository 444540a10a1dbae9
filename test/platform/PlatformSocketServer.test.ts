import * as SocketServer from "@effect/platform/SocketServer"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerSocketServer, makeSocketServer } from "../../src/platform/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"

const portOf = (server: { readonly address: SocketServer.Address }) =>
  server.address._tag === "TcpAddress" ? server.address.port : 0

describe("the platform's SocketServer", () => {
  it.scopedLive("fails as the platform's own server does when it cannot listen", () =>
    Effect.gen(function* () {
      const port = portOf(yield* makeSocketServer("127.0.0.1:0"))
      const ours = yield* Effect.flip(Layer.build(layerSocketServer(`127.0.0.1:${port}`)))
      const theirs = yield* Effect.flip(NodeSocketServer.make({ host: "127.0.0.1", port }))
      expect(ours).toBeInstanceOf(SocketServer.SocketServerError)
      expect([ours._tag, ours.reason]).toEqual([theirs._tag, theirs.reason])
      expect(ours.cause).toMatchObject({ _tag: "ListenError", reason: "AddressInUse" })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("fails with the reason Open for an invalid setting, option or endpoint", () =>
    Effect.gen(function* () {
      const setting = yield* Effect.flip(makeSocketServer(":0", { maxFrame: -1 }))
      expect(setting).toMatchObject({ reason: "Open", cause: { _tag: "SettingsError", field: "maxFrame" } })
      const option = yield* Effect.flip(makeSocketServer("127.0.0.1:0", {}, { concurrency: 0 }))
      expect(option).toMatchObject({ reason: "Open", cause: { _tag: "SettingsError", field: "concurrency" } })
      const endpoint = yield* Effect.flip(makeSocketServer("127.0.0.1:port"))
      expect(endpoint).toMatchObject({ reason: "Open", cause: { _tag: "ListenError", reason: "InvalidEndpoint" } })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
