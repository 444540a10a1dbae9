import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Framing } from "tcpfx/domain"
import { Server, ServerConfig } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"

/** The texts of the program. The environment variable `SHOP_GREETING` replaces the greeting. */
export class Words extends Context.Tag("example/Words")<Words, { readonly greeting: string }>() {
  static readonly layer = Layer.effect(
    Words,
    Effect.map(Config.string("SHOP_GREETING").pipe(Config.withDefault("welcome")), (greeting) => ({ greeting })),
  )
}

/**
 * The code sets the framing and the defaults. Variables such as `SHOP_LISTEN` and `SHOP_MAX_CONNS` replace the
 * defaults.
 */
const Settings = ServerConfig.layerFromEnv({
  prefix: "SHOP",
  defaults: { listen: "127.0.0.1:0", frame: Framing.line, maxConns: 1000, maxPerAddress: 10, idleTimeout: "5 minutes" },
})

/** A server that greets each client. It requires only a transport, so a test can run it on another network. */
export const Shop = Server.layer({
  handler: (connection) =>
    Effect.gen(function* () {
      const { greeting } = yield* Words
      yield* connection.sendText(greeting)
      yield* connection.runForEach(() => Effect.void)
    }),
}).pipe(Layer.provide([Settings, Words.layer]))

/** The server on real sockets. */
export const Main = Shop.pipe(Layer.provide(NodeTransport.layer))
