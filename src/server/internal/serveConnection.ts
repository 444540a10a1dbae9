import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { Outlet } from "../../runtime/Outlet.ts"
import type { FiberHandler } from "../Handler.ts"
import type { ServeConnection } from "./ServerCore.ts"

/**
 * How the handler of each connection is run: in a fiber that the current scope interrupts, in a scope of its own.
 *
 * The scope is given to the fiber when it is forked. Given to the effect (`Effect.scoped`, `Effect.provide`), it would
 * put twice as much on the stack of a fiber that does nothing but wait, which is what most of them do.
 */
export const makeServe = <E, R>(
  handler: FiberHandler<E, R>,
): Effect.Effect<ServeConnection, never, Scope.Scope | Exclude<R, Scope.Scope>> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<Exclude<R, Scope.Scope>>()
    const fibers = yield* FiberSet.make<void, E>()
    return (connection, outlet, onEnd) => {
      const scope = Effect.runSync(Scope.make())
      // The connection's scope comes before the server's: what a handler acquires goes with its connection. Both services
      // are put into one new map: each `Context.add` would copy it once more.
      const services = new Map<string, unknown>(runtime.context.unsafeMap)
      services.set(Scope.Scope.key, scope).set(Outlet.key, outlet)
      const context = Context.unsafeMake<R | Scope.Scope>(services)
      const fork = Runtime.runFork(Runtime.make({ ...runtime, context }))
      const fiber = fork(
        Effect.onExit(
          Effect.suspend(() => handler(connection)),
          // A finalizer that dies must not keep the connection open: it is told as a failure of the handler.
          (exit) => Effect.map(Effect.exit(Scope.close(scope, exit)), (closed) => onEnd(Exit.zipLeft(exit, closed))),
        ),
      )
      FiberSet.unsafeAdd(fibers, fiber)
      return fiber
    }
  })
