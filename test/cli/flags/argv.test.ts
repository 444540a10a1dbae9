import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { connectHelp } from "../../../src/cli/commands/connect.ts"
import { interfacesHelp } from "../../../src/cli/commands/interfaces.ts"
import { serveHelp } from "../../../src/cli/commands/serve.ts"
import { normalize } from "../../../src/cli/flags/argv.ts"
import { unwrapped } from "../../../src/cli/flags/flag.ts"
import type { CommandShapes } from "../../../src/cli/flags/habits.ts"
import { runs } from "../../support/properties.ts"

const commands: CommandShapes = {
  serve: serveHelp.flags,
  connect: connectHelp.flags,
  interfaces: interfacesHelp.flags,
}

// Values and arguments are wrapped, so that `@effect/cli` does not change them.
const bare = (text: string) => (/^=.*=$/s.test(text) ? unwrapped(text) : text)
const read = (...args: ReadonlyArray<string>) => Either.getOrThrow(normalize(args, commands)).map(bare)
const refusal = (...args: ReadonlyArray<string>) => {
  const { code, message } = Either.getOrThrow(Either.flip(normalize(args, commands)))
  expect(code).toBe(2)
  return message
}

describe("a command line", () => {
  it.each<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]>([
    ["--flag value", ["serve", "--port", "80"], ["serve", "--port", "80"]],
    ["--flag=value", ["serve", "--port=80"], ["serve", "--port", "80"]],
    ["--flag= with an equals sign in the value", ["connect", "--send=a=b="], ["connect", "--send", "a=b="]],
    ["-f value", ["serve", "-p", "80"], ["serve", "--port", "80"]],
    ["-fVALUE", ["serve", "-p80"], ["serve", "--port", "80"]],
    ["-f=VALUE", ["serve", "-p=80"], ["serve", "--port", "80"]],
    ["a synonym", ["connect", "--ssl", "--ssl-cert=c"], ["connect", "--tls", "true", "--tls-cert", "c"]],
    ["a toggle", ["connect", "--once"], ["connect", "--once", "true"]],
    ["-h", ["serve", "-h"], ["serve", "--help"]],
    ["flags behind arguments", ["connect", "h", "80", "-q1", "--once"], "connect --quit 1 --once true h 80".split(" ")],
    ["flags between arguments", ["connect", "h", "--once", "80"], ["connect", "--once", "true", "h", "80"]],
    ["-- before the arguments", ["connect", "--once", "--", "h", "80"], ["connect", "--once", "true", "h", "80"]],
    ["- as an argument", ["connect", "-", "--once"], ["connect", "--once", "true", "-"]],
    ["a value that looks like a flag", ["connect", "--send", "--once"], ["connect", "--send", "--once"]],
    ["a value that is --", ["connect", "--send", "--", "h"], ["connect", "--send", "--", "h"]],
    ["blanks around a value", ["connect", "--tls-ca", " a b\n"], ["connect", "--tls-ca", " a b\n"]],
    ["a value of blanks alone", ["connect", "--send=\t "], ["connect", "--send", "\t "]],
    ["no arguments", [], ["--help"]],
    ["help", ["help"], ["--help"]],
    ["help COMMAND", ["help", "serve"], ["serve", "--help"]],
    ["--version", ["--version"], ["--version"]],
  ])("may have %s", (_, args, expected) => {
    expect(read(...args)).toEqual(expected)
  })

  it("has the last value of a flag given twice, and each value of one that repeats", () => {
    expect(read("connect", "-p", "1", "--port=2", "-p3")).toEqual(["connect", "--port", "3"])
    expect(read("connect", "--once", "--once")).toEqual(["connect", "--once", "true"])
    expect(read("connect", "--send", "a", "--once", "--send", "b")).toEqual([
      "connect",
      "--send",
      "a",
      "--send",
      "b",
      "--once",
      "true",
    ])
  })

  it("may join short toggles, and the last of them may have a value", () => {
    const toggles = ["a", "b"].map((alias) => ({ name: `long-${alias}`, alias, takesValue: false }))
    const flags = [...toggles, { name: "value", alias: "v", takesValue: true }].map((flag) => ({
      ...flag,
      synonyms: [],
      placeholder: "",
      repeats: false,
      isBuiltIn: false,
      help: "",
      problemOf: () => undefined,
    }))
    const normalized = (...args: ReadonlyArray<string>) =>
      Either.getOrThrow(normalize(["go", ...args], { go: flags })).map(bare)
    expect(normalized("-ab")).toEqual(["go", "--long-a", "true", "--long-b", "true"])
    const withValue = ["go", "--long-a", "true", "--long-b", "true", "--value", "x"]
    expect(normalized("-abvx")).toEqual(withValue)
    expect(normalized("-abv=x")).toEqual(withValue)
    expect(normalized("-abv", "x")).toEqual(withValue)
  })

  it("asks for help with --help anywhere, unless it is the value of a flag", () => {
    expect(read("serve", "0", "--broker", "--help")).toEqual(["serve", "--help"])
    expect(read("connect", "--send", "--help")).toEqual(["connect", "--send", "--help"])
    expect(read("connect", "--send=--help")).toEqual(["connect", "--send", "--help"])
  })
})

