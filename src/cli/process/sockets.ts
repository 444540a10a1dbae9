import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { parseYesNo } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { NodeTransport, type Transport } from "../../transport/index.ts"
import { environmentError } from "../flags/given.ts"
import type { CommandFailed } from "./exit.ts"
import { resolve } from "./lookups.ts"

/** The sockets of the system. With `TCPFX_NODE_STREAMS=1` they use only the public streams of Node. */
export const layer: Layer.Layer<Transport, CommandFailed> = Layer.unwrapEffect(
  Effect.mapBoth(variable("NODE_STREAMS", parseYesNo, false), {
    onFailure: environmentError,
    onSuccess: (streams) => NodeTransport.layerWith({ resolve, streams }),
  }),
)
