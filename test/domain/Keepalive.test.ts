import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { parseKeepalive, settings } from "../../src/domain/index.ts"

const seconds = Duration.seconds

describe("parseKeepalive", () => {
  it("reads the time, the interval and the count, of which the last two may be absent", () => {
    const values = ["5s", "1m, 2", "5s,2s,3", "32767s,32767s,127"].map(parseKeepalive)
    expect(values).toEqual(
      [
        { idle: seconds(5) },
        { idle: seconds(60), interval: seconds(2) },
        { idle: seconds(5), interval: seconds(2), count: 3 },
        { idle: seconds(32_767), interval: seconds(32_767), count: 127 },
      ].map((value) => Either.right(value)),
    )
  })

  const wrong = [
    ["999ms", "the time is out of range"],
    ["32768s", "the time is out of range"],
    ["", "the time is wrong: it is not a number with a unit"],
    ["5s,", "the interval is wrong: it is not a number with a unit"],
    ["5s,0.5s", "the interval is out of range"],
    ["5s,2 parsecs", 'the interval is wrong: the unit "parsecs" is unknown'],
    ["5s,2s,0", "the count is out of range"],
    ["5s,2s,128", "the count is out of range"],
    ["5s,2s,three", "the count is out of range"],
    ["5s,2s,3,4", "it has more than three parts"],
  ] as const
  it.each(wrong)("says what is wrong with %j", (input, problem) => {
    const error = Either.getOrThrow(Either.flip(parseKeepalive(input)))
    expect([error.kind, error.problem]).toEqual(["a keepalive", problem])
  })
})

describe("the setting keepalive", () => {
  it("is a duration or an object, and becomes durations", () => {
    const { decode } = settings.keepalive
    expect([
      decode("5 seconds"),
      decode(60_000),
      decode({ idle: "5 seconds", interval: "2 seconds", count: 3 }),
    ]).toEqual([{ idle: seconds(5) }, { idle: seconds(60) }, { idle: seconds(5), interval: seconds(2), count: 3 }])
  })
})