describe("an invalid command line", () => {
  it.each<readonly [string, ReadonlyArray<string>, string]>([
    ["an unknown option", ["serve", "--brokr"], "unknown option --brokr, did you mean --broker? (tcpfx serve --help)"],
    ["one with a value", ["serve", "--prot=80"], "unknown option --prot, did you mean --port? (tcpfx serve --help)"],
    ["one that is like none", ["serve", "--qqqqqqqq"], "unknown option --qqqqqqqq (tcpfx serve --help)"],
    ["another command's", ["interfaces", "--broker"], "unknown option --broker (tcpfx interfaces --help)"],
    ["an unknown letter", ["serve", "-Z"], "unknown option -Z (tcpfx serve --help)"],
    [
      "an option of netcat",
      ["serve", "-z"],
      "unknown option -z: only a client checks ports, as in tcpfx -z host 20-25 (tcpfx serve --help)",
    ],
    ["a long option of netcat", ["serve", "--udp"], "unknown option --udp: tcpfx has no UDP (tcpfx serve --help)"],
    [
      "options of netcat in one word",
      ["connect", "-lvp", "80"],
      "unknown option -l in -lvp: only `tcpfx serve` accepts clients; `tcpfx -l` and `tcpfx serve -l` listen (tcpfx connect --help)",
    ],
    [
      "an option of netcat that the other command has",
      ["serve", "-w", "3"],
      "unknown option -w: a server does not connect; -i limits the silence of a client (tcpfx serve --help)",
    ],
    [
      "one dash too few",
      ["serve", "-broker"],
      "unknown option -b in -broker, did you mean --broker? (tcpfx serve --help)",
    ],
    ["a letter of two units", ["serve", "-😀"], "unknown option -😀 (tcpfx serve --help)"],
    ["no value", ["serve", "--port"], "--port needs a value (tcpfx serve --help)"],
    ["no value for a letter", ["serve", "0", "-p"], "--port needs a value (tcpfx serve --help)"],
    ["a value for a toggle", ["connect", "--once=yes"], '--once takes no value; remove "yes"'],
    ["an empty value", ["serve", "--allow="], "--allow: the value is empty; give LIST, or leave the flag out"],
    [
      "an empty argument",
      ["connect", "", "80"],
      "argument 1 is empty; give a value, or leave it out (tcpfx connect --help)",
    ],
    ["the library's own option", ["serve", "--wizard", "debug"], "unknown option --wizard (tcpfx serve --help)"],
    [
      "a dash for a command",
      ["-"],
      'unknown command "-"; expected serve, connect, interfaces (tcpfx --help), or a host and a port',
    ],
    [
      "a command behind an option",
      ["--version", "serve"],
      '"serve" must follow a command, not an option (tcpfx --help)',
    ],
    ["its wizard", ["--wizard"], "unknown option --wizard (tcpfx --help)"],
    ["an unknown shell", ["--completions", "csh"], '--completions: "csh" is not one of sh, bash, fish, zsh'],
    ["a dash behind --", ["serve", "--", "--broker"], 'an argument cannot begin with "-": "--broker"'],
    [
      "an unknown command",
      ["sreve"],
      'unknown command "sreve", did you mean serve?; expected serve, connect, interfaces (tcpfx --help), or a host and a port; for a host with this name, write tcpfx connect sreve PORT',
    ],
    [
      "a command like none",
      ["x"],
      'unknown command "x"; expected serve, connect, interfaces (tcpfx --help), or a host and a port',
    ],
    [
      "a name that every object has",
      ["toString"],
      'unknown command "toString"; expected serve, connect, interfaces (tcpfx --help), or a host and a port',
    ],
    [
      "help about nothing",
      ["help", "x"],
      'unknown command "x"; expected serve, connect, interfaces (tcpfx --help), or a host and a port',
    ],
    ["an option for no command", ["--broker"], "unknown option --broker (tcpfx --help)"],
  ])("is refused with exit code 2 and what to do: %s", (_, args, message) => {
    expect(refusal(...args)).toBe(message)
  })
})

const words = FastCheck.oneof(
  FastCheck.constantFrom(
    ...[
      "serve",
      "connect",
      "help",
      "--",
      "-",
      "--help",
      "--broker",
      "-p",
      "-p1",
      "--port=",
      "--send",
      "-q",
      "--=",
      "-=",
    ],
    ...["constructor", "__proto__", "--toString", "--__proto__=1", "127.0.0.1", "80"],
  ),
  FastCheck.string({ unit: "binary", maxLength: 6 }).map((text) => `-${text}`),
  FastCheck.string({ maxLength: 6 }),
)
const commandLines = FastCheck.array(words, { maxLength: 6 })

it.prop(
  "any list of arguments is read or refused with exit code 2, never thrown at",
  [commandLines],
  ([args]) => {
    const result = normalize(args, commands)
    expect(Either.isEither(result)).toBe(true)
    if (Either.isLeft(result)) expect(result.left).toMatchObject({ _tag: "CommandFailed", code: 2 })
  },
  runs(2000),
)

it.prop(
  "what is read has the command first, then flags in full with their values, then arguments",
  [FastCheck.constantFrom("serve", "connect", "interfaces"), commandLines],
  ([command, args]) => {
    const result = normalize([command, ...args], commands)
    if (Either.isLeft(result)) return
    const [head, ...rest] = result.right
    expect(head).toBe(command)
    const shapes = commands[command] ?? []
    let at = 0
    while (rest[at]?.startsWith("--")) {
      const shape = shapes.find(({ name }) => `--${name}` === rest[at])
      if (shape?.takesValue === false) expect(rest[at + 1]).toBe("true")
      at += shape === undefined && /^--(help|version)$/.test(rest[at] ?? "") ? 1 : 2
    }
    for (const argument of rest.slice(at)) expect(argument).toMatch(/^=.+=$/s)
  },
  runs(2000),
)
