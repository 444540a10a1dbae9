import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import {
  formatBytes,
  formatMillis,
  parseBacklog,
  parseDeadline,
  parseDuration,
  parseMaxFrame,
  parseSize,
  parseYesNo,
} from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

const millis = (input: string) => Either.map(parseDuration(input), Duration.toMillis)
const durationProblem = (input: string) =>
  Either.match(parseDuration(input), { onLeft: (error) => error.problem, onRight: () => "" })
const sizeProblem = (input: string) =>
  Either.match(parseSize(input), { onLeft: (error) => error.problem, onRight: () => "" })

describe("parseMaxFrame", () => {
  it("accepts sizes up to the largest frame that output can show", () => {
    expect(parseMaxFrame("64MiB")).toEqual(Either.right(64 * 2 ** 20))
    expect(Either.getOrThrow(Either.flip(parseMaxFrame("65MiB"))).message).toContain("at most 64 MiB")
    expect(Either.getOrThrow(Either.flip(parseMaxFrame("much"))).problem).toBe("it is not a number with a unit")
  })
})

describe("parseDuration", () => {
  const accepted = [
    ["5", 5000],
    ["0", 0],
    ["1.5", 1500],
    ["250ms", 250],
    ["250 ms", 250],
    [" 3s ", 3000],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["0.5h", 1_800_000],
    ["2147483647ms", 2_147_483_647],
  ] as const
  for (const [input, expected] of accepted) {
    it(`${JSON.stringify(input)} is ${expected} ms`, () => {
      expect(millis(input)).toEqual(Either.right(expected))
    })
  }

  it("text that is not a number with a unit is refused", () => {
    for (const input of [
      "",
      " ",
      "s",
      "-1",
      "+1",
      "1e3",
      ".5",
      "5.",
      "1,5",
      "5s5",
      "5 s s",
      "NaN",
      "Infinity",
      "0x10",
    ]) {
      expect([input, durationProblem(input)]).toEqual([input, "it is not a number with a unit"])
    }
  })

  it("an unknown unit is refused with its name", () => {
    for (const unit of ["S", "sec", "d", "M", "constructor", "toString"]) {
      expect(durationProblem(`5${unit}`)).toBe(`the unit "${unit}" is unknown`)
    }
  })

  it("a time that is too long for a timer is refused", () => {
    expect(durationProblem("2147483648ms")).toBe("it is above 24 days")
    expect(durationProblem("9".repeat(400))).toBe("it is above 24 days")
  })

  it("a refusal quotes the input and the expected form", () => {
    const error = Either.getOrThrow(Either.flip(parseDuration("5 days")))
    expect(error.message).toBe(
      '"5 days" is not a duration: the unit "days" is unknown; ' +
        "expected a number with ms, s, m or h (a bare number is seconds), such as 5s",
    )
  })
})

describe("parseSize", () => {
  const accepted = [
    ["1", 1],
    ["512b", 512],
    ["1k", 1024],
    ["1KiB", 1024],
    ["1 kib", 1024],
    ["1kB", 1000],
    ["1.5m", 1_572_864],
    ["1MiB", 1_048_576],
    ["1MB", 1_000_000],
    ["2g", 2_147_483_648],
    ["1GiB", 1_073_741_824],
    ["1GB", 1_000_000_000],
    ["0.5", 1],
  ] as const
  for (const [input, expected] of accepted) {
    it(`${JSON.stringify(input)} is ${expected} bytes`, () => {
      expect(parseSize(input)).toEqual(Either.right(expected))
    })
  }

  it("text that is not a number with a unit is refused", () => {
    for (const input of ["", "KiB", "-1", "1e6", "1_000", "1 000", "1 KiB 1"]) {
      expect([input, sizeProblem(input)]).toEqual([input, "it is not a number with a unit"])
    }
  })

  it("an unknown unit is refused with its name", () => {
    for (const unit of ["TiB", "bytes", "kibi", "constructor"]) {
      expect(sizeProblem(`1${unit}`)).toBe(`the unit "${unit}" is unknown`)
    }
  })

  it("a size below one byte, and one above the safe integers, are refused", () => {
    expect(sizeProblem("0")).toBe("it is less than one byte")
    expect(sizeProblem("0.4")).toBe("it is less than one byte")
    expect(sizeProblem("9007199254740992")).toBe("it is too large")
    expect(sizeProblem("9".repeat(400))).toBe("it is too large")
  })

  it.prop(
    "any text gives a whole number of bytes from 1 up, or a refusal that quotes it",
    [FastCheck.string({ unit: "binary" })],
    ([input]) => {
      const parsed = parseSize(input)
      if (Either.isRight(parsed)) expect(Number.isSafeInteger(parsed.right) && parsed.right >= 1).toBe(true)
      else expect(parsed.left.input).toBe(input)
    },
    runs(500),
  )
})

