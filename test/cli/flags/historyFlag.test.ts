import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { parseHistory } from "../../../src/cli/flags/historyFlag.ts"

const problemOf = (input: string): string | undefined =>
  Either.match(parseHistory(input), { onLeft: ({ problem }) => problem, onRight: () => undefined })

describe("--history", () => {
  it("takes a number of frames or a time, with their bounds", () => {
    expect(parseHistory("last:1")).toEqual(Either.right({ last: 1 }))
    expect(parseHistory("last:100000")).toEqual(Either.right({ last: 100_000 }))
    expect(parseHistory("since:1s")).toEqual(Either.right({ since: Duration.seconds(1) }))
    expect(problemOf("since:168h")).toBeUndefined()
  })

  it("says which value does not fit, and the bounds", () => {
    for (const input of ["last:0", "last:-1", "last:", "last:1.5", "last:100001", "last:100,since:1m"]) {
      expect(problemOf(input)).toBe("the number of frames is not from 1 to 100000")
    }
    for (const input of ["since:0s", "since:999ms", "since:169h"]) {
      expect(problemOf(input)).toBe("the time is not from 1s to 168h")
    }
    expect(problemOf("since:7d")).toBe('the unit "d" is unknown')
    expect(problemOf("since:1m,last:5")).toBe("it is not a number with a unit")
    expect(problemOf("since:")).toBe("it is not a number with a unit")
    for (const input of ["100", "last", "LAST:5", " last:5", "first:5"]) {
      expect(problemOf(input)).toBe("it begins with neither `last:` nor `since:`")
    }
  })
})
