import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Client } from "../../client/index.ts"
import { Framing, formatEndpoint, type UnixEndpoint } from "../../domain/index.ts"
import type { Transport } from "../../transport/index.ts"
import { type CommandFailed, networkError } from "../process/exit.ts"

/** An answer of a control socket. */
export type ControlAnswer = Readonly<Record<string, unknown>> & { readonly ok: boolean }

/** A connection to the control socket of a server. */
export interface ControlClient {
  /** Sends a line and waits for its answer. */
  readonly ask: (line: string) => Effect.Effect<ControlAnswer, CommandFailed>
}

// The answer to `state` has about 300 bytes for each client.
const mostAnswerBytes = 64 * 1024 * 1024
// The longest time for an answer. A reload reads files, which may be slow.
const answerTime = "30 seconds"

const problems: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ECONNREFUSED: "no server listens there; the server that made the file has ended",
  EACCES: "permission denied; only the user of the server may use it",
  ENOTSOCK: "it is not a socket",
}

const isAnswer = (value: unknown): value is ControlAnswer =>
  typeof value === "object" && value !== null && "ok" in value && typeof value.ok === "boolean"

const parseAnswer = (text: string): ControlAnswer | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isAnswer(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Connects to a control socket until the scope closes. */
export const connectControl = (
  endpoint: UnixEndpoint,
): Effect.Effect<ControlClient, CommandFailed, Scope.Scope | Transport> =>
  Effect.gen(function* () {
    const path = formatEndpoint(endpoint)
    const client = yield* Effect.orDie(Client.make({ frame: Framing.line, maxFrame: mostAnswerBytes }))
    const connection = yield* Effect.mapError(client.connect(endpoint), ({ code, message }) =>
      networkError(`${path}: ${problems[code ?? ""] ?? message}`),
    )
    const ended = networkError(`${path}: the server has ended`)
    return {
      ask: (line) =>
        Effect.gen(function* () {
          yield* connection.sendText(line)
          const frame = yield* connection.receive
          if (Option.isNone(frame)) return yield* ended
          const answer = parseAnswer(Buffer.from(frame.value).toString("utf8"))
          return answer ?? (yield* networkError(`${path}: the answer is not one of tcpfx; it is another server`))
        }).pipe(
          Effect.timeoutFail({
            duration: answerTime,
            onTimeout: () => networkError(`${path}: the server has not answered within ${answerTime}`),
          }),
          Effect.catchTags({
            ConnectionClosedError: () => ended,
            InvalidPayloadError: ({ message }) => networkError(`${path}: ${message}`),
          }),
        ),
    }
  })
