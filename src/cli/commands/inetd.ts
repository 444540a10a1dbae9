import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import {
  type FdEndpoint,
  fdEndpoint,
  type ListenEndpoint,
  type ListenError,
  type ServerEvent,
} from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import { AcceptedTransport, type Transport } from "../../transport/index.ts"
import { checkInetd, type InetdOptions } from "../flags/inetdFlag.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type OutputBytes, Stdio, type StdioService } from "../process/stdio.ts"

// Descriptor 0, on which inetd passes the connection. It passes it as 1 too, and often as 2.
const connectionFd = 0

/** The endpoint of `--inetd`. */
export const inetdEndpoint: FdEndpoint = fdEndpoint(connectionFd)

/** Whether an endpoint is standard input. */
export const isStandardInput = (endpoint: ListenEndpoint): boolean =>
  endpoint._tag === "Fd" && endpoint.fd === connectionFd

const advice: Readonly<Record<string, string>> = {
  EBADF: "it is not open",
  ENOTSOCK: "it is not a socket (ncat -e passes pipes; socat with EXEC:…,nofork passes the connection)",
  EINVAL: "it is a listening socket (inetd calls that wait); serve it with `tcpfx serve fd:0`",
  EOPNOTSUPP: "it is not a stream socket",
}

const textOf = (data: OutputBytes): string => Buffer.concat(data instanceof Uint8Array ? [data] : data).toString("utf8")

/** Streams whose standard input has ended. */
const withoutInput = (stdio: StdioService): StdioService => ({
  ...stdio,
  openInput: Effect.succeed({
    read: (take) => Effect.sync(() => take(undefined)),
    readLarge: () => {},
    recycle: () => {},
  }),
  inputKind: "pipe",
})

/**
 * The streams of a command whose standard input and output are a socket that it serves: rows go to standard error, and
 * standard input has ended. If standard error is the socket too, nothing is written.
 */
const besideSocket = (stdio: StdioService): StdioService => {
  const { say, tell } = stdio.errorIsInput ? { say: () => {}, tell: () => {} } : stdio
  const write = (data: string | OutputBytes) => Effect.sync(() => say(typeof data === "string" ? data : textOf(data)))
  return {
    ...withoutInput(stdio),
    write,
    writeLines: write,
    writeLent: (bytes, recycle) => Effect.map(write(bytes), recycle),
    drained: Effect.void,
    gone: Effect.never,
    say,
    tell,
    outputIsTerminal: false,
    together: true,
    colour: { ...stdio.colour, output: stdio.colour.error },
  }
}

/** Runs `tcpfx serve` for the one connection on descriptor 0. */
export const withAcceptedConnection = <A, E, R>(
  options: InetdOptions,
  serve: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | CommandFailed, R | Stdio | Transport> =>
  Effect.zipRight(
    checkInetd(options),
    Effect.updateService(Effect.provide(serve, AcceptedTransport.layer), Stdio, besideSocket),
  )

/**
 * Runs `tcpfx serve` with a listening socket as descriptor 0, which has no input. inetd (`wait`) and systemd
 * (`StandardInput=socket`) pass it as standard output too, and often as standard error.
 */
export const withListeningInput = <A, E, R>(
  { output }: Pick<InetdOptions, "output">,
  serve: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | CommandFailed, R | Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    if (stdio.outputIsInput && Option.contains(output, "raw")) {
      return yield* usageError(
        "--output raw has no place here: standard output is the listening socket; use --output-file",
      )
    }
    return yield* Effect.provideService(serve, Stdio, stdio.outputIsInput ? besideSocket(stdio) : withoutInput(stdio))
  })

/** The message of a descriptor 0 that is no connection. */
export const inetdProblem = ({ code }: ListenError): string =>
  `--inetd: descriptor ${connectionFd} is not a connection: ${advice[code] ?? code}`

/** Subscribes to the events of a server that has one connection. The result waits for the end of this connection. */
export const onlyConnectionLeft = (server: ServerService) =>
  Effect.map(Effect.orDie(server.subscribeEvents({ overflow: "block" })), (events) =>
    Stream.runDrain(
      Stream.takeUntil(events, ({ _tag }) => _tag === "ConnectionClosed" || _tag === "ConnectionRefused"),
    ),
  )

/** The events of `--inetd`, which listens on nothing. */
export const withoutListening = (events: Stream.Stream<ServerEvent>): Stream.Stream<ServerEvent> =>
  Stream.filter(events, ({ _tag }) => _tag !== "Listening" && _tag !== "ListenStopped")
