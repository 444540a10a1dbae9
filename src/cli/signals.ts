import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { signalExitCode } from "./exit.ts"

/** A signal that asks the process to end. */
export type EndSignal = keyof typeof signalExitCode

/** The signals that ask the process to end. The first is for the command; a second one ends the process at once. */
export class Signals extends Context.Tag("tcpfx/cli/Signals")<
  Signals,
  {
    /** Waits for the first signal. */
    readonly first: Effect.Effect<EndSignal>
    /** Runs an effect at each SIGHUP, until the scope closes; before and after that, SIGHUP ends the process. */
    readonly onHangUp: <R>(effect: Effect.Effect<void, never, R>) => Effect.Effect<void, never, R | Scope.Scope>
  }
>() {}

/** The process's own. */
export const layer: Layer.Layer<Signals> = Layer.scoped(
  Signals,
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        let first: EndSignal | undefined
        const waiters = new Set<(signal: EndSignal) => void>()
        const handler = (signal: NodeJS.Signals) => {
          const known: EndSignal = signal === "SIGINT" ? "SIGINT" : "SIGTERM"
          if (first !== undefined) process.exit(signalExitCode[known])
          first = known
          for (const waiter of waiters) waiter(known)
        }
        process.on("SIGINT", handler)
        process.on("SIGTERM", handler)
        return { handler, waiters, get: () => first }
      }),
      ({ handler }) =>
        Effect.sync(() => {
          process.off("SIGINT", handler)
          process.off("SIGTERM", handler)
        }),
    ),
    ({ waiters, get }) =>
      Signals.of({
        first: Effect.async<EndSignal>((resume) => {
          const waiter = (signal: EndSignal) => resume(Effect.succeed(signal))
          const already = get()
          if (already !== undefined) return waiter(already)
          waiters.add(waiter)
          return Effect.sync(() => waiters.delete(waiter))
        }),
        onHangUp: (effect) =>
          Effect.gen(function* () {
            const came = yield* Effect.acquireRelease(Queue.sliding<void>(1), Queue.shutdown)
            const handler = () => void came.unsafeOffer(undefined)
            yield* Effect.acquireRelease(
              Effect.sync(() => process.on("SIGHUP", handler)),
              () => Effect.sync(() => process.off("SIGHUP", handler)),
            )
            yield* Effect.forkScoped(Effect.forever(Effect.zipRight(came.take, effect)))
          }),
      }),
  ),
)
