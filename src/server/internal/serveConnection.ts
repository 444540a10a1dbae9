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
 * Makes the function that runs the handler of a connection: in a fiber that the current scope interrupts, and in a scope of
 * its own.
 *
 * The fiber gets the scope when it is forked. `Effect.scoped` or `Effect.provide` would double the stack of a waiting
 * fiber, and most fibers wait.
 */
export const makeServe = <E, R>(
  handler: FiberHandler<E, R>,
): Effect.Effect<ServeConnection, never, Scope.Scope | Exclude<R, Scope.Scope>> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<Exclude<R, Scope.Scope>>()
    const fibers = yield* FiberSet.make<void, E>()
    return (connection, outlet, onEnd) => {
      const scope = Effect.runSync(Scope.make())
      // The scope of the connection replaces the scope of the server, so everything that a handler acquires is released
      // with its connection. One new map holds both services, because each `Context.add` would make a copy.
      const services = new Map<string, unknown>(runtime.context.unsafeMap)
      services.set(Scope.Scope.key, scope).set(Outlet.key, outlet)
      const context = Context.unsafeMake<R | Scope.Scope>(services)
      const fork = Runtime.runFork(Runtime.make({ ...runtime, context }))
      const fiber = fork(
        Effect.onExit(
          Effect.suspend(() => handler(connection)),
          // A finalizer that dies must not keep the connection open: it counts as a failure of the handler.
          (exit) => Effect.map(Effect.exit(Scope.close(scope, exit)), (closed) => onEnd(Exit.zipLeft(exit, closed))),
        ),
      )
      FiberSet.unsafeAdd(fibers, fiber)
      return fiber
    }
  })
