import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Handler, Server, ServerConfig } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"

const greeting = new TextEncoder().encode("Hello, client!")

/** A server as a layer. It listens until the layer ends, and then drains. */
export const HelloServer = Server.layer({ handler: Handler.reply(greeting) }).pipe(
  Layer.provide(ServerConfig.layer({ listen: "127.0.0.1:0" })),
  Layer.provide(NodeTransport.layer),
)

/** The whole program: `Effect.runPromise(program)`. */
export const program = Layer.launch(HelloServer).pipe(Effect.asVoid)
