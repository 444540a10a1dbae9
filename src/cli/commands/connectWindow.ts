import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ClientAssistant } from "../../assistant/ClientAssistant.ts"
import type { ClientSettings, ReconnectSettings } from "../../client/index.ts"
import type { Connection } from "../../connection/index.ts"
import { type ConnectionClosedError, type Endpoint, formatEndpoint } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"

type Failure = ConnectionClosedError | CommandFailed | OutputClosed | OutputFailed

/** The parts of the window of `tcpfx connect --ui`. */
export interface WindowParts {
  readonly settings: ClientSettings
  readonly reconnect: Partial<ReconnectSettings> | undefined
  /** Sends standard input over a connection, and writes the received data to standard output. */
  readonly conversation: (
    connection: Connection,
    onFrame: (frame: Uint8Array) => Effect.Effect<void>,
  ) => Effect.Effect<void, Failure, Stdio | Scope.Scope>
}

/**
 * The window of `tcpfx connect --ui`. The page can connect and disconnect at any time, and each connection also serves
 * standard input and output. Therefore the command does not end with a connection. It ends at Ctrl-C, at `quit` in the
 * page, or when nothing reads its output any more.
 */
export const makeWindow = ({ conversation, reconnect, settings }: WindowParts) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const over = yield* Deferred.make<void, OutputClosed | OutputFailed>()
    const converse = (
      connection: Connection,
      askRules: (frame: Uint8Array) => Effect.Effect<void>,
    ): Effect.Effect<void, ConnectionClosedError, Scope.Scope> =>
      conversation(connection, askRules).pipe(
        Effect.catchTags({
          CommandFailed: ({ message }) => tell(message),
          OutputClosed: (error) => Effect.asVoid(Deferred.fail(over, error)),
          OutputFailed: (error) => Effect.asVoid(Deferred.fail(over, error)),
        }),
        Effect.zipRight(connection.close),
        Effect.provideService(Stdio, stdio),
      )
    const assistant = yield* ClientAssistant.make({
      settings,
      converse,
      leave: Effect.asVoid(Deferred.succeed(over, undefined)),
      ...(reconnect === undefined ? {} : { reconnect: { ...reconnect, onPeerEnd: "end" as const } }),
    }).pipe(Effect.catchTag("Refusal", ({ message }) => usageError(message)))
    return {
      assistant,
      /**
       * Connects, and waits for the end of the command. With raw output (`isRaw`) no event is shown, so this function
       * reports a failure to connect.
       */
      talk: (endpoint: Endpoint, isRaw: boolean) =>
        Effect.zipRight(
          Effect.catchAll(assistant.execute({ _tag: "Connect", endpoint: formatEndpoint(endpoint) }), ({ message }) =>
            isRaw ? tell(message) : Effect.void,
          ),
          Deferred.await(over),
        ),
    }
  })
