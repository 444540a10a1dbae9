import * as Effect from "effect/Effect"
import type { Handler, ServerOptions, ServerSettings } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"

export { anyPort, overEachTransport } from "./eachTransport.ts"
export { string, utf8 } from "./texts.ts"
export const { receiveText, receiveAll, receiveBytes } = Testing

/** `Testing.serve`, without a log of the failures of handlers. */
export const serving = <E = never, R = never, RF = never>(
  handler: Handler.Handler<E, R>,
  settings: Partial<ServerSettings> = {},
  more: Pick<ServerOptions<E, R, RF>, "hub" | "onHandlerFailure"> = {},
) => Testing.serve<E, R, RF>({ handler, settings, onHandlerFailure: () => Effect.void, ...more })
