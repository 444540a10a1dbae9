import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { MemoryTransport, NodeTransport, type Transport } from "../../src/transport/index.ts"

/** The loopback address with a port that the system chooses. */
export const anyPort = tcpEndpoint("127.0.0.1", 0)

/** One promise, tested over the memory transport and over sockets. */
export const overEachTransport = <E>(
  promise: string,
  program: () => Effect.Effect<void, E, Scope.Scope | Transport>,
): void => {
  it.scopedLive(`${promise} (memory)`, () => Effect.provide(program(), MemoryTransport.layer()))
  it.scopedLive(`${promise} (tcp)`, () => Effect.provide(program(), NodeTransport.layer))
}
