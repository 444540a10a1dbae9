import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Client } from "../../../src/client/index.ts"
import { Codec, Framing } from "../../../src/domain/index.ts"
import { Protocol } from "../../../src/protocol/index.ts"
import { Middleware, Server } from "../../../src/server/index.ts"
import { anyPort, overEachTransport } from "../../support/eachTransport.ts"

const Texts = Protocol.make("texts", { toServer: Codec.text, toClient: Codec.text, framing: Framing.netstring })

const handler = pipe(
  Texts.handler((connection) => connection.runForEach((text) => connection.send(text.toUpperCase()))),
  Middleware.authenticate({ as: "user", login: () => Effect.succeed("ann") }),
  Middleware.rateLimit({ messages: 10, whenExceeded: "refuse" }),
  Middleware.logging({ level: LogLevel.Debug }),
  Middleware.metrics(),
)

describe("the handler of a protocol inside middleware", () => {
  overEachTransport("gives the server the framing of the protocol", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ handler })
      const { endpoint } = yield* server.listen(anyPort)
      const client = yield* Client.make()
      const connection = yield* client.connect(endpoint, Texts)
      yield* connection.send("hello")
      expect(yield* Stream.runHead(connection.messages)).toEqual(Option.some("HELLO"))
    }),
  )

  overEachTransport("fails with both names if the settings have another framing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Server.make({ handler, settings: { frame: Framing.line } }))
      expect(error.message).toMatch(/line.*netstring|netstring.*line/)
    }),
  )
})
