import { dirname } from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { ServerAssistantService } from "../../assistant/index.ts"
import * as Assistant from "../../domain/assistant/index.ts"
import { formatEndpoint, type UnixEndpoint } from "../../domain/index.ts"
import { safeJson } from "../../domain/jsonText.ts"
import type { HubService } from "../../hub/index.ts"
import { Server, type ServerSettings } from "../../server/index.ts"
import { acceptQueueLimit } from "../../transport/index.ts"
import { usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { debug, tell } from "../process/tell.ts"
import { mostCommandBytes } from "./bounds.ts"
import { type ControlCommand, controlHelp, parseControl } from "./command.ts"
import { commandLines } from "./commandLines.ts"
import { makeFolder, runtimeFolder } from "./runtimeFolder.ts"
import { answerWatch, remoteClientOf } from "./watchQuestions.ts"

/** The server that a control socket controls. */
export interface Controlled {
  readonly assistant: ServerAssistantService
  /** The requested backlog. The system may allow less. */
  readonly backlog: number
}

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

/** The clients of the other servers, if the hub is shared. */
const remoteClients = ({ network }: HubService) =>
  network === undefined
    ? Effect.succeed({})
    : Effect.map(network.clients, (clients) => ({
        remote: clients.map(remoteClientOf),
      }))

const describeState = ({ nameOf, server }: ServerAssistantService, asked: number) =>
  Effect.zipWith(
    Effect.zip(server.state, remoteClients(server.hub)),
    acceptQueueLimit,
    ([{ connections, listening, ...state }, others], limit = asked) => ({
      ...state,
      ...others,
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
    }),
  )

const obey = (
  command: ControlCommand,
  { assistant, backlog }: Controlled,
  watched: Effect.Effect<void>,
): Effect.Effect<object, Assistant.Refusal, Stdio> => {
  switch (command._tag) {
    case "Summary":
    case "Connections":
      return Effect.zipRight(watched, answerWatch(command, assistant))
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

/** Whether a line only asks. `tcpfx top` asks twice a second, so questions are not told. */
const isQuestion = ({ _tag }: ControlCommand): boolean => _tag !== "Do"

const answerTo = (
  line: Uint8Array,
  controlled: Controlled,
  watched: Effect.Effect<void>,
): Effect.Effect<string, never, Stdio> =>
  Effect.match(
    Effect.flatMap(readCommand(line), (command) =>
      Effect.zipRight(
        isQuestion(command) ? Effect.void : debug(`control: ${decoder.decode(line)}`),
        obey(command, controlled, watched),
      ),
    ),
    {
      onFailure: ({ _tag, message, ...why }) => safeJson({ ok: false, error: message, ...why }),
      onSuccess: (result) => safeJson({ ok: true, ...result }),
    },
  )

/**
 * An effect that watches the assistant from its first run until the scope closes. While a user interface watches, the
 * assistant samples the rates of its clients once a second.
 */
const watchOnce = (assistant: ServerAssistantService) =>
  Effect.map(Effect.scope, (scope) => {
    let isWatched = false
    return Effect.suspend(() => {
      if (isWatched) return Effect.void
      isWatched = true
      return Effect.asVoid(Effect.forkIn(Stream.runDrain(assistant.states), scope))
    })
  })

/**
 * Accepts one command per line on a unix socket, and answers each command with a line of JSON, until the scope closes.
 */
export const serveControl = Effect.fnUntraced(function* (endpoint: UnixEndpoint, controlled: Controlled) {
  const folder = dirname(endpoint.path)
  if (folder === runtimeFolder(process.env)) {
    const problem = makeFolder(folder)
    if (problem !== undefined) return yield* usageError(`--control: the folder ${folder} cannot be used: ${problem}`)
  }
  const control = yield* Server.make({
    settings,
    handler: (connection) =>
      Effect.gen(function* () {
        const watched = yield* watchOnce(controlled.assistant)
        yield* Stream.runForEach(connection.frames, (line) =>
          Effect.flatMap(answerTo(line, controlled, watched), (answer) => connection.send(encoder.encode(answer))),
        )
      }).pipe(Effect.scoped),
  })
  yield* Effect.mapError(control.listen(endpoint), (error) => usageError(`--control: ${error.message}`))
})
