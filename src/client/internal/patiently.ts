import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type ConnectError, type ConnectFailure, isLastingTlsFailure } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { CheckedClientSettings } from "../ClientConfig.ts"

/** The settings that limit connecting. */
export type Patience = Pick<CheckedClientSettings, "connectTimeout" | "wait">

/** The limit of one attempt. */
export type AttemptLimit = Pick<CheckedClientSettings, "connectTimeout">

/**
 * Whether an outcome ends the attempts ("final"), or another attempt may have a better one ("passing"). "timeout" is a
 * passing outcome that says only that the time of the attempt is over.
 */
export type Verdict = "final" | "passing" | "timeout"

// The pauses between two attempts, in milliseconds.
const firstPause = 100
const longestPause = 1000
const growth = 1.5

// A server that is starting, or whose machine or name appears later, causes these failures.
const passing: ReadonlySet<ConnectFailure> = new Set([
  "Refused",
  "NameNotFound",
  "Unreachable",
  "PathNotFound",
  "ProxyUnreachable",
  "ProxyRefused",
  "Failed",
])

/** The verdict on a failed attempt. */
export const verdictOn = ({ code, reason }: ConnectError): Verdict => {
  if (reason === "Timeout") return "timeout"
  const isPassing = passing.has(reason) || (reason === "TlsFailed" && !isLastingTlsFailure(code))
  return isPassing ? "passing" : "final"
}

/**
 * Runs an attempt until its outcome is final or the time `wait` is over. The last outcome is the result. The end of
 * `wait` cuts the last attempt short. If that attempt has only timed out, the outcome before it is the result.
 */
export const patiently = <A, E, R>(
  { elapsed }: Pick<Timing, "elapsed">,
  { connectTimeout, wait }: Patience,
  attempt: (limit: AttemptLimit) => Effect.Effect<A, E, R>,
  verdict: (outcome: Either.Either<A, E>) => Verdict,
): Effect.Effect<A, E, R> => {
  if (Duration.equals(wait, Duration.zero)) return attempt({ connectTimeout })
  return Effect.gen(function* () {
    const end = elapsed() + Duration.toMillis(wait)
    let before: Either.Either<A, E> | undefined
    let pause = firstPause
    while (true) {
      const limit = Duration.min(connectTimeout, Duration.millis(Math.max(1, end - elapsed())))
      const outcome = yield* Effect.either(attempt({ connectTimeout: limit }))
      const found = verdict(outcome)
      if (found === "final") return yield* outcome
      const rest = end - elapsed()
      if (rest <= 0) return yield* (found === "timeout" ? before : undefined) ?? outcome
      before = outcome
      yield* Effect.sleep(Math.min(pause, rest))
      pause = Math.min(pause * growth, longestPause)
    }
  })
}

/** The verdict on an attempt to connect. */
export const connectVerdict = <A>(outcome: Either.Either<A, ConnectError>): Verdict =>
  Either.match(outcome, { onLeft: verdictOn, onRight: () => "final" as const })
