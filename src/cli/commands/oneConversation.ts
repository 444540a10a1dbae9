import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type ConnectionClosedError, describeCloseReason } from "../../domain/index.ts"
import type { CheckedServerSettings, Handler } from "../../server/index.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import type { OutputMode } from "../output/renderers.ts"
import { type CommandFailed, exitCode, networkError } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"
import { converse } from "./converse.ts"
import { makeOutgoing, noOutgoing } from "./outgoing.ts"

/** The conversation of `tcpfx -l` with its only client. */
export interface OneConversation {
  readonly handler: Handler.FiberHandler<never, never>
  readonly settings: Partial<CheckedServerSettings>
  /** Waits for the end of the conversation, if it has begun. */
  readonly written: Effect.Effect<void>
  /** The exit code, from the end of the conversation. Without a client the code is 0. */
  readonly code: Effect.Effect<number, CommandFailed | OutputClosed | OutputFailed>
}

/** Options of {@link makeOneConversation}. */
export interface OneConversationOptions {
  readonly settings: CheckedServerSettings
  readonly form: PayloadForm
  readonly output: OutputMode
  readonly quit: Option.Option<Duration.Duration>
  readonly readsInput: boolean
  /** Whether the conversation drops what it receives, and ends at the end of the input. */
  readonly sendOnly: boolean
}

/**
 * Makes the handler that talks to one client as `tcpfx connect` talks to a server: standard input goes to the client,
 * the end of the input sends FIN, and the conversation lasts until the FIN of the client.
 */
export const makeOneConversation = ({
  form,
  output,
  quit,
  readsInput,
  sendOnly,
  settings,
}: OneConversationOptions): Effect.Effect<OneConversation, never, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const { frame, maxFrame } = settings
    const raw = output === "raw"
    const outgoing = readsInput ? yield* makeOutgoing([], { frame, maxFrame, form, lends: raw }) : noOutgoing
    const talk = converse({
      outgoing,
      peer: "client",
      raw,
      until: undefined,
      within: Option.none(),
      sendOnly,
      pacing: undefined,
      // An empty input often belongs to a background process. Some clients stop sending when they get FIN.
      shutdown: "after data",
      explainsFin: false,
      quit,
      losses: undefined,
      frame,
    })
    let hasBegun = false
    const ended = yield* Deferred.make<Either.Either<void, Failure>>()
    return {
      handler: (connection) =>
        Effect.suspend(() => {
          hasBegun = true
          return Effect.either(Effect.scoped(talk(connection)))
        }).pipe(
          Effect.flatMap((result) => Deferred.succeed(ended, result)),
          Effect.provideService(Stdio, stdio),
        ),
      // The memory of raw input is reused, so each payload waits until the kernel has accepted the previous one.
      settings: frame.delimited === false || sendOnly ? { outbox: 0 } : {},
      written: Effect.suspend(() => (hasBegun ? Effect.asVoid(Deferred.await(ended)) : Effect.void)),
      code: Effect.gen(function* () {
        const result = yield* Effect.flatMap(
          Deferred.poll(ended),
          Option.getOrElse(() => Effect.succeed(Either.void)),
        )
        if (Either.isRight(result)) return outgoing.unsentLines() > 0 ? exitCode.usage : exitCode.ok
        return result.left._tag === "ConnectionClosedError" ? yield* lost(result.left) : yield* Effect.fail(result.left)
      }),
    }
  })

type Failure = ConnectionClosedError | CommandFailed | OutputClosed | OutputFailed

const lost = ({ reason }: ConnectionClosedError) =>
  Effect.fail(networkError(`the connection ended: ${describeCloseReason(reason)}`))
