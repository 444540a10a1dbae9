import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { sameSecret } from "./Guard.ts"

const mostBytes = 4096
const attemptsAtOnce = 8

/** What came of an attempt: the password is right or wrong, or too many attempts are under way. */
export type LoginResult = "right" | "wrong" | "busy"

/** The password in the form of a request; none if the form has none, is too long, or does not arrive. */
const givenPassword = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const fields = yield* request.urlParamsBody.pipe(
    HttpIncomingMessage.withMaxBodySize(Option.some(FileSystem.Size(mostBytes))),
    Effect.option,
  )
  return Option.flatMapNullable(fields, (pairs) => pairs.find(([name]) => name === "password")?.[1])
})

const nowMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

/**
 * Checks the password of a form (`password=…`). The attempts of all browsers wait for each other, and a wrong one takes
 * `delay`, half a second by default, so guessing gets two attempts a second. A browser that closes its connection before the
 * answer saves nothing: the next attempt waits for the rest of the delay. The form is read before its attempt takes its
 * turn, so a browser that sends its form slowly holds nobody up.
 */
export const makeLogin = (
  password: Redacted.Redacted,
  delay: Duration.DurationInput = "500 millis",
): Effect.Effect<Effect.Effect<LoginResult, never, HttpServerRequest.HttpServerRequest>> =>
  Effect.map(Effect.makeSemaphore(1), (turn) => {
    let waiting = 0
    let freeAt = Number.NEGATIVE_INFINITY
    const attempt = (given: Option.Option<string>) =>
      Effect.gen(function* () {
        yield* Effect.sleep(Duration.millis(Math.max(0, freeAt - (yield* nowMillis))))
        if (Option.exists(given, (text) => sameSecret(text, Redacted.value(password)))) return "right" as const
        freeAt = (yield* nowMillis) + Duration.toMillis(delay)
        return yield* Effect.delay(Effect.succeed("wrong" as const), delay)
      })
    return Effect.flatMap(givenPassword, (given) =>
      Effect.suspend(() => {
        if (waiting >= attemptsAtOnce) return Effect.succeed("busy" as const)
        waiting += 1
        return Effect.ensuring(
          turn.withPermits(1)(attempt(given)),
          Effect.sync(() => {
            waiting -= 1
          }),
        )
      }),
    )
  })
