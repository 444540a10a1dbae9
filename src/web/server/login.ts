import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { sameSecret } from "./Guard.ts"

const mostBytes = 4096
const attemptsAtOnce = 8

/** What came of an attempt: the password is right or wrong, or too many attempts are under way. */
export type LoginResult = "right" | "wrong" | "busy"

/**
 * Checks the password of a form (`password=…`). The attempts of all browsers wait for each other, and a wrong one takes
 * `delay`, half a second by default: two a second is all that guessing gets.
 */
export const makeLogin = (
  password: Redacted.Redacted,
  delay: Duration.DurationInput = "500 millis",
): Effect.Effect<Effect.Effect<LoginResult, never, HttpServerRequest.HttpServerRequest>> =>
  Effect.map(Effect.makeSemaphore(1), (turn) => {
    let waiting = 0
    const attempt = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const fields = yield* request.urlParamsBody.pipe(
        HttpIncomingMessage.withMaxBodySize(Option.some(FileSystem.Size(mostBytes))),
        Effect.option,
      )
      const given = Option.flatMapNullable(fields, (pairs) => pairs.find(([name]) => name === "password")?.[1])
      if (Option.exists(given, (text) => sameSecret(text, Redacted.value(password)))) return "right" as const
      return yield* Effect.delay(Effect.succeed("wrong" as const), delay)
    })
    return Effect.suspend(() => {
      if (waiting >= attemptsAtOnce) return Effect.succeed("busy" as const)
      waiting += 1
      return Effect.ensuring(
        turn.withPermits(1)(attempt),
        Effect.sync(() => {
          waiting -= 1
        }),
      )
    })
  })
