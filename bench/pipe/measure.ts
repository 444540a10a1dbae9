import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { RunFailed, startChild } from "../runner/child.ts"
import { peakBytes } from "../runner/procfs.ts"
import { freePort } from "../runner/server.ts"
import type { Contender, Row } from "./rows.ts"

/** The files of one bench. */
export interface Files {
  /** The command line of tcpfx. */
  readonly tcpfx: string
  /** The compiled `pump.c`. */
  readonly pump: string
  /** The file that is sent. */
  readonly input: string
}

/** One figure: MB or lines per second, and the peak of the contender's resident memory. */
export interface Figure {
  readonly perSecond: number
  readonly rssMiB: number
}

const patience = Duration.seconds(120)
const sampling = Schedule.spaced(Duration.millis(10))

const fill = (command: string, files: Files, port: number): string =>
  `exec ${command.replace("TCPFX", files.tcpfx).replace("FILE", files.input).replace("PORT", `${port}`)}`

/** Starts the other end of the pipe. `moved` waits for the number of bytes that it has moved. */
const startPump = (files: Files, args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const port = yield* Deferred.make<number>()
    const moved = yield* Deferred.make<number>()
    const child = yield* startChild({
      command: files.pump,
      args,
      onOutput: (line) => {
        const [word, value] = line.split(" ")
        if (word === "listening") Deferred.unsafeDone(port, Effect.succeed(Number(value)))
        if (word === "moved") Deferred.unsafeDone(moved, Effect.succeed(Number(value)))
      },
    })
    const failed = Effect.flatMap(child.ended, (how) => new RunFailed({ message: `the pump ${how}` }))
    return { port: Deferred.await(port), moved: Effect.raceFirst(Deferred.await(moved), failed) }
  })

/** Starts a contender. `ready` waits for the line "listening on". */
const startContender = (line: string) =>
  Effect.gen(function* () {
    const ready = yield* Deferred.make<void>()
    let peak = 0
    const child = yield* startChild({
      command: "/bin/sh",
      args: ["-c", line],
      onError: (text) => {
        if (/listening on/i.test(text)) Deferred.unsafeDone(ready, Effect.void)
      },
    })
    const look = Effect.sync(() => {
      peak = Math.max(peak, peakBytes(child.pid) ?? 0)
    })
    yield* Effect.forkScoped(Effect.repeat(look, sampling))
    return { ended: child.ended, terminate: child.terminate, ready: Deferred.await(ready), peak: () => peak }
  })

const whole = (moved: number, bytes: number) =>
  moved === bytes ? Effect.void : new RunFailed({ message: `${moved} of ${bytes} bytes arrived` })

const inOrder = (how: string) => (how.startsWith("ended with code 0") ? Effect.void : new RunFailed({ message: how }))

/**
 * Measures one contender while it moves `bytes` once. The time of a client lasts from its start to its end. The time of a
 * server lasts from the start of the other end to the end of the server.
 */
export const measure = (
  row: Row,
  contender: Contender,
  bytes: number,
  files: Files,
): Effect.Effect<Figure, RunFailed> =>
  Effect.gen(function* () {
    const begin = () => performance.now()
    let began: number
    let peak: () => number
    if (row.work === "serve") {
      const port = yield* freePort
      const server = yield* startContender(fill(contender.command, files, port))
      yield* server.ready
      began = begin()
      const pump = yield* startPump(files, ["send", `${port}`, `${bytes}`, row.kind])
      yield* whole(yield* pump.moved, bytes)
      // The server ends when it has written all output. The measured time includes this.
      yield* server.terminate
      yield* server.ended
      peak = server.peak
    } else {
      const pump = yield* startPump(files, row.work === "down" ? ["source", `${bytes}`] : ["sink"])
      const line = fill(contender.command, files, yield* pump.port)
      began = begin()
      const program = yield* startContender(line)
      yield* inOrder(yield* program.ended)
      yield* whole(yield* pump.moved, bytes)
      peak = program.peak
    }
    const seconds = (performance.now() - began) / 1000
    const units = row.unit === "MB" ? bytes / 1e6 : bytes / 64
    return { perSecond: units / seconds, rssMiB: peak() / 1024 ** 2 }
  }).pipe(
    Effect.scoped,
    Effect.timeoutFail({ duration: patience, onTimeout: () => new RunFailed({ message: "took over two minutes" }) }),
  )
