import * as Effect from "effect/Effect"
import { attachSide, type InvalidOptions, type ProtocolFraming, type ProtocolSide } from "../connection/index.ts"
import type { FiberHandler, ServerConnection } from "./Handler.ts"

/** A protocol as a server needs it: its connections are of type `C`, and its codecs need `R`. */
export interface ServerProtocol<C, R> extends ProtocolFraming {
  readonly serverSide: ProtocolSide<ServerConnection, C, R>
}

/** A handler with the framing of its protocol. A server whose settings have no framing uses this framing. */
export interface ProtocolHandler<E, R> extends FiberHandler<E, R> {
  readonly protocol: ProtocolFraming
}

/** Makes a handler from a program for connections with messages. */
export const protocolHandler = <C, RP, E, R, RI = never>(
  protocol: ServerProtocol<C, RP>,
  serve: (connection: C) => Effect.Effect<void, E, R>,
  options?: InvalidOptions<C, RI>,
): ProtocolHandler<E, R | RP | RI> => {
  const { framing, name, serverSide } = protocol
  return Object.assign(
    (connection: ServerConnection) => Effect.flatMap(attachSide(serverSide, connection, options?.onInvalid), serve),
    { protocol: { name, framing } },
  )
}
