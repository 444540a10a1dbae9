// Type tests of a handler that uses its server: `npm run typecheck` compiles this file, and no test runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ListenError, SettingsError } from "tcpfx/domain"
import type { Hub } from "tcpfx/hub"
import { Attribute, Handler, Server, type ServerConfig, type ServerService } from "tcpfx/server"
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

const User = Attribute.make("user", () => "nobody")

export const attributes = Server.make({
  handler: (connection) =>
    Effect.gen(function* () {
      yield* User.set(connection, User.of(connection).toUpperCase())
      // @ts-expect-error: the value is a string
      yield* User.set(connection, 7)
    }),
})

export const fromOutside = Effect.gen(function* () {
  const server = yield* Server
  for (const info of yield* server.connections) {
    yield* Effect.log(User.of(info) satisfies string)
    // @ts-expect-error: a ConnectionInfo is a snapshot
    yield* User.set(info, "ann")
  }
})

// The types of an actor are inferred. Each function has errors and requirements of its own.
const counter = Handler.actor({
  initial: () => Effect.as(Db, 0),
  receive: (count, _, connection) => Effect.as(connection.send(new Uint8Array(1)), count + 1),
  onTell: (count, added: number) => (added < 0 ? Effect.fail("negative" as const) : Effect.succeed(count + added)),
})

export const actorServer: Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport | Db> = Server.make({
  handler: counter,
})

export const telling = Effect.gen(function* () {
  const server = yield* Server
  for (const info of yield* server.connections) {
    yield* counter.tell(info, 1)
    // @ts-expect-error: a message is a number
    yield* counter.tell(info, "1")
  }
})

Handler.actor({
  initial: () => Effect.succeed(0),
  // @ts-expect-error: the next state is a number
  receive: () => Effect.succeed("one"),
})

const silent = Handler.actor({ initial: () => Effect.succeed(0), receive: (count) => Effect.succeed(count) })
export const telledSilent = (connection: Attribute.Attributed) =>
  // @ts-expect-error: an actor without `onTell` takes no message
  silent.tell(connection, "hello")
