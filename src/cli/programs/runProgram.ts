import type { Readable, Writable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Connection } from "../../connection/index.ts"
import { ConnectionClosedError } from "../../domain/index.ts"
import { Stdio } from "../process/stdio.ts"
import type { ProgramExit, ProgramNotStarted, ProgramSpec, Programs } from "./Programs.ts"
import { programEnvironment } from "./programEnvironment.ts"
import { sayLines } from "./sayLines.ts"

/** Options of {@link runProgram}. */
export interface ProgramRun {
  readonly programs: Programs
  readonly spec: ProgramSpec
  /** Whether a line reports this end of a program. */
  readonly isReported: (exit: ProgramExit) => boolean
}

// The time that a program has to end after its output has ended and the connection is closed.
const lastPatience = "2 seconds"

/**
 * Runs a program on a connection, until it has ended and its output is sent. The program reads what the peer sends, and
 * the peer gets its output. Its standard error goes to our standard error. When the buffers of the kernel are full, the
 * faster side waits. The peer's FIN ends the input of the program, and the end of the program's output sends FIN. If
 * the connection ends first, the effect fails, and the end of the scope ends the program. `id` is the number of the
 * connection, if it has one.
 */
export const runProgram = (
  connection: Connection,
  id: number | undefined,
  { isReported, programs, spec }: ProgramRun,
): Effect.Effect<ProgramExit, ConnectionClosedError | ProgramNotStarted, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const nameOf = (pid: number) => `program ${pid}${id === undefined ? "" : ` of #${id}`}`
    const program = yield* programs.start(
      spec,
      programEnvironment(connection.remote, connection.local, id),
      (pid, exit) => {
        if (isReported(exit)) stdio.tell(exit.code === 0 ? "info" : "warn", `${nameOf(pid)} ${endOf(exit)}`)
      },
    )
    sayLines(program.stderr, (line) => stdio.tell("info", `${nameOf(program.pid)}: ${line}`))
    const feeding = yield* Effect.forkScoped(feed(connection, program.stdin))
    const lost = Effect.flatMap(connection.closed, ({ reason }) => new ConnectionClosedError({ reason }))
    const unread = Effect.zipRight(Fiber.join(feeding), lost)
    yield* Effect.raceFirst(deliver(connection, program.stdout), Effect.raceFirst(unread, lost))
    const abandoned = Effect.zipRight(Effect.zipRight(connection.closed, Effect.sleep(lastPatience)), lost)
    return yield* Effect.raceFirst(program.exited, abandoned)
  })

/** Passes the data of the peer to the input of a program. A program that has closed its input gets no more data. */
const feed = (connection: Connection, stdin: Writable): Effect.Effect<void, ConnectionClosedError> =>
  Effect.zipRight(
    connection.runForEach((payload) => write(stdin, payload)),
    Effect.sync(() => void stdin.end()),
  )

const write = (stdin: Writable, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.suspend(() => (stdin.destroyed || stdin.write(bytes) ? Effect.void : drained(stdin)))

const drained = (stdin: Writable): Effect.Effect<void> =>
  Effect.async((resume) => {
    const go = () => {
      stop()
      resume(Effect.void)
    }
    const stop = () => void stdin.off("drain", go).off("close", go)
    stdin.on("drain", go).on("close", go)
    return Effect.sync(stop)
  })

/** Sends the output of a program, then FIN. */
const deliver = (connection: Connection, stdout: Readable) =>
  Stream.repeatEffectOption(nextOf(stdout)).pipe(
    connection.sendAll,
    // Raw framing can send every payload.
    Effect.catchTag("InvalidPayloadError", Effect.die),
    Effect.zipRight(connection.halfClose),
  )

/** Reads from an output, and fails with `None` at its end. An output that cannot be read has ended. */
const nextOf = (output: Readable): Effect.Effect<Buffer, Option.Option<never>> =>
  Effect.async((resume) => {
    const look = () => {
      const bytes: Buffer | null = output.read()
      if (bytes === null && !output.readableEnded && !output.destroyed) return
      stop()
      resume(bytes === null ? Effect.fail(Option.none()) : Effect.succeed(bytes))
    }
    const stop = () => {
      for (const event of ["readable", "end", "close"]) output.off(event, look)
    }
    for (const event of ["readable", "end", "close"]) output.on(event, look)
    look()
    return Effect.sync(stop)
  })

/** The end of a program in words. */
export const endOf = ({ code, signal }: ProgramExit): string =>
  signal === null ? `ended with ${code}` : `was ended by ${signal}`
