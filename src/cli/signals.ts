import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { signalExitCode } from "./exit.ts"

/** A signal that asks the process to end. */
export type EndSignal = keyof typeof signalExitCode

/** The signals that ask the process to end. The first is for the command; a second one ends the process at once. */
export class Signals extends Context.Tag("tcpfx/cli/Signals")<
  Signals,
  {
    /** Waits for the first signal. */
    readonly first: Effect.Effect<EndSignal>
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
      }),
  ),
)
