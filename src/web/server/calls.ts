import * as RpcServer from "@effect/rpc/RpcServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Api } from "../api/Api.ts"
import { type HandlerServices, makeHandlers } from "./handlers.ts"

// How long calls under way may take to end when the server ends. A call that cannot be interrupted is left behind.
const patience = Duration.seconds(2)

/**
 * Answers the calls of {@link Api} until the scope closes, and then ends those under way. A defect in one handler fails that
 * call alone, and not all calls of its page (`disableFatalDefects`).
 */
export const serveCalls = (
  protocol: RpcServer.Protocol["Type"],
  services: HandlerServices,
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (made) =>
      // RpcServer waits for its calls without a deadline of its own.
      Effect.timeoutOption(Effect.interruptible(Scope.close(made, Exit.void)), patience),
    )
    yield* RpcServer.make(Api, { disableTracing: true, disableFatalDefects: true }).pipe(
      Effect.provideService(RpcServer.Protocol, protocol),
      Effect.provide(Api.toLayer(makeHandlers(services))),
      Effect.interruptible,
      Effect.forkIn(scope),
    )
  })