describe("a value with bounds", () => {
  const bounds = [
    ["a deadline", parseDeadline, ["1ms", "2147483647ms"], ["0", "0.5ms", "0.999ms"]],
    ["a backlog", parseBacklog, ["1", "65535"], ["0", "65536"]],
  ] as const
  for (const [what, parse, within, beyond] of bounds) {
    it(`${what} is accepted from the first to the last value, and refused just outside`, () => {
      for (const input of within) expect([input, Either.isRight<unknown, unknown>(parse(input))]).toEqual([input, true])
      for (const input of beyond) expect([input, Either.isLeft<unknown, unknown>(parse(input))]).toEqual([input, true])
    })
  }
})

describe("formatBytes", () => {
  it("a size is written in the largest unit that fits", () => {
    const sizes = [0, 1, 1023, 1024, 1536, 10_240, 102_400, 1_048_576, 1_610_612_736, 1024 ** 4]
    expect(sizes.map(formatBytes)).toEqual([
      "0 B",
      "1 B",
      "1023 B",
      "1 KiB",
      "1.5 KiB",
      "10 KiB",
      "100 KiB",
      "1 MiB",
      "1.5 GiB",
      "1024 GiB",
    ])
  })

  it("a size of three digits has no fraction, and a smaller size has one decimal", () => {
    const sizes = [99.94, 99.96, 100.4, 512.6].map((mebibytes) => Math.round(mebibytes * 1024 ** 2))
    expect(sizes.map(formatBytes)).toEqual(["99.9 MiB", "100 MiB", "100 MiB", "513 MiB"])
  })

  it("a value that rounds up to the next unit is written in that unit", () => {
    expect([1024 ** 2 - 1, 1024 ** 3 - 1].map(formatBytes)).toEqual(["1 MiB", "1 GiB"])
    expect([1023.4 * 1024, 1023.4 * 1024 ** 2].map(formatBytes)).toEqual(["1023 KiB", "1023 MiB"])
  })

  it.prop(
    "a written size is read back within the rounding, and is written the same again",
    [FastCheck.oneof(FastCheck.integer({ min: 1, max: 4096 }), FastCheck.integer({ min: 1, max: 2 ** 43 }))],
    ([bytes]) => {
      const read = Either.getOrThrow(parseSize(formatBytes(bytes)))
      expect(Math.abs(read - bytes)).toBeLessThanOrEqual(bytes * 0.05)
      if (bytes < 1024) expect(read).toBe(bytes)
      expect(formatBytes(read)).toBe(formatBytes(bytes))
    },
    runs(1000),
  )
})

describe("formatMillis", () => {
  it("a time is written in the units that it has", () => {
    const times = [0, 1, 999, 1000, 1500, 59_900, 60_000, 90_000, 3_600_000, 3_661_000, 86_400_000]
    expect(times.map(formatMillis)).toEqual([
      "0 ms",
      "1 ms",
      "999 ms",
      "1 s",
      "1.5 s",
      "59.9 s",
      "1 m",
      "1 m 30 s",
      "1 h",
      "1 h 1 m 1 s",
      "24 h",
    ])
  })

  it("a value that rounds up to the next unit is written in that unit", () => {
    expect([999.6, 59_960, 3_599_999].map(formatMillis)).toEqual(["1 s", "1 m", "1 h"])
  })

  it.prop(
    "the written parts add up to the time within the rounding",
    [FastCheck.integer({ min: 0, max: 10 ** 9 })],
    ([time]) => {
      const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
      const parts = [...formatMillis(time).matchAll(/([0-9.]+) ([a-z]+)/g)]
      const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * (units[unit ?? ""] ?? Number.NaN), 0)
      expect(Math.abs(sum - time)).toBeLessThanOrEqual(time < 60_000 ? 50 : 500)
    },
    runs(1000),
  )
})

describe("parseYesNo", () => {
  it("accepts the common words of environment variables, in any letter case", () => {
    for (const word of ["yes", "true", "on", "1", "YES"]) expect(parseYesNo(word)).toEqual(Either.right(true))
    for (const word of ["no", "false", "off", "0", "False"]) expect(parseYesNo(word)).toEqual(Either.right(false))
  })

  it("refuses any other word, and lists the accepted ones", () => {
    const error = Either.getOrThrow(Either.flip(parseYesNo("maybe")))
    expect(error.message).toBe(
      '"maybe" is not a yes or no: the word is unknown; expected yes, true, on, 1, no, false, off, 0',
    )
  })
})
