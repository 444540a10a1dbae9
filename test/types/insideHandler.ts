// Type tests of a handler that uses its server: `npm run typecheck` compiles this file, and no test runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ListenError, SettingsError } from "tcpfx/domain"
import type { Hub } from "tcpfx/hub"
import { Server, type ServerConfig, type ServerService } from "tcpfx/server"
import type { Transport } from "tcpfx/transport"

class Db extends Context.Tag("test/Db")<Db, { readonly find: Effect.Effect<string> }>() {}

const handler = () => Effect.asVoid(Effect.all([Server, Db]))

// The server provides itself to its handler. The handler's other requirements are those of the server.
export const made: Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport | Db> = Server.make({ handler })
export const layer: Layer.Layer<Server, ListenError | SettingsError, Transport | ServerConfig | Db> = Server.layer({
  handler,
})
export const layerHub: Layer.Layer<Server, ListenError | SettingsError, Transport | ServerConfig | Db | Hub> =
  Server.layerHub({ handler })

// @ts-expect-error: the handler needs `Db`
export const withoutDb: Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport> = Server.make({ handler })

// @ts-expect-error: `onHandlerFailure` needs `Db`
export const reportsWithoutDb: Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport> = Server.make({
  handler: () => Effect.void,
  onHandlerFailure: () => Effect.asVoid(Db),
})

export const failing = Server.make({
  handler: () => Effect.fail("no luck" as const),
  // The cause has the type of the handler's error, and `onHandlerFailure` cannot fail.
  onHandlerFailure: (cause) => Effect.asVoid(Effect.logError(cause satisfies { readonly _tag: string })),
})

export const reportFails = Server.make({
  handler: () => Effect.void,
  // @ts-expect-error: `onHandlerFailure` cannot fail
  onHandlerFailure: () => Effect.fail("no luck"),
})

Server.layerHub({
  handler,
  // @ts-expect-error: the hub is that of the context
  hub: undefined,
})
