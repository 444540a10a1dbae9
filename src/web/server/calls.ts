import * as RpcServer from "@effect/rpc/RpcServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Api } from "../api/Api.ts"
import { finishWithin } from "./finishWithin.ts"
import { type HandlerServices, makeHandlers } from "./handlers.ts"

// The time in which interrupted calls must end when the server ends. A call that ignores the interruption is abandoned.
const endTimeout = Duration.seconds(2)

/**
 * Answers the calls of {@link Api} until the scope closes, then interrupts the calls in progress. With
 * `disableFatalDefects`, a defect in a handler fails one call and not all calls of its page.
 */
export const serveCalls = (
  protocol: RpcServer.Protocol["Type"],
  services: HandlerServices,
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (made) =>
      // RpcServer waits for its calls without a deadline.
      finishWithin(Scope.close(made, Exit.void), endTimeout),
    )
    yield* RpcServer.make(Api, { disableTracing: true, disableFatalDefects: true }).pipe(
      Effect.provideService(RpcServer.Protocol, protocol),
      Effect.provide(Api.toLayer(makeHandlers(services))),
      Effect.interruptible,
      Effect.forkIn(scope),
    )
  })
