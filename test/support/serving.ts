import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { tcpEndpoint } from "../../src/domain/index.ts"
import type { Handler, ServerOptions, ServerSettings } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport, type Transport } from "../../src/transport/index.ts"
import { dialRaw, type RawPeerOptions } from "./rawPeer.ts"

/** The loopback address with a port that the system chooses. */
export const anyPort = tcpEndpoint("127.0.0.1", 0)

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const string = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** `Testing.serve`, with a raw peer, and without a log of the failures of handlers. */
export const serving = <E = never, R = never, RF = never>(
  handler: Handler.Handler<E, R>,
  settings: Partial<ServerSettings> = {},
  more: Pick<ServerOptions<E, R, RF>, "hub" | "onHandlerFailure"> = {},
) =>
  Effect.map(Testing.serve<E, R, RF>({ handler, settings, onHandlerFailure: () => Effect.void, ...more }), (served) => {
    let connections = 0
    const accepted = Effect.suspend(() => served.events.first("ConnectionOpened", ++connections))
    const connectRaw = (options: RawPeerOptions = {}) => Effect.zipLeft(dialRaw(served.endpoint, options), accepted)
    return { ...served, connectRaw }
  })

export const { receiveText, receiveAll, receiveBytes } = Testing

/** One promise, tested over the memory transport and over sockets. */
export const overEachTransport = <E>(
  promise: string,
  program: () => Effect.Effect<void, E, Scope.Scope | Transport>,
): void => {
  it.scopedLive(`${promise} (memory)`, () => Effect.provide(program(), MemoryTransport.layer()))
  it.scopedLive(`${promise} (tcp)`, () => Effect.provide(program(), NodeTransport.layer))
}
