import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Endpoint } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"

const plainStreams = NodeTransport.layerWith({ streams: true })

/**
 * Connects a scripted peer over the public streams of Node, for a server in another process, and for storms. Our servers use
 * the private handles of Node. So the two ends do not share the code of a wire, in which a fault of both could cancel out.
 */
export const dialRaw = (
  endpoint: Endpoint,
  options: Testing.PeerOptions = {},
): Effect.Effect<Testing.ScriptedPeer, never, Scope.Scope> =>
  Effect.orDie(Effect.provide(Testing.dialPeer(endpoint, options), plainStreams))
