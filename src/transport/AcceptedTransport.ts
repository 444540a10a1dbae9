import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ListenError, type ListenFailure } from "../domain/index.ts"
import { acceptedWire } from "./node/acceptedSocket.ts"
import { Transport } from "./Transport.ts"

const failures: Readonly<Record<string, ListenFailure>> = { EBADF: "NotOpen", ENOTSOCK: "NotASocket" }

/**
 * A transport with one connection, which another program has accepted and passed to this process as a descriptor, as
 * inetd does (`nowait`), or systemd (`Accept=yes`). A server that listens on `fd:N` gets this connection at once and no
 * other one. Names are looked up, and connections dialled, by the transport below.
 *
 * @example
 * import { Effect, Layer } from "effect"
 * import { fdEndpoint } from "tcpfx/domain"
 * import { Handler, Server, ServerConfig } from "tcpfx/server"
 * import { AcceptedTransport, NodeTransport } from "tcpfx/transport"
 *
 * const server = Server.layer({ handler: Handler.echo() }).pipe(
 *   Layer.provide([ServerConfig.layer({ listen: fdEndpoint(99) }), AcceptedTransport.layer]),
 *   Layer.provide(NodeTransport.layer),
 * )
 * const error = await Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(server))))
 * assert.match(error.message, /did not inherit that descriptor/)
 */
export const layer: Layer.Layer<Transport, never, Transport> = Layer.effect(
  Transport,
  Effect.map(Transport, (below) =>
    Transport.of({
      ...below,
      listen: (endpoint, options, handlers) => {
        if (endpoint._tag !== "Fd") return below.listen(endpoint, options, handlers)
        return Effect.suspend(() => {
          const wire = acceptedWire(endpoint.fd)
          if ("_tag" in wire) {
            const { code } = wire
            return Effect.fail(new ListenError({ endpoint, code, reason: failures[code] ?? "Failed" }))
          }
          handlers.onListening(wire.local)
          handlers.onWire(wire, wire.local)
          return Effect.succeed(wire.local)
        })
      },
    }),
  ),
)
