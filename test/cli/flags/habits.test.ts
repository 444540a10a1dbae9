import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { normalize } from "../../../src/cli/flags/argv.ts"
import { unwrapped } from "../../../src/cli/flags/flag.ts"
import { commandShapes } from "../../support/commandLine.ts"
import { runs } from "../../support/properties.ts"

const bare = (text: string) => (/^=.*=$/s.test(text) ? unwrapped(text) : text)
const read = (line: string) =>
  Either.getOrThrow(normalize(line.split(" "), commandShapes))
    .map(bare)
    .join(" ")
const refusal = (line: string) => Either.getOrThrow(Either.flip(normalize(line.split(" "), commandShapes))).message

describe("a command line of netcat", () => {
  it.each([
    ["-l 9000", "serve --listen true 9000"],
    ["-l -p 9000", "serve --listen true --port 9000"],
    ["-lvp 9000", "serve --listen true --verbose true --port 9000"],
    ["-nvlp 9000", "serve --nodns true --verbose true --listen true --port 9000"],
    ["-lk 9000", "serve --listen true --keep-open true 9000"],
    ["-vv -l 127.0.0.1 9000", "serve --verbose true --listen true 127.0.0.1 9000"],
    ["127.0.0.1 9000 -l", "serve --listen true 127.0.0.1 9000"],
    ["--listen --keep-open --verbose", "serve --listen true --keep-open true --verbose true"],
    ["-l -U /run/x.sock", "serve --listen true --unixsock /run/x.sock"],
    ["-l", "serve --listen true"],
    ["host 9000", "connect host 9000"],
    ["host:9000", "connect host:9000"],
    ["[::1]:9000", "connect [::1]:9000"],
    [":9000", "connect :9000"],
    ["127.0.0.1", "connect 127.0.0.1"],
    ["unix:/run/x.sock", "connect unix:/run/x.sock"],
    ["-U /run/x.sock", "connect --unixsock /run/x.sock"],
    ["-v host 9000", "connect --verbose true host 9000"],
    ["-nvw 3 host 9000", "connect --nodns true --verbose true --connect-timeout 3 host 9000"],
    ["-N host 9000", "connect --shutdown true host 9000"],
    ["-4 host -p 9000", "connect --ipv4 true --port 9000 host"],
    ["host 9000 --send -l", "connect --send -l host 9000"],
    ["-l 9000 --help", "serve --help"],
    ["host 9000 --help", "connect --help"],
    ["-zv host 20-25", "connect --check true --verbose true host 20-25"],
  ])("gets its command: tcpfx %s", (line, expected) => {
    expect(read(line)).toBe(expected)
  })

  it.each([
    ["9000", "the port 9000 alone could mean tcpfx serve 9000 or tcpfx connect 9000; write one"],
    ["-v 9000", "the port 9000 alone could mean tcpfx serve 9000 or tcpfx connect 9000; write one"],
    ["-p 9000", "the port 9000 alone could mean tcpfx serve 9000 or tcpfx connect 9000; write one"],
    ["--broker serve", "the command must be the first word: tcpfx serve --broker …"],
    ["-v", "unknown option -v (tcpfx --help)"],
  ])("is refused when it has two meanings or none: tcpfx %s", (line, message) => {
    expect(refusal(line)).toBe(message)
  })

  it("is refused when its first word is nearly a command, with both meanings", () => {
    expect(refusal("serv 9000")).toMatch(
      /^unknown command "serv", did you mean serve\?.*write tcpfx connect serv PORT$/,
    )
    expect(refusal("host")).toMatch(/^unknown command "host"; expected .*, or a host and a port$/)
  })
})

describe("the rules for command lines without a command", () => {
  it("can split a line before the command is known: no two commands disagree on the value of a flag", () => {
    const { connect = [], serve = [] } = commandShapes
    for (const one of serve) {
      for (const other of connect) {
        const same = one.alias !== undefined && one.alias === other.alias
        if (same || one.name === other.name) expect([one.name, one.takesValue]).toEqual([other.name, other.takesValue])
      }
    }
  })

  const source = readFileSync("bin/tcpfx.cjs", "utf8")
  const pattern = /words\.some\(\(word\) => \/(.*)\/i\.test\(word\)\)/.exec(source)?.[1] ?? "$never^"
  const words = FastCheck.constantFrom(
    ...["-l", "-lk", "-vlp", "-p", "-q", "--listen", "--port", "9000", "host", "-v", "-lp9000", "--", "-4l", "--send"],
  )

  it.prop(
    "choose a bundle with the server in bin/tcpfx.cjs for every line that serves",
    [FastCheck.array(words, { minLength: 1, maxLength: 5 })],
    ([args]) => {
      const result = normalize(args, commandShapes)
      if (Either.isRight(result) && result.right[0] === "serve") {
        expect(args.some((word) => new RegExp(pattern, "i").test(word))).toBe(true)
      }
    },
    runs(1000),
  )
})
