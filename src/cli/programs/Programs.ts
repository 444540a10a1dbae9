import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import type { Readable, Writable } from "node:stream"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import { errorCode } from "../../domain/errorCode.ts"
import { fileProblem } from "../files/files.ts"

/** A program with its arguments. */
export interface ProgramSpec {
  /** A path, or a name that `PATH` resolves. */
  readonly file: string
  readonly args: ReadonlyArray<string>
}

/** The end of a program: its exit code, or the signal that ended it. */
export interface ProgramExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program that runs. */
export interface Program {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Waits for the end of the program. Its child processes may still use its streams. */
  readonly exited: Effect.Effect<ProgramExit>
}

/** A program cannot be started. */
export class ProgramNotStarted extends Data.TaggedError("ProgramNotStarted")<{
  readonly file: string
  readonly reason: string
}> {
  override get message(): string {
    return `the program ${this.file} cannot be started: ${this.reason}`
  }
}

const problems: Readonly<Record<string, string>> = {
  EAGAIN: "the system has no room for another process",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  E2BIG: "its arguments are too long",
}

/** The reason why a program cannot be started, from an error of Node. */
export const startProblem = (error: unknown): string => {
  const code = errorCode(error)
  return problems[code] ?? fileProblem(code)
}

// The time between SIGTERM and SIGKILL.
const patienceMillis = 2000
// The time to read the last standard error of a program that has ended.
const lastOutputMillis = 500

/** Starts programs, each as the leader of a process group, so that a signal reaches its children too. */
export class Programs {
  private readonly running = new Set<number>()

  private constructor() {}

  /** Kills the programs that still run when the process ends. */
  static readonly make: Effect.Effect<Programs, never, Scope.Scope> = Effect.acquireRelease(
    Effect.sync(() => {
      const programs = new Programs()
      process.on("exit", programs.killAll)
      return programs
    }),
    (programs) => Effect.sync(() => process.off("exit", programs.killAll)),
  )

  /**
   * Starts a program. The end of the scope ends it: SIGTERM to the program and its children, and SIGKILL after two
   * seconds. If the program has ended by itself, its child processes continue. `onEnd` is called once, when the program
   * has ended.
   */
  start(
    spec: ProgramSpec,
    environment: Readonly<Record<string, string>>,
    onEnd: (pid: number, exit: ProgramExit) => void,
  ): Effect.Effect<Program, ProgramNotStarted, Scope.Scope> {
    return Effect.acquireRelease(this.spawned(spec, environment, onEnd), ({ end }) => end)
  }

  private readonly killAll = (): void => {
    for (const pid of this.running) signalGroup(pid, "SIGKILL")
  }

  private spawned(
    spec: ProgramSpec,
    environment: Readonly<Record<string, string>>,
    onEnd: (pid: number, exit: ProgramExit) => void,
  ) {
    return Effect.async<StartedProgram, ProgramNotStarted>((resume) => {
      const failed = (error: unknown) =>
        resume(Effect.fail(new ProgramNotStarted({ file: spec.file, reason: startProblem(error) })))
      try {
        // With a group of its own, the program does not get the Ctrl-C of the terminal either.
        const child = spawn(spec.file, spec.args, {
          env: { ...process.env, ...environment },
          detached: true,
          stdio: "pipe",
        })
        child.once("error", failed)
        child.once("spawn", () => {
          const pid = child.pid ?? 0
          this.running.add(pid)
          child.once("exit", (code, signal) => {
            this.running.delete(pid)
            onEnd(pid, { code, signal })
          })
          resume(Effect.succeed(startedProgram(pid, child)))
        })
      } catch (error) {
        failed(error)
      }
    })
  }
}

interface StartedProgram extends Program {
  /** Ends the program with its children, if it still runs, and frees its streams. */
  readonly end: Effect.Effect<void>
}

const startedProgram = (pid: number, child: ChildProcessWithoutNullStreams): StartedProgram => {
  const { stderr, stdin, stdout } = child
  // A program may close its input at any time. The next write then fails with EPIPE.
  for (const stream of [stdin, stdout, stderr]) stream.on("error", () => {})
  const exited = Deferred.unsafeMake<ProgramExit>(FiberId.none)
  child.once("exit", (code, signal) => Deferred.unsafeDone(exited, Exit.succeed({ code, signal })))
  const closeOutputs = () => {
    stdout.destroy()
    stderr.destroy()
  }
  return {
    pid,
    stdin,
    stdout,
    stderr,
    exited: Deferred.await(exited),
    // This effect runs as a finalizer, often of an interrupted fiber. There, `Effect.timeout` would interrupt the
    // awaited effect at once, so the deadline is a timer.
    end: Effect.async<void>((resume) => {
      stdin.destroy()
      if (child.exitCode !== null || child.signalCode !== null) {
        // The pipe may still hold the last lines of the program. Its child processes may keep the pipe open.
        const finish = () => {
          clearTimeout(timer)
          closeOutputs()
          resume(Effect.void)
        }
        const timer = setTimeout(finish, lastOutputMillis)
        if (stderr.closed) finish()
        else stderr.once("close", finish)
        return
      }
      const kill = () => {
        signalGroup(pid, "SIGKILL")
        closeOutputs()
      }
      const timer = setTimeout(kill, patienceMillis)
      // Node emits this event when the program has ended and no process uses its output any more.
      child.once("close", () => {
        clearTimeout(timer)
        kill()
        resume(Effect.void)
      })
      signalGroup(pid, "SIGTERM")
      stdout.resume()
    }),
  }
}

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group has ended.
  }
}
