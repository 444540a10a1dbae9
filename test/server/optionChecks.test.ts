import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { SettingsError } from "../../src/domain/index.ts"
import { Handler, Middleware } from "../../src/server/index.ts"

const counter = (mailbox: number) =>
  Handler.actor({ mailbox, initial: () => Effect.succeed(0), receive: (count) => Effect.succeed(count + 1) })
const respond = (concurrency: number) => Handler.respond(Effect.succeed, { concurrency })
const login = (within: Duration.DurationInput) =>
  Middleware.authenticate({ as: "user", login: () => Effect.succeed("ann"), within })

describe("an invalid option of a function that makes a handler", () => {
  const rows: ReadonlyArray<readonly [string, () => unknown]> = [
    ["the setting mailbox cannot be 0", () => counter(0)],
    ["the setting mailbox cannot be NaN", () => counter(Number.NaN)],
    ["the setting concurrency cannot be 0", () => respond(0)],
    ["the setting concurrency cannot be 1.5", () => respond(1.5)],
    ["the setting within cannot be 0", () => login(0)],
    ['the setting within cannot be "5 secs"', () => login("5 secs" as unknown as Duration.DurationInput)],
  ]
  for (const [message, make] of rows)
    it(`is thrown at once: ${message}`, () => {
      expect(make).toThrow(SettingsError)
      expect(make).toThrow(message)
    })

  it("is distinguished from an option without a limit", () => {
    for (const make of [() => counter(Number.POSITIVE_INFINITY), () => respond(Number.POSITIVE_INFINITY)])
      expect(make).not.toThrow()
  })
})
