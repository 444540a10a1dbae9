import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { attachSide, type Connection, type InvalidOptions } from "../../connection/index.ts"
import type { EndpointInput, SettingsError } from "../../domain/index.ts"
import { type ConnectOptions, type ReconnectSettings, reconnectDefaults } from "../ClientConfig.ts"
import type { ClientProtocol } from "../ClientProtocol.ts"
import type { SessionEnd } from "../Session.ts"
import { checkReconnect } from "./checkClientSettings.ts"
import type { Framings } from "./Framings.ts"

type RunArguments<A, E, R> = [
  use: (connection: Connection) => Effect.Effect<A, E, R>,
  reconnect?: Partial<ReconnectSettings>,
  options?: ConnectOptions,
]

type ProtocolRunArguments<C, RP, A, E, R, RI> = [
  protocol: ClientProtocol<C, RP>,
  use: (connection: C) => Effect.Effect<A, E, R>,
  reconnect?: Partial<ReconnectSettings>,
  options?: ConnectOptions & InvalidOptions<C, RI>,
]

const hasProtocol = <C, RP, A, E, R, RI, AR, ER, RR>(
  given: RunArguments<AR, ER, RR> | ProtocolRunArguments<C, RP, A, E, R, RI>,
): given is ProtocolRunArguments<C, RP, A, E, R, RI> => typeof given[0] === "object"

/** Makes `run` of a client. */
export const makeRun = ({ frameOf, runsWith, settings }: Framings) => {
  const runRaw = runsWith(settings.frame)

  function run<A, E, R>(
    endpoint: EndpointInput,
    ...given: RunArguments<A, E, R>
  ): Effect.Effect<A, E | SessionEnd | SettingsError, Exclude<R, Scope.Scope>>
  function run<C, RP, A, E, R, RI = never>(
    endpoint: EndpointInput,
    ...given: ProtocolRunArguments<C, RP, A, E, R, RI>
  ): Effect.Effect<A, E | SessionEnd | SettingsError, Exclude<RP | R | RI, Scope.Scope>>
  function run<C, RP, A, E, R, RI>(
    endpoint: EndpointInput,
    ...given: RunArguments<A, E, R> | ProtocolRunArguments<C, RP, A, E, R, RI>
  ): Effect.Effect<A, E | SessionEnd | SettingsError, Exclude<RP | R | RI, Scope.Scope>> {
    return Effect.gen(function* () {
      if (!hasProtocol(given)) {
        const [use, reconnect, options] = given
        return yield* runRaw(endpoint, use, yield* checkReconnect({ ...reconnectDefaults, ...reconnect }), options)
      }
      const [protocol, use, reconnect, options] = given
      const frame = yield* frameOf(protocol)
      return yield* runsWith(frame)(
        endpoint,
        (connection) => Effect.flatMap(attachSide(protocol.clientSide, connection, options?.onInvalid), use),
        yield* checkReconnect({ ...reconnectDefaults, ...reconnect }),
        options,
      )
    })
  }
  return run
}
