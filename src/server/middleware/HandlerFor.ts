import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ServerConnection } from "../Handler.ts"

/**
 * A handler in a fiber that may need more of its connection than a `ServerConnection` has, such as a user. A server takes
 * it when middleware has added what it needs.
 */
export type HandlerFor<C extends ServerConnection, E, R> = (connection: C) => Effect.Effect<void, E, R | Scope.Scope>
