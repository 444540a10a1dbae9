import { connect, createServer } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type Child, RunFailed, startChild } from "./child.ts"
import { peakBytes, rssBytes } from "./procfs.ts"

/** How the bench starts a server and learns that the server listens. */
export type Launch =
  /** The server chooses a port and prints `listening PORT` or `listening on HOST:PORT`. */
  | {
      readonly _tag: "Says"
      readonly on: "stdout" | "stderr"
      readonly command: string
      readonly args: ReadonlyArray<string>
    }
  /** The bench chooses the port and tries to connect until the server accepts. */
  | { readonly _tag: "Answers"; readonly command: string; readonly argsFor: (port: number) => ReadonlyArray<string> }

/** A running server under measurement. */
export interface RunningServer {
  readonly pid: number
  readonly port: number
  /** Fails when the server ends or uses more memory than allowed. */
  readonly failed: Effect.Effect<never, RunFailed>
  /** The peak resident memory so far. Undefined if the system has no /proc. */
  readonly peak: () => number | undefined
  readonly child: Child
}

const startDeadline = Duration.seconds(10)
/**
 * The maximum memory of a server. Without a limit, a server without back-pressure would use up the memory of the
 * machine.
 */
const mostBytes = 4 * 1024 ** 3
const sampleInterval = Duration.millis(50)

/** Starts a server and waits until it listens. The end of the scope ends the server. */
export const startServer = (launch: Launch): Effect.Effect<RunningServer, RunFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { child, port } = yield* Effect.timeoutFail(launch._tag === "Says" ? says(launch) : answers(launch), {
      duration: startDeadline,
      onTimeout: () => new RunFailed({ message: "the server does not listen after 10 s" }),
    })
    let seen: number | undefined
    const sample = Effect.suspend(() => {
      const rss = rssBytes(child.pid)
      if (rss !== undefined && rss > (seen ?? 0)) seen = rss
      return rss !== undefined && rss > mostBytes
        ? new RunFailed({ message: "the server took more than 4 GiB of memory" })
        : Effect.void
    })
    const tooMuch = Deferred.unsafeMake<never, RunFailed>(FiberId.none)
    yield* Effect.forkScoped(
      Effect.intoDeferred(Effect.forever(Effect.zipLeft(sample, Effect.sleep(sampleInterval))), tooMuch),
    )
    return {
      pid: child.pid,
      port,
      failed: Effect.raceFirst(failsWhenEnded(child), Deferred.await(tooMuch)),
      peak: () => peakBytes(child.pid) ?? seen,
      child,
    }
  })

const failsWhenEnded = (child: Child): Effect.Effect<never, RunFailed> =>
  Effect.flatMap(child.ended, (how) => new RunFailed({ message: `the server ${how}` }))

const says = Effect.fnUntraced(function* (launch: Extract<Launch, { _tag: "Says" }>) {
  const said = Deferred.unsafeMake<number>(FiberId.none)
  const listen = (line: string) => {
    const found = /listening (?:on \S+:)?(\d+)$/.exec(line)
    if (found !== null) Deferred.unsafeDone(said, Effect.succeed(Number(found[1])))
  }
  const child = yield* startChild({
    command: launch.command,
    args: launch.args,
    ...(launch.on === "stdout" ? { onOutput: listen } : { onError: listen }),
  })
  return { child, port: yield* Effect.raceFirst(Deferred.await(said), failsWhenEnded(child)) }
})

const answers = Effect.fnUntraced(function* (launch: Extract<Launch, { _tag: "Answers" }>) {
  const port = yield* freePort
  const child = yield* startChild({ command: launch.command, args: launch.argsFor(port) })
  yield* Effect.raceFirst(Effect.retry(tryConnect(port), Schedule.spaced(Duration.millis(20))), failsWhenEnded(child))
  return { child, port }
})

/** A port that was free a moment ago, for servers that cannot choose a port and print it. */
export const freePort = Effect.async<number, RunFailed>((resume) => {
  const probe = createServer()
  probe.once("error", (error) => resume(new RunFailed({ message: `no free port: ${error.message}` })))
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address()
    const port = address !== null && typeof address === "object" ? address.port : 0
    probe.close(() => resume(Effect.succeed(port)))
  })
})

const tryConnect = (port: number): Effect.Effect<void, RunFailed> =>
  Effect.async((resume) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", (error) => resume(new RunFailed({ message: error.message })))
    return Effect.sync(() => socket.destroy())
  })
