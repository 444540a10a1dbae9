import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { endProcess } from "./endProcess.ts"
import { signalExitCode } from "./exit.ts"
import { startedWithoutHangUp } from "./hangUp.ts"
import { Stdio, type StdioService } from "./stdio.ts"

/** A signal that asks the process to end. */
export type EndSignal = keyof typeof signalExitCode

/** A signal ended the command before it had anything to drain. */
export class EndedBySignal extends Data.TaggedError("EndedBySignal")<{ readonly signal: EndSignal }> {}

/** Files that the command writes while it runs. */
export interface WrittenFiles {
  /** Opens the files again by their names. */
  readonly reopen: () => void
  /** Whether nothing can be written at the moment: all data is written, or the next attempt is not due. */
  readonly isIdle: () => boolean
}

// The maximum time for writing files after the second signal, and the time between two checks of the files, in
// milliseconds. The third signal ends the process at once.
const filesGrace = 2000
const filesLook = 10

// The time for which a reload may continue after the next SIGHUP.
const reloadGrace = "1 second"

/** The operations on the signals of the process. */
export interface SignalsService {
  /** Waits for the first signal. */
  readonly first: Effect.Effect<EndSignal>
  /** Ends the process as the second Ctrl-C does: at once, or after its files are written. */
  readonly endNow: Effect.Effect<void>
  /** Runs an effect that the first signal interrupts. */
  readonly unlessEnded: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | EndedBySignal, R>
  /**
   * Runs an effect at each SIGHUP until the scope closes. Before and after that time, and when the terminal of
   * standard output has hung up, SIGHUP asks the process to end, unless SIGHUP was ignored at the start of the process.
   * If the effect still runs at the next SIGHUP, it gets one more second and is then interrupted, because reading a file
   * may take forever.
   */
  readonly onHangUp: <R>(effect: Effect.Effect<void, never, R>) => Effect.Effect<void, never, R | Scope.Scope>
  /**
   * Until the scope closes, SIGUSR1 opens these files again, and the second signal ends the process after they are
   * written, within two seconds.
   */
  readonly addFiles: (files: WrittenFiles) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * The signals that ask the process to end. The command handles the first signal. The second signal ends the process at
 * once.
 */
export class Signals extends Context.Tag("tcpfx/cli/Signals")<Signals, SignalsService>() {}

/** Listens to the process's signals until the scope closes. */
const listen = (stdio: StdioService) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let first: EndSignal | undefined
      const waiters = new Set<(signal: EndSignal) => void>()
      const reloads = new Set<() => void>()
      const files = new Set<WrittenFiles>()
      const survivesHangUp = startedWithoutHangUp(process.env, process.ppid)
      let isEnding = false
      const endWithFiles = (code: number) => {
        if (files.size === 0 || isEnding) return endProcess(code)
        isEnding = true
        const last = performance.now() + filesGrace
        const look = () => {
          const isOver = performance.now() > last || [...files].every((one) => one.isIdle())
          if (isOver) endProcess(code)
          else setTimeout(look, filesLook)
        }
        // The events of this turn of the event loop reach their files in the next turns.
        setTimeout(look, filesLook)
      }
      const onEnd = (signal: NodeJS.Signals) => {
        if (signal === "SIGHUP" && reloads.size > 0 && !stdio.isTerminalGone()) {
          for (const reload of reloads) reload()
          return
        }
        if (signal === "SIGHUP" && survivesHangUp) return
        const known: EndSignal = signal === "SIGINT" || signal === "SIGHUP" ? signal : "SIGTERM"
        if (first !== undefined) return endWithFiles(signalExitCode[known])
        first = known
        for (const waiter of waiters) waiter(known)
      }
      // Without a handler, SIGUSR1 opens Node's inspector and SIGUSR2 ends the process. bin/tcpfx.cjs installs handlers
      // that do nothing at the start of the process.
      const onUser1 = () => {
        stdio.reopen()
        for (const { reopen } of files) reopen()
      }
      process.on("SIGINT", onEnd)
      process.on("SIGTERM", onEnd)
      // The kernel sends SIGHUP when the terminal closes. Without a handler, the process would end without a drain.
      process.on("SIGHUP", onEnd)
      process.on("SIGUSR1", onUser1)
      const stop = () => {
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, onEnd)
        process.off("SIGUSR1", onUser1)
      }
      return { files, reloads, waiters, get: () => first, endWithFiles, stop }
    }),
    ({ stop }) => Effect.sync(stop),
  )

/** The signals of this process. */
export const layer: Layer.Layer<Signals, never, Stdio> = Layer.scoped(
  Signals,
  Effect.map(Effect.flatMap(Stdio, listen), ({ endWithFiles, files, get, reloads, waiters }) => {
    const first = Effect.async<EndSignal>((resume) => {
      const waiter = (signal: EndSignal) => resume(Effect.succeed(signal))
      const already = get()
      if (already !== undefined) return waiter(already)
      waiters.add(waiter)
      return Effect.sync(() => waiters.delete(waiter))
    })
    return Signals.of({
      first,
      endNow: Effect.sync(() => endWithFiles(signalExitCode.SIGINT)),
      unlessEnded: (effect) =>
        Effect.raceFirst(
          effect,
          Effect.flatMap(first, (signal) => new EndedBySignal({ signal })),
        ),
      addFiles: (added) =>
        Effect.asVoid(
          Effect.acquireRelease(
            Effect.sync(() => files.add(added)),
            () => Effect.sync(() => files.delete(added)),
          ),
        ),
      onHangUp: (effect) =>
        Effect.gen(function* () {
          const came = yield* Effect.acquireRelease(Queue.sliding<void>(1), Queue.shutdown)
          const reload = () => void came.unsafeOffer(undefined)
          yield* Effect.acquireRelease(
            Effect.sync(() => reloads.add(reload)),
            () => Effect.sync(() => reloads.delete(reload)),
          )
          yield* Effect.forkScoped(runEach(came, effect))
        }),
    })
  }),
)

/** Runs an effect for each element of a queue. The next element interrupts the current run after a grace time. */
const runEach = <R>(came: Queue.Dequeue<void>, effect: Effect.Effect<void, never, R>): Effect.Effect<never, never, R> =>
  Effect.gen(function* () {
    yield* came.take
    while (true) {
      const running = yield* Effect.fork(effect)
      yield* came.take
      yield* Effect.timeoutOption(Fiber.join(running), reloadGrace)
      yield* Fiber.interrupt(running)
    }
  })
