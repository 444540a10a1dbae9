import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { Outlet } from "../../runtime/Outlet.ts"
import type { FiberHandler } from "../Handler.ts"
import { failureOf } from "./failureOf.ts"
import { isFailureOfHandler, type OnHandlerFailure, reportFailure } from "./handlerFailures.ts"
import type { ServeConnection } from "./ServerCore.ts"

/** A handler, and what the server adds to it. */
export interface ServeOptions<E, R, RF, Own> {
  readonly handler: FiberHandler<E, R>
  /** Runs after the handler of a connection has failed, in a fiber of its own. */
  readonly onFailure: OnHandlerFailure<E, RF>
  /** The services that the server itself provides to handlers. Called at the first connection. */
  readonly own: () => Context.Context<Own>
}

/**
 * Makes the function that runs the handler of a connection: in a fiber that the current scope interrupts, and in a scope of
 * its own.
 *
 * The fiber gets the scope when it is forked. `Effect.scoped` or `Effect.provide` would double the stack of a waiting
 * fiber, and most fibers wait.
 */
export const makeServe = <E, R, RF, Own>({
  handler,
  onFailure,
  own,
}: ServeOptions<E, R, RF, Own>): Effect.Effect<
  ServeConnection,
  never,
  Scope.Scope | Exclude<R, Scope.Scope | Own> | Exclude<RF, Own>
> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<Exclude<R, Scope.Scope | Own> | Exclude<RF, Own>>()
    const fibers = yield* FiberSet.make<void, E>()
    let shared: ReadonlyMap<string, unknown> | undefined
    const run = <A>(effect: Effect.Effect<A, E, R | RF | Own | Scope.Scope>, services: Map<string, unknown>) =>
      Runtime.runFork(Runtime.make({ ...runtime, context: Context.unsafeMake<R | RF | Own | Scope.Scope>(services) }))(
        effect,
      )
    return (served) => {
      shared ??= new Map([...runtime.context.unsafeMap, ...own().unsafeMap])
      const base = shared
      const { connection } = served
      const scope = Effect.runSync(Scope.make())
      // The scope of the connection replaces the scope of the server, so everything that a handler acquires is released
      // with its connection. One new map holds all services, because each `Context.add` would make a copy.
      const services = new Map(base)
      services.set(Scope.Scope.key, scope).set(Outlet.key, served.core)
      const onEnd = (exit: Exit.Exit<void, E>): void => {
        const ownEnd = served.core.closedError()
        served.onHandlerEnd(failureOf(exit))
        if (Exit.isSuccess(exit) || !isFailureOfHandler(exit.cause, ownEnd)) return
        // The scope of the connection is closed, so the report gets the services of the server.
        FiberSet.unsafeAdd(fibers, run(reportFailure(onFailure, exit.cause, connection), new Map(base)))
      }
      const fiber = run(
        Effect.onExit(
          Effect.suspend(() => handler(connection)),
          // A finalizer that dies must not keep the connection open: it counts as a failure of the handler.
          (exit) => Effect.map(Effect.exit(Scope.close(scope, exit)), (closed) => onEnd(Exit.zipLeft(exit, closed))),
        ),
        services,
      )
      FiberSet.unsafeAdd(fibers, fiber)
      return fiber
    }
  })
