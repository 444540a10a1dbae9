import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/** Why one measurement could not be made. The bench notes it and goes on. */
export class RunFailed extends Data.TaggedError("RunFailed")<{ readonly message: string }> {}

export interface ChildOptions {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** Told each line of standard output. Without it that output is thrown away. */
  readonly onOutput?: (line: string) => void
  /** Told each line of standard error. */
  readonly onError?: (line: string) => void
  /** Whether it gets an input that stays open until `endInput`. Default: an empty one. */
  readonly keepsInput?: boolean
}

/** A process that lives at most as long as its scope. */
export interface Child {
  readonly pid: number
  /** Waits for its end and tells how it ended. */
  readonly ended: Effect.Effect<string>
  readonly terminate: Effect.Effect<void>
  readonly endInput: Effect.Effect<void>
}

/** Milliseconds that a process has to end by itself once it is asked to. */
const graceMillis = 500

/** Starts a process. The end of the scope ends it: SIGTERM, and SIGKILL when that is not enough. */
export const startChild = (options: ChildOptions): Effect.Effect<Child, RunFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const ended = Deferred.unsafeMake<string>(FiberId.none)
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => open(options, (how) => Deferred.unsafeDone(ended, Effect.succeed(how)))),
      (own) => Effect.promise(() => end(own)),
    )
    const { pid } = child
    if (pid === undefined) return yield* new RunFailed({ message: yield* Deferred.await(ended) })
    return {
      pid,
      ended: Deferred.await(ended),
      terminate: Effect.sync(() => void child.kill("SIGTERM")),
      endInput: Effect.sync(() => void child.stdin?.end()),
    }
  })

const open = (options: ChildOptions, onEnd: (how: string) => void): ChildProcess => {
  const { command, args, onOutput, onError, keepsInput = false } = options
  const child = spawn(command, args, {
    stdio: [keepsInput ? "pipe" : "ignore", onOutput === undefined ? "ignore" : "pipe", "pipe"],
  })
  // Should this process end without its finalizers, it takes the child with it.
  const killAtExit = () => child.kill("SIGKILL")
  process.once("exit", killAtExit)
  let complaint = ""
  if (child.stdout !== null && onOutput !== undefined) createInterface(child.stdout).on("line", onOutput)
  if (child.stderr !== null) {
    createInterface(child.stderr).on("line", (line) => {
      // The last line, unless one says what the error is: Node's own reports go on behind it.
      if (line.trim() !== "" && !/error/i.test(complaint)) complaint = line.trim().slice(0, 200)
      onError?.(line)
    })
  }
  // It may end before it has read what is meant for it.
  child.stdin?.on("error", () => {})
  child.once("error", (error) => onEnd(error.message))
  // "close" comes when the outputs have been read too.
  child.once("close", (code, signal) => {
    process.off("exit", killAtExit)
    onEnd(`ended with ${signal ?? `code ${code}`}${complaint === "" ? "" : `: ${complaint}`}`)
  })
  return child
}

const end = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
    const kill = setTimeout(() => child.kill("SIGKILL"), graceMillis)
    child.once("exit", () => {
      clearTimeout(kill)
      resolve()
    })
    child.kill("SIGTERM")
  })
