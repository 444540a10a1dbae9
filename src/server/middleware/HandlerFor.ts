import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { messageSource } from "../../connection/index.ts"
import type { ServerConnection } from "../Handler.ts"

/** The parts of a connection that middleware uses. A connection with the messages of a protocol has them too. */
export type HandledConnection = Pick<ServerConnection, "id" | "local" | "remote" | "attributes" | typeof messageSource>

/**
 * A handler in a fiber whose connection may need more fields than a `ServerConnection` has, such as `user`. A server
 * accepts the handler after middleware has added these fields.
 */
export type HandlerFor<C extends HandledConnection, E, R> = (connection: C) => Effect.Effect<void, E, R | Scope.Scope>
