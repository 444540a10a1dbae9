// Type tests of `Handler.respond`: `npm run typecheck` compiles this file, and no test runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { SendError } from "tcpfx/domain"
import { Handler } from "tcpfx/server"

class Db extends Context.Tag("test/Db")<Db, { readonly find: Effect.Effect<Uint8Array, "not found"> }>() {}
class Log extends Context.Tag("test/Log")<Log, { readonly add: Effect.Effect<void> }>() {}

const find = () => Effect.flatMap(Db, (db) => db.find)

// The error and the requirements of the effect are those of the handler.
export const failing: Handler.FiberHandler<SendError | "not found", Db> = Handler.respond(find)

// `onError` gets the error of the effect, and removes it from the handler.
export const safe: Handler.FiberHandler<SendError, Db | Log> = Handler.respond(find, {
  onError: (error: "not found") =>
    Effect.as(
      Effect.flatMap(Log, (log) => log.add),
      new TextEncoder().encode(error),
    ),
})

// @ts-expect-error: the effect needs `Db`
export const withoutDb: Handler.FiberHandler<SendError | "not found", never> = Handler.respond(find)

// @ts-expect-error: a reply is bytes
export const text = Handler.respond(() => Effect.succeed("reply"))
