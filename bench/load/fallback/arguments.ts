import { BadArguments } from "./ending.ts"

const known = [
  "port",
  "publishers",
  "subscribers",
  "size",
  "write",
  "everybody",
  "rate",
  "stalled",
  "proto",
  "warmup",
  "seconds",
  "connections",
  "depth",
  "concurrency",
  "limit",
  "least",
] as const
export type Key = (typeof known)[number]

/** What stands behind the name of the work: key=value. */
export class Arguments {
  private readonly values = new Map<string, string>()

  constructor(args: ReadonlyArray<string>) {
    for (const argument of args) {
      const equals = argument.indexOf("=")
      const key = argument.slice(0, Math.max(equals, 0))
      if (!known.some((name) => name === key)) throw new BadArguments(`unknown argument "${argument}"`)
      this.values.set(key, argument.slice(equals + 1))
    }
  }

  /** A number from 0 up. */
  number(key: Key, byDefault: number): number {
    const text = this.values.get(key)
    if (text === undefined) return byDefault
    const value = text.trim() === "" ? Number.NaN : Number(text)
    if (Number.isFinite(value) && value >= 0) return value
    throw new BadArguments(`${key} must be a number from 0 up, not "${text}"`)
  }

  /** A whole number within bounds. */
  count(key: Key, byDefault: number, least = 1, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(key, byDefault)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    const upTo = most === Number.MAX_SAFE_INTEGER ? "up" : `to ${most}`
    throw new BadArguments(`${key} must be a whole number from ${least} ${upTo}, not ${value}`)
  }

  oneOf<Choice extends string>(key: Key, choices: readonly [Choice, ...Choice[]]): Choice {
    const text = this.values.get(key)
    if (text === undefined) return choices[0]
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return found
    throw new BadArguments(`${key} must be ${choices.join(" or ")}, not "${text}"`)
  }

  /** The port to connect to; it has no default. */
  port(): number {
    if (!this.values.has("port")) throw new BadArguments("port must be given")
    return this.count("port", 0, 1, 65_535)
  }
}
