// Type tests of middleware: `npm run typecheck` compiles this file, and no test runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import type * as Scope from "effect/Scope"
import type { SettingsError } from "tcpfx/domain"
import { Middleware, PeerRefusedError, Server, type ServerConnection, type ServerService } from "tcpfx/server"
import type { Transport } from "tcpfx/transport"

class Users extends Context.Tag("test/Users")<Users, { readonly find: Effect.Effect<string, "unknown"> }>() {}

const handler = (connection: ServerConnection & { readonly user: string }) => Effect.log(connection.user)

// @ts-expect-error: the handler needs `user`, which a server does not give
Server.make({ handler })

const login = Middleware.authenticate({ as: "user", login: () => Effect.flatMap(Users, ({ find }) => find) })

// The requirements and errors of the login are those of the server and of the new handler.
export const server: Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport | Users> = Server.make({
  handler: login(handler),
  onHandlerFailure: (cause) => Effect.log(cause satisfies { readonly _tag: string }),
})
export const failures = (
  connection: ServerConnection,
): Effect.Effect<void, "unknown" | PeerRefusedError, Users | Scope.Scope> => login(handler)(connection)

// @ts-expect-error: the login needs `Users`
export const withoutUsers: Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport> = Server.make({
  handler: login(handler),
})

// Middleware composes in any order.
export const composed = [
  pipe(handler, login, Middleware.rateLimit({ messages: 10 }), Middleware.logging(), Middleware.metrics()),
  pipe(handler, Middleware.rateLimit({ messages: 10 }), Middleware.metrics(), login, Middleware.logging()),
].map((each) => Server.make({ handler: each }))

// @ts-expect-error: without the login the handler still needs `user`
Server.make({ handler: pipe(handler, Middleware.rateLimit({ messages: 10 }), Middleware.logging()) })

// The login of another type does not serve the handler.
const numbered = Middleware.authenticate({ as: "user", login: () => Effect.succeed(7) })
// @ts-expect-error: the user is a number
numbered(handler)

const unnamed = Middleware.authenticate({ as: "name", login: () => new PeerRefusedError({ reason: "always" }) })
// @ts-expect-error: the field is `name`
unnamed(handler)

// @ts-expect-error: a connection has an `id` already
Middleware.authenticate({ as: "id", login: () => Effect.succeed("ann") })

// A login can build on another one: it says what it needs.
const tenant = Middleware.authenticate({ as: "tenant", login: () => Effect.succeed(1) })
const inTenant = Middleware.authenticate({
  as: "user",
  login: (connection: ServerConnection & { readonly tenant: number }) => Effect.succeed(`user of ${connection.tenant}`),
})
export const both = Server.make({ handler: pipe(handler, inTenant, tenant) })
// @ts-expect-error: the login of the user needs the tenant
Server.make({ handler: pipe(handler, inTenant) })
