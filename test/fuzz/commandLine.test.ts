import * as ValidationError from "@effect/cli/ValidationError"
import { describe, expect } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { normalize } from "../../src/cli/flags/argv.ts"
import { endpointFrom } from "../../src/cli/flags/endpointArgs.ts"
import { CommandFailed } from "../../src/cli/process/exit.ts"
import { commandShapes, parseCommandLine } from "../support/commandLine.ts"
import { fuzz } from "../support/fuzz.ts"
import { mutated, mutatedText } from "../support/mutations.ts"
import type { Chance } from "../support/stressSeeds.ts"

const samples = [
  ["serve", "0.0.0.0", "9000", "--broker", "--frame", "line"],
  ["serve", "-p80", "-m=3", "--idle-timeout", "5m", "--max-frame=1MiB", "--allow", "10.0.0.0/8,::1"],
  ["connect", "[::1]:9000", "--send", "--once", "-q1", "--", "x"],
  ["connect", "unix:/run/x.sock", "--send=a=b", "--output", "json"],
  ["ctl", "--output=json", "--control", "/x", "send", "@3", "--", "-x"],
  ["top", "--once", "--rows", "3", "--sort=rate"],
  ["interfaces", "--output=json"],
  ["help", "serve"],
  ["--version"],
]

const flags = Object.values(commandShapes)
  .flat()
  .flatMap(({ name, alias }) => [`--${name}`, `--${name}=`, `-${alias ?? name[0]}`])
const words = [
  ...flags,
  "--",
  "-",
  "-=",
  "--=",
  "---",
  "--no-broker",
  "true",
  "false",
  "yes",
  "0",
  "-1",
  "",
  " ",
  "=",
  "\0",
]
const tokens = [
  ...words,
  "__proto__",
  "constructor",
  "--__proto__",
  "help",
  "--help",
  "-h",
  "--completions",
  "bash",
  "\\",
]

const commandLine = (chance: Chance): ReadonlyArray<string> =>
  mutated(chance, chance.oneOf(samples) ?? [], {
    element: (source) => source.oneOf(tokens) ?? "",
    tokens: samples,
  }).map((arg) => (chance.percent(20) ? mutatedText(chance, arg, tokens) : arg))

/** Whether the error of a wrong command line is a message for the user and not a defect. */
const isForPeople = (error: unknown): boolean =>
  error instanceof CommandFailed || ValidationError.isValidationError(error)

describe("command lines", () => {
  fuzz("any arguments are normalized or refused with exit code 2", {
    cases: 4000,
    input: commandLine,
    check: (args) => {
      const normalized = normalize(args, commandShapes)
      if (Either.isLeft(normalized)) expect(normalized.left.code).toBe(2)
      else if (args.length > 0) expect(normalized.right.length).toBeLessThanOrEqual(2 * args.join("").length + 2)
    },
  })

  fuzz("any arguments are parsed or refused, and never cause a defect", {
    cases: 400,
    input: commandLine,
    check: (args) => {
      const parsed = parseCommandLine(args)
      if (Exit.isSuccess(parsed)) return
      const failure = Cause.failureOption(parsed.cause)
      expect(Option.exists(failure, isForPeople), Cause.pretty(parsed.cause)).toBe(true)
    },
  })

  const places = ["127.0.0.1", "[::1]:80", "80", "unix:/run/x.sock", "lab:80", ":80", "::1"]
  fuzz("any arguments and flags name an endpoint, name none, or are refused with exit code 2", {
    cases: 2000,
    input: (chance) => ({
      args: Array.from({ length: chance.between(0, 3) }, () =>
        mutatedText(chance, chance.oneOf(places) ?? "", ["[", "]", ":", "unix:", "%", "80"]),
      ),
      port: Option.liftPredicate(chance.oneOf(["80", "", "65536", "x"]) ?? "", () => chance.percent(30)),
      unix: Option.liftPredicate(chance.oneOf(["/run/x", "", "\0a"]) ?? "", () => chance.percent(20)),
    }),
    check: (given) => {
      const endpoint = endpointFrom(given)
      if (Either.isLeft(endpoint)) expect([endpoint.left.code, endpoint.left.message.length > 0]).toEqual([2, true])
      else if (given.args.length > 0) expect(Option.isSome(endpoint.right)).toBe(true)
    },
  })
})
