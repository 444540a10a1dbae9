import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { EndpointSyntaxError, formatEndpoint, parseEndpoint, type UnixEndpoint } from "../../domain/index.ts"
import { safeJson } from "../../domain/jsonText.ts"
import { Server, type ServerSettings } from "../../server/index.ts"
import { acceptQueueLimit } from "../../transport/index.ts"
import { namesPort } from "../endpointArgs.ts"
import { usageError } from "../exit.ts"
import type { Stdio } from "../stdio.ts"
import { tell } from "../tell.ts"
import { type ControlCommand, controlHelp, parseControl } from "./command.ts"
import { commandLines } from "./commandLines.ts"

/**
 * Reads where commands are taken: a path, with or without `unix:` before it. A text that reads as a host and a port, a
 * port or a descriptor is refused, as the user means a TCP port: a relative path of that form is written with `./`.
 */
export const parseControlPath = (text: string): Either.Either<UnixEndpoint, EndpointSyntaxError> =>
  !text.startsWith("unix:") && !text.includes("/") && namesPort(text)
    ? Either.left(
        new EndpointSyntaxError({
          input: text,
          problem: "commands are taken on a unix socket, not on a port",
          expected: `a path, such as /run/tcpfx.control (./${text} for a file of that name)`,
        }),
      )
    : Either.filterOrLeft(
        parseEndpoint(text.startsWith("unix:") ? text : `unix:${text}`),
        (endpoint) => endpoint._tag === "Unix",
        () => new EndpointSyntaxError({ input: text, problem: "it is no unix socket", expected: "a path" }),
      )

/** What a control socket acts on. */
export interface Controlled<R> {
  readonly server: Server["Type"]
  /** The backlog that was asked for. */
  readonly backlog: number
  /** Reads the files of the flags again; fails with what could not be read. */
  readonly reload: Effect.Effect<void, { readonly message: string }, R>
  /** Asks the command to leave. */
  readonly leave: Effect.Effect<void>
}

const mostCommandBytes = 4096

const settings: Partial<ServerSettings> = {
  frame: commandLines,
  maxFrame: mostCommandBytes,
  maxConns: 16,
  // Whoever may write here may do everything with the server.
  unixMode: 0o600,
  drain: Duration.zero,
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const describeState = (server: Server["Type"], asked: number) =>
  Effect.zipWith(server.state, acceptQueueLimit, ({ connections, listening, ...state }, limit = asked) => ({
    ...state,
    backlog: Math.min(asked, limit),
    listening: listening.map(formatEndpoint),
    connections: connections.map(({ local, proxied, remote, ...rest }) => ({
      ...rest,
      local: formatEndpoint(local),
      remote: formatEndpoint(remote),
      ...(proxied && { by: formatEndpoint(proxied.by) }),
    })),
  }))

const obey = <R>(
  command: ControlCommand,
  { backlog, leave, reload, server }: Controlled<R>,
): Effect.Effect<object, { readonly message: string }, R | Stdio> => {
  switch (command._tag) {
    case "State":
      return describeState(server, backlog)
    case "Suspend":
      return Effect.as(server.suspend, {})
    case "Resume":
      return Effect.as(server.resume, {})
    case "Reload":
      return Effect.as(reload, {})
    case "Drain":
      return Effect.as(leave, {})
    case "Help":
      return Effect.succeed({ commands: controlHelp })
    case "Listen":
      return Effect.flatMap(server.startListening(command.endpoint), ({ endpoint }) =>
        Effect.as(tell(`listening on ${formatEndpoint(endpoint)}`), { listening: formatEndpoint(endpoint) }),
      )
    case "Stop":
      return Effect.flatMap(server.stopListening(command.endpoint), (wasOpen) =>
        wasOpen
          ? Effect.succeed({})
          : Effect.fail({ message: `nothing listens on ${formatEndpoint(command.endpoint)} here` }),
      )
    case "Kick":
      return Effect.as(server.kick(command.id, command.how), {})
  }
}

const readCommand = (line: Uint8Array): Either.Either<ControlCommand, string> =>
  line.length > mostCommandBytes
    ? Either.left(`the line is longer than ${mostCommandBytes} bytes`)
    : parseControl(decoder.decode(line))

const answerTo = <R>(line: Uint8Array, controlled: Controlled<R>): Effect.Effect<string, never, R | Stdio> =>
  Either.match(readCommand(line), {
    onLeft: (error) => Effect.succeed(safeJson({ ok: false, error })),
    onRight: (command) =>
      Effect.match(obey(command, controlled), {
        onFailure: ({ message }) => safeJson({ ok: false, error: message }),
        onSuccess: (result) => safeJson({ ok: true, ...result }),
      }),
  })

/** Takes commands on a unix socket, a line each, and answers each with a line of JSON, until the scope closes. */
export const serveControl = Effect.fnUntraced(function* <R>(endpoint: UnixEndpoint, controlled: Controlled<R>) {
  const control = yield* Server.make({
    settings,
    handler: (connection) =>
      Stream.runForEach(connection.frames, (line) =>
        Effect.flatMap(answerTo(line, controlled), (answer) => connection.send(encoder.encode(answer))),
      ),
  })
  yield* Effect.mapError(control.listen(endpoint), (error) => usageError(`--control: ${error.message}`))
})
