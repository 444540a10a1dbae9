import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))

/** A process ended before it printed the awaited text. */
export class ProcessEnded extends Data.TaggedError("ProcessEnded")<{
  readonly waitedFor: string
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}> {
  override get message(): string {
    return `ended with ${this.code} while ${this.waitedFor} was awaited; stdout: ${this.stdout}; stderr: ${this.stderr}`
  }
}

/** The end of a process: its exit code, or the signal that killed it. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

type Source = "stdout" | "stderr"

/** A child process: its output so far, and effects that wait for events of its streams. */
export class Process {
  readonly child: ChildProcessWithoutNullStreams
  private readonly chunks: Record<Source, Array<Buffer>> = { stdout: [], stderr: [] }
  private readonly lengths: Record<Source, number> = { stdout: 0, stderr: 0 }
  private readonly watchers = new Set<() => void>()
  private end: ProcessEnd | undefined
  private exit: ProcessEnd | undefined

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child
    for (const source of ["stdout", "stderr"] as const) {
      child[source].on("data", (chunk: Buffer) => {
        this.chunks[source].push(chunk)
        this.lengths[source] += chunk.length
        this.tell()
      })
      child[source].on("error", () => {})
    }
    child.stdin.on("error", () => {})
    child.on("exit", (code, signal) => {
      this.exit = { code, signal }
      this.tell()
    })
    child.on("close", (code, signal) => {
      this.end = { code, signal }
      this.tell()
    })
  }

  bytes(source: Source): Buffer {
    return Buffer.concat(this.chunks[source])
  }

  text(source: Source): string {
    return this.bytes(source).toString("utf8")
  }

  /** Waits until the output of a stream matches. Returns the match. Fails when the process ends before. */
  waitFor(source: Source, pattern: RegExp): Effect.Effect<RegExpExecArray, ProcessEnded> {
    return this.watch(`${pattern} on ${source}`, () => pattern.exec(this.text(source)) ?? undefined)
  }

  /** Waits until a stream has given a number of bytes. */
  waitForBytes(source: Source, count: number): Effect.Effect<Buffer, ProcessEnded> {
    return this.watch(`${count} bytes on ${source}`, () =>
      this.lengths[source] >= count ? this.bytes(source) : undefined,
    )
  }

  /** Waits for the end of the process and of its streams. */
  readonly ended: Effect.Effect<ProcessEnd> = Effect.orDie(this.watch("the end", () => this.end))

  /** Waits for the end of the process, even if its output is not read. */
  readonly exited: Effect.Effect<ProcessEnd> = Effect.orDie(this.watch("the exit", () => this.exit))

  /** Writes to standard input. Waits until the process has taken the bytes. */
  write(data: string | Uint8Array): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      this.child.stdin.write(data, () => resume(Effect.void))
    })
  }

  readonly endInput: Effect.Effect<void> = Effect.sync(() => void this.child.stdin.end())

  kill(signal: NodeJS.Signals): Effect.Effect<void> {
    return Effect.sync(() => void this.child.kill(signal))
  }

  private watch<A>(waitedFor: string, look: () => A | undefined): Effect.Effect<A, ProcessEnded> {
    return Effect.async<A, ProcessEnded>((resume) => {
      const check = () => {
        const found = look()
        if (found !== undefined) resume(Effect.succeed(found))
        else if (this.end !== undefined) {
          const { code } = this.end
          resume(
            Effect.fail(
              new ProcessEnded({ waitedFor, code, stdout: this.text("stdout"), stderr: this.text("stderr") }),
            ),
          )
        } else return
        this.watchers.delete(check)
      }
      this.watchers.add(check)
      check()
      return Effect.sync(() => this.watchers.delete(check))
    })
  }

  private tell(): void {
    for (const watcher of [...this.watchers]) watcher()
  }
}

/** Options of {@link start}. */
export interface StartOptions {
  /** Changes of the environment. An undefined value removes the variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** Starts a program. The end of the scope kills it if it has not ended. */
export const start = (
  command: string,
  args: ReadonlyArray<string>,
  options: StartOptions = {},
): Effect.Effect<Process, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      // Some versions of Node warn if both variables are set, even if one is empty.
      const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env
      const env = { ...inherited, ...options.env }
      return new Process(
        spawn(command, args, { env, stdio: "pipe", ...(options.cwd === undefined ? {} : { cwd: options.cwd }) }),
      )
    }),
    (started) =>
      Effect.zipRight(
        Effect.sync(() => {
          started.child.kill("SIGKILL")
          started.child.stdout.resume()
        }),
        started.ended,
      ),
  )

/** Starts tcpfx. */
export const tcpfx = (args: ReadonlyArray<string>, options?: StartOptions) =>
  start(process.execPath, [bin, ...args], options)

/** Runs tcpfx with standard input to its end. */
export const tcpfxRun = (args: ReadonlyArray<string>, input: string | Uint8Array = "", options?: StartOptions) =>
  Effect.gen(function* () {
    const running = yield* tcpfx(args, options)
    yield* Effect.fork(Effect.zipRight(running.write(input), running.endInput))
    const { code } = yield* running.ended
    return { code, stdout: running.text("stdout"), stderr: running.text("stderr"), bytes: running.bytes("stdout") }
  }).pipe(Effect.scoped)

/** Checks that `tcpfx serve` refuses each command line with exit code 2 and one line of a form on standard error. */
export const expectServeRefuses = (cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, line: RegExp]>) =>
  Effect.forEach(
    cases,
    ([args, line]) =>
      Effect.map(tcpfxRun(["serve", "127.0.0.1:0", ...args]), ({ code, stderr }) => {
        expect([args, code]).toEqual([args, 2])
        expect(stderr).toMatch(line)
        expect(stderr.trim().split("\n").length).toBe(1)
      }),
    { discard: true },
  )

/** A `tcpfx serve` that listens on a port chosen by the system. */
export const tcpfxServe = (args: ReadonlyArray<string> = [], options?: StartOptions) =>
  Effect.gen(function* () {
    const server = yield* tcpfx(["serve", "127.0.0.1:0", ...args], options)
    const ready = yield* server.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:(\d+)$/m)
    return { server, port: Number(ready[1]) }
  })
