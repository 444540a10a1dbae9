import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client, ClientConfig } from "../../src/client/index.ts"
import { Framing, SettingsError } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Server, ServerConfig } from "../../src/server/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { Chat, Packed, untilClosed } from "../support/chatProtocol.ts"
import { anyPort } from "../support/eachTransport.ts"

const memory = Effect.provide(MemoryTransport.layer())

describe("a framing that is not the one of the protocol", () => {
  const refusedBy = <A, E, R>(effect: Effect.Effect<A, E | SettingsError, R>) =>
    Effect.map(Effect.flip(effect), (error) => (error instanceof SettingsError ? error.message : String(error)))

  it.scoped("is refused when a server is made, with both names", () =>
    Effect.gen(function* () {
      const made = Server.make({ protocol: Packed, handler: () => Effect.void, settings: { frame: Framing.line } })
      expect(yield* refusedBy(made)).toBe(
        "the setting frame cannot be line: the settings have line frames, but the protocol packed has len:u32be frames; it takes the framing of the protocol, len:u32be",
      )
      const layer = Server.layer({ handler: Packed.handler(() => Effect.void) }).pipe(
        Layer.provide(ServerConfig.layer({ frame: Framing.json, listen: anyPort })),
      )
      expect(yield* refusedBy(Layer.build(layer))).toContain("the settings have json frames")
    }).pipe(memory),
  )

  it.scoped("is refused in a shared hub", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ framing: Framing.line })
      const made = Server.make({ protocol: Packed, handler: () => Effect.void, hub })
      expect(yield* refusedBy(made)).toContain("the hub has line frames, but the protocol packed has len:u32be frames")
      expect(yield* refusedBy(Packed.hub(hub))).toContain("the hub has line frames")
    }).pipe(memory),
  )

  it.scoped("is refused by a client before it connects", () =>
    Effect.gen(function* () {
      const client = Client.layer.pipe(Layer.provide(ClientConfig.layer({ frame: Framing.line })))
      expect(yield* refusedBy(Effect.provide(Client.connect(anyPort, Packed), client))).toContain(
        "the settings have line frames, but the protocol packed has len:u32be frames",
      )
    }).pipe(memory),
  )

  it.scoped("is refused when a client is made for the protocol", () =>
    Effect.gen(function* () {
      const names = "the settings have line frames, but the protocol packed has len:u32be frames"
      expect(yield* refusedBy(Client.make({ protocol: Packed, frame: Framing.line }))).toContain(names)
      const layer = Client.layerProtocol(Packed).pipe(Layer.provide(ClientConfig.layer({ frame: Framing.line })))
      expect(yield* refusedBy(Layer.build(layer))).toContain(names)
      expect(yield* refusedBy(Client.make({ protocol: Packed, frame: Framing.raw }))).toContain("raw")
    }).pipe(memory),
  )

  it.scoped("is refused by a client that is made for another protocol", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ protocol: Packed })
      const names = "the settings have len:u32be frames, but the protocol chat has line frames"
      expect(yield* refusedBy(client.connect(anyPort, Chat))).toContain(names)
      expect(yield* refusedBy(client.run(anyPort, Chat, () => Effect.void))).toContain(names)
      expect(yield* refusedBy(client.session(anyPort, { protocol: Chat }))).toContain(names)
    }).pipe(memory),
  )

  it.scoped("ends the connection of a handler that has lost its protocol, with both names", () =>
    Effect.gen(function* () {
      const handler = Packed.handler(() => Effect.void)
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) => handler(connection),
        onHandlerFailure: () => Effect.void,
      })
      const { endpoint } = yield* server.listen(anyPort)
      const connection = yield* (yield* Client.make()).connect(endpoint)
      const events = yield* server.subscribeEvents()
      yield* connection.closed
      const [closed] = yield* untilClosed(events)
      expect(JSON.stringify(closed)).toContain("the connection has line frames, but the protocol packed has len:u32be")
    }).pipe(memory),
  )

  it.scoped("is accepted if only the object differs", () =>
    Effect.gen(function* () {
      const frame = Framing.lengthPrefixed({ field: "u32be" })
      const server = yield* Server.make({ protocol: Packed, handler: () => Effect.void, settings: { frame } })
      expect(server.hub.framing.name).toBe("len:u32be")
    }).pipe(memory),
  )
})
