import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import type { Connection } from "../../connection/index.ts"
import {
  type CloseReason,
  type ConnectError,
  type ConnectFailure,
  closeReasons,
  type EndpointInput,
} from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { CheckedClientSettings, ConnectOptions } from "../ClientConfig.ts"
import type { ClientService } from "../ClientService.ts"
import type { Probe, ProbeFailed } from "../Probe.ts"
import { type AttemptLimit, patiently, type Verdict, verdictOn } from "./patiently.ts"

/** The parts of a client that a probe uses. */
export interface ProbeParts {
  readonly settings: CheckedClientSettings
  readonly timing: Timing
  /** Makes a connection without a framing, which sends nothing by itself. */
  readonly dial: (
    endpoint: EndpointInput,
    options: ConnectOptions,
    limit: AttemptLimit,
  ) => Effect.Effect<ConnectionCore, ConnectError, Scope.Scope>
  readonly connectionOf: (core: ConnectionCore) => Connection
}

// How long a probe watches an open connection.
const defaultSettle = Duration.millis(200)

const tags: Readonly<Partial<Record<ConnectFailure, ProbeFailed["_tag"]>>> = {
  Refused: "Refused",
  Timeout: "TimedOut",
  Unreachable: "Unreachable",
}

const failed = (error: ConnectError): Probe => {
  const { code, endpoint, reason } = error
  // The kernel reports a reset as the error of connect(2) if it arrives before this process learns that the handshake
  // has succeeded. A refused handshake has another code.
  return reason === "Failed" && code === "ECONNRESET" && typeof endpoint !== "string"
    ? { _tag: "ClosedAtOnce", remote: endpoint, reason: closeReasons.peerReset }
    : { _tag: tags[reason] ?? "Failed", error }
}

/** A connection that closes at once is not final: the program behind a forwarder may still be starting. */
const verdict = (outcome: Either.Either<Probe>): Verdict => {
  const probe = Either.merge(outcome)
  if (probe._tag === "Open") return "final"
  return probe._tag === "ClosedAtOnce" ? "passing" : verdictOn(probe.error)
}

/** Makes the function that checks whether an endpoint accepts connections. */
export const makeProbe =
  ({ connectionOf, dial, settings, timing }: ProbeParts): ClientService["probe"] =>
  (endpoint, { settle = defaultSettle, ...options } = {}) => {
    const attempt = (limit: AttemptLimit): Effect.Effect<Probe> =>
      Effect.gen(function* () {
        const begun = timing.elapsed()
        const connection = connectionOf(yield* dial(endpoint, options, limit))
        const { remote } = connection
        const elapsedMillis = timing.elapsed() - begun
        const reason = yield* endWithoutData(connection, settle)
        return reason === undefined
          ? { _tag: "Open" as const, remote, elapsedMillis }
          : { _tag: "ClosedAtOnce" as const, remote, reason }
      }).pipe(
        Effect.scoped,
        Effect.catchAll((error) => Effect.succeed(failed(error))),
      )
    return patiently(timing, settings, attempt, verdict)
  }

/** Waits for data or the end of a connection. Returns the reason if the connection ends without data. */
const endWithoutData = (
  connection: Connection,
  settle: Duration.DurationInput,
): Effect.Effect<CloseReason | undefined> =>
  Effect.timeoutOption(connection.readable, settle).pipe(
    Effect.flatMap((ready) => (Option.isNone(ready) ? Effect.succeedSome(new Uint8Array(0)) : connection.receive)),
    Effect.match({
      onFailure: ({ reason }) => reason,
      onSuccess: (payload) => (Option.isSome(payload) ? undefined : closeReasons.peerClosed),
    }),
  )
