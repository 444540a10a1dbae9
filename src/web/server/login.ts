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

/** The result of an attempt: the password is right or wrong, or too many attempts are waiting. */
export type LoginResult = "right" | "wrong" | "busy"

/** The password in the form of a request. `None` if the form has no password, is too long, or does not arrive. */
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
 * Checks the password of a form (`password=…`). Only one attempt runs at a time, for all browsers together, and a wrong
 * password takes `delay`, by default half a second. So an attacker can try two passwords a second. If the attacker
 * closes the connection before the answer, the next attempt waits for the rest of the delay. The server reads a form
 * before its attempt waits for its turn, so a slow browser does not delay the others.
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
