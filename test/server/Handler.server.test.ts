import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Client } from "../../src/client/index.ts"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { type Handler, Server, ServerConfig } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const line = { frame: Framing.line }

/** Obeys the commands `list`, `to ID TEXT` and `kick ID` of a peer. */
const obeying: Handler.FiberHandler<unknown, Server> = (connection) =>
  Effect.flatMap(Server, (server) =>
    connection.runForEach((payload) => {
      const [command, id = "", text = ""] = string(payload).split(" ")
      const target = ConnectionId.make(Number(id), true)
      if (command === "to") return server.send(target, utf8(text))
      if (command === "kick") return server.kick(target)
      return Effect.flatMap(server.connections, (connections) =>
        connection.send(utf8(connections.map((info) => info.id).join(","))),
      )
    }),
  )

describe("a handler", () => {
  overEachTransport("lists, sends to and kicks other connections through the Server of its context", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: obeying, settings: line })
      const ann = yield* connect()
      const bob = yield* connect()
      yield* ann.send(utf8("list"))
      expect(yield* Testing.receiveText(ann)).toBe("1,2")
      yield* ann.send(utf8("to 2 hello"))
      expect(yield* Testing.receiveText(bob)).toBe("hello")
      yield* ann.send(utf8("kick 2"))
      expect(yield* Testing.receiveText(bob)).toBeUndefined()
      yield* bob.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 2, reason: { _tag: "Kicked" } })
    }),
  )

  it.scopedLive("gets its own server, although the program that makes the server has another one", () =>
    Effect.gen(function* () {
      const outer = yield* Server.make({ handler: () => Effect.never })
      const { connect, server } = yield* Effect.provideService(
        Testing.serve({
          handler: (connection) =>
            Effect.flatMap(Server, (mine) => connection.send(utf8(mine === outer ? "the outer" : "its own"))),
        }),
        Server,
        outer,
      )
      expect(server).not.toBe(outer)
      expect(yield* Testing.receiveText(yield* connect())).toBe("its own")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("of a layer uses its Server, and the layer does not require itself", () =>
    Effect.gen(function* () {
      const layer = Server.layer({ handler: obeying }).pipe(
        Layer.provide(ServerConfig.layer({ ...line, listen: anyPort })),
      )
      const server = Context.get(yield* Layer.build(layer), Server)
      const [endpoint] = yield* server.listening
      const client = yield* Client.make(line)
      const peer = yield* client.connect(Option.getOrThrow(Option.fromNullable(endpoint)))
      yield* peer.send(utf8("list"))
      expect(yield* Testing.receiveText(peer)).toBe("1")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
