import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { InvalidOptions } from "../connection/index.ts"
import type { SettingsError } from "../domain/index.ts"
import type { HubService } from "../hub/index.ts"
import type { Handler, ServerConnection } from "./Handler.ts"
import type { ProtocolHandler, ServerProtocol } from "./protocolHandler.ts"
import type { ServerSettings } from "./ServerConfig.ts"
import type { ServerService } from "./ServerService.ts"

/** Options of a server. */
export interface ServerOptions<E, R, RF = never> {
  /**
   * The program that serves each connection: an effect, which runs in a fiber and a scope of its own, or a reactor. An
   * effect can use the `Server` of its connection as a service.
   */
  readonly handler: Handler<E, R> | ProtocolHandler<E, R>
  /**
   * An effect that runs after the handler of a connection has failed or died, in a fiber of its own, while the connection
   * ends. It does not run after an interruption, after the end of the handler's own connection (`ConnectionClosedError`),
   * after a `PeerRefusedError` or `SlowConsumerError`, and after a message that cannot be decoded; the close reason
   * reports these. It does not run for a reactor. If it dies, its defect and the failure are logged. Default: the failure is
   * logged as an error, with the annotations `connection` (the id) and `remote`.
   */
  readonly onHandlerFailure?: (cause: Cause.Cause<E>, connection: ServerConnection) => Effect.Effect<void, never, RF>
  /**
   * A hub that several servers share. Default: a hub of its own, made from the settings. A shared hub keeps its own framing,
   * budget and policy; a `frame` in the settings must be the framing of the hub. Each server numbers its own connections.
   */
  readonly hub?: HubService
  /**
   * An effect that runs once, before the new server is used. Its scope closes after the last event of the server, so an
   * observer sees the end of every connection. For observers, such as `Metrics.server()` of `tcpfx/metrics`. Default:
   * nothing runs.
   */
  readonly watch?: (server: ServerService) => Effect.Effect<void, SettingsError, Scope.Scope>
  /** The settings that differ from `ServerConfig.defaults`. */
  readonly settings?: Partial<ServerSettings>
}

/** Options of a server whose connections carry the messages of a protocol. */
export interface ProtocolServerOptions<C, RP, E, R, RI = never, RF = never>
  extends Omit<ServerOptions<E, R, RF>, "handler">,
    InvalidOptions<C, RI> {
  /**
   * The protocol, made by `Protocol.make`. It sets the framing. The settings and the hub must not have another framing.
   */
  readonly protocol: ServerProtocol<C, RP>
  /** The program that serves each connection. */
  readonly handler: (connection: C) => Effect.Effect<void, E, R>
}
