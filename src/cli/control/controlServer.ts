import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { ServerAssistantService } from "../../assistant/index.ts"
import * as Assistant from "../../domain/assistant/index.ts"
import { formatEndpoint, type UnixEndpoint } from "../../domain/index.ts"
import { safeJson } from "../../domain/jsonText.ts"
import { Server, type ServerSettings } from "../../server/index.ts"
import { acceptQueueLimit } from "../../transport/index.ts"
import { usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { type ControlCommand, controlHelp, parseControl } from "./command.ts"
import { commandLines } from "./commandLines.ts"

/** The server that a control socket controls. */
export interface Controlled {
  readonly assistant: ServerAssistantService
  /** The requested backlog. The system may allow less. */
  readonly backlog: number
}

const mostCommandBytes = 4096

const settings: Partial<ServerSettings> = {
  frame: commandLines,
  maxFrame: mostCommandBytes,
  maxConns: 16,
  // A user who can write to this socket can do everything with the server.
  unixMode: 0o600,
  drain: Duration.zero,
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true })

const describeState = ({ nameOf, server }: ServerAssistantService, asked: number) =>
  Effect.zipWith(server.state, acceptQueueLimit, ({ connections, listening, ...state }, limit = asked) => ({
    ...state,
    backlog: Math.min(asked, limit),
    listening: listening.map(formatEndpoint),
    connections: connections.map(({ id, local, proxied, remote, ...rest }) => ({
      id,
      ...(nameOf(id) === "" ? {} : { name: nameOf(id) }),
      ...rest,
      local: formatEndpoint(local),
      remote: formatEndpoint(remote),
      ...(proxied && { by: formatEndpoint(proxied.by) }),
    })),
  }))

const obey = (
  command: ControlCommand,
  { assistant, backlog }: Controlled,
): Effect.Effect<object, Assistant.Refusal, Stdio> => {
  switch (command._tag) {
    case "State":
      return describeState(assistant, backlog)
    case "Help":
      return Effect.map(
        Either.fromNullable(controlHelp(command.verb), () => noSuchCommand(`${command.verb}`)),
        (commands) => ({ commands }),
      )
    case "Do":
      return Effect.flatMap(assistant.execute(command.command), (outcome) =>
        outcome._tag === "ListeningOn"
          ? Effect.as(tell(`listening on ${outcome.endpoint}`), { listening: outcome.endpoint })
          : Effect.succeed(answerOf(outcome)),
      )
  }
}

/** The fields of an outcome, without an empty `unmatched`. */
const answerOf = (outcome: Assistant.Outcome): object => {
  const { _tag, ...fields } = outcome
  if (!("unmatched" in fields) || fields.unmatched.length > 0) return fields
  const { unmatched: _, ...rest } = fields
  return rest
}

const noSuchCommand = (verb: string) =>
  new Assistant.Refusal({
    reason: "syntax",
    message: `${JSON.stringify(verb)} is not a command${Assistant.suggestion(verb, Assistant.commandVerbs)}`,
  })

const tooLong = new Assistant.Refusal({
  reason: "limit",
  message: `the line is longer than ${mostCommandBytes} bytes`,
})

const notUtf8 = new Assistant.Refusal({
  reason: "syntax",
  message: "the line is not UTF-8",
  advice: "A payload in another encoding is written in UTF-8 with encoding=NAME, or in hex.",
})

const readCommand = (line: Uint8Array): Either.Either<ControlCommand, Assistant.Refusal> =>
  line.length > mostCommandBytes
    ? Either.left(tooLong)
    : Either.flatMap(Either.try({ try: () => decoder.decode(line), catch: () => notUtf8 }), parseControl)

const answerTo = (line: Uint8Array, controlled: Controlled): Effect.Effect<string, never, Stdio> =>
  Effect.match(
    Effect.flatMap(readCommand(line), (command) => obey(command, controlled)),
    {
      onFailure: ({ _tag, message, ...why }) => safeJson({ ok: false, error: message, ...why }),
      onSuccess: (result) => safeJson({ ok: true, ...result }),
    },
  )

/**
 * Accepts one command per line on a unix socket, and answers each command with a line of JSON, until the scope closes.
 */
export const serveControl = Effect.fnUntraced(function* (endpoint: UnixEndpoint, controlled: Controlled) {
  const control = yield* Server.make({
    settings,
    handler: (connection) =>
      Stream.runForEach(connection.frames, (line) =>
        Effect.flatMap(answerTo(line, controlled), (answer) => connection.send(encoder.encode(answer))),
      ),
  })
  yield* Effect.mapError(control.listen(endpoint), (error) => usageError(`--control: ${error.message}`))
})
