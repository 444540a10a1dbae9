import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { Connection, ProtocolFraming } from "../../connection/index.ts"
import type { EndpointInput, Framing, SettingsError } from "../../domain/index.ts"
import type { CheckedClientSettings, CheckedReconnectSettings, ConnectOptions } from "../ClientConfig.ts"
import type { SessionEnd } from "../Session.ts"

/** Runs a program with a connection, and again with a new connection after a loss. */
export type RunWith = <A, E, R>(
  endpoint: EndpointInput,
  use: (connection: Connection) => Effect.Effect<A, E, R>,
  reconnect: CheckedReconnectSettings,
  options?: ConnectOptions,
) => Effect.Effect<A, E | SessionEnd, Exclude<R, Scope.Scope>>

/** The parts of a client that depend on the framing of its connections. */
export interface Framings {
  readonly settings: CheckedClientSettings
  /** The framing for the connections of a protocol. Fails if the settings have another framing. */
  readonly frameOf: (protocol: ProtocolFraming) => Either.Either<Framing.Framing, SettingsError>
  /** Makes the function that runs programs with connections of one framing. */
  readonly runsWith: (frame: Framing.Framing) => RunWith
}
