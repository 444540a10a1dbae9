import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/** One measurement failed. The bench records the reason and continues. */
export class RunFailed extends Data.TaggedError("RunFailed")<{ readonly message: string }> {}

export interface ChildOptions {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** Called with each line of standard output. Default: the output is dropped. */
  readonly onOutput?: (line: string) => void
  /** Called with each line of standard error. */
  readonly onError?: (line: string) => void
  /** Whether standard input stays open until `endInput`. Default: standard input is empty. */
  readonly keepsInput?: boolean
}

/** A process that does not outlive its scope. */
export interface Child {
  readonly pid: number
  /** Waits for the end of the process. Returns the exit code or signal in words. */
  readonly ended: Effect.Effect<string>
  readonly terminate: Effect.Effect<void>
  readonly endInput: Effect.Effect<void>
}

/** The time between SIGTERM and SIGKILL, milliseconds. */
const graceMillis = 500

/** Starts a process. The end of the scope ends the process: SIGTERM first, SIGKILL after the grace time. */
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
  // In case this process exits without running finalizers.
  const killAtExit = () => child.kill("SIGKILL")
  process.once("exit", killAtExit)
  let complaint = ""
  if (child.stdout !== null && onOutput !== undefined) createInterface(child.stdout).on("line", onOutput)
  if (child.stderr !== null) {
    createInterface(child.stderr).on("line", (line) => {
      // Keeps the last line, or the first line that names an error: Node prints more lines after the error.
      if (line.trim() !== "" && !/error/i.test(complaint)) complaint = line.trim().slice(0, 200)
      onError?.(line)
    })
  }
  // The process may end before it has read its input.
  child.stdin?.on("error", () => {})
  child.once("error", (error) => onEnd(error.message))
  // Unlike "exit", "close" comes after all output has been read.
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
