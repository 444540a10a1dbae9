import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ClientAssistant } from "../../assistant/ClientAssistant.ts"
import type { ClientSettings, ReconnectSettings } from "../../client/index.ts"
import type { Connection } from "../../connection/index.ts"
import { type ConnectError, type ConnectionClosedError, type Endpoint, formatEndpoint } from "../../domain/index.ts"
import type { Automation } from "../automation/Automation.ts"
import { automate, startRepeats } from "../automation/automate.ts"
import { type CommandFailed, networkError, usageError } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"
import { tell, tellError } from "../process/tell.ts"

type Failure = ConnectionClosedError | CommandFailed | OutputClosed | OutputFailed

/** The parts of the window of `tcpfx connect` with the page, with rules or with repeats. */
export interface WindowParts {
  readonly settings: ClientSettings
  readonly reconnect: Partial<ReconnectSettings> | undefined
  readonly automation: Automation
  /** Whether the command stays after the end of a connection, because the page can connect again. */
  readonly stays: boolean
  /** Sends standard input over a connection, and writes the received data to standard output. */
  readonly conversation: (
    connection: Connection,
    onFrame: (frame: Uint8Array) => Effect.Effect<void>,
  ) => Effect.Effect<void, Failure, Stdio | Scope.Scope>
}

/**
 * The window of `tcpfx connect`. Each connection serves standard input and output. With the page, the user can connect
 * and disconnect at any time. The command then ends at Ctrl-C, at `quit` in the page, or when nothing reads its output
 * any more. Without the page, it ends with its connection, as it does without a window.
 */
export const makeWindow = ({ automation, conversation, reconnect, settings, stays }: WindowParts) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const over = yield* Deferred.make<void, ConnectError | Failure>()
    const failWith = (error: Failure) => Effect.asVoid(Deferred.fail(over, error))
    const converse = (
      connection: Connection,
      askRules: (frame: Uint8Array) => Effect.Effect<void>,
    ): Effect.Effect<void, ConnectionClosedError, Scope.Scope> =>
      conversation(connection, askRules).pipe(
        Effect.catchTags({
          CommandFailed: (error) => (stays ? tellError(error.message) : failWith(error)),
          OutputClosed: failWith,
          OutputFailed: failWith,
        }),
        // Without the page, the end of the conversation ends the command, although the server may stay connected.
        Effect.zipRight(stays ? connection.close : Effect.asVoid(Deferred.succeed(over, undefined))),
        Effect.provideService(Stdio, stdio),
      )
    const assistant = yield* ClientAssistant.make({
      settings,
      converse,
      leave: Effect.asVoid(Deferred.succeed(over, undefined)),
      ...(stays ? {} : { onEnd: (exit) => Effect.asVoid(Deferred.done(over, exit)) }),
      ...(reconnect === undefined ? {} : { reconnect: { ...reconnect, onPeerEnd: "end" as const } }),
    }).pipe(Effect.catchTag("Refusal", ({ message }) => usageError(message)))
    yield* automate(assistant, automation, settings)
    return {
      assistant,
      /**
       * Connects, and waits for the end of the command. With raw output (`isRaw`) no event is shown, so this function
       * reports a failure to connect.
       */
      talk: (endpoint: Endpoint, isRaw: boolean) =>
        Effect.gen(function* () {
          yield* Effect.catchAll(
            assistant.execute({ _tag: "Connect", endpoint: formatEndpoint(endpoint) }),
            ({ message }) => {
              if (!stays) return failWith(networkError(message))
              return isRaw ? tell(message) : Effect.void
            },
          )
          yield* startRepeats(assistant, automation)
          yield* Deferred.await(over)
        }),
    }
  })
