import { describe, expect, it } from "@effect/vitest"
import { completionTable } from "../../../src/cli/commands/helpTexts.ts"
import { answer } from "../../../src/cli/completions/answer.ts"
import { type Completion, complete, type Known } from "../../../src/cli/completions/complete.ts"
import { wordsOfLine } from "../../../src/cli/completions/wordsOfLine.ts"

const table = completionTable()
const known: Known = (kind) => (["none", "file", "folder"].includes(kind) ? [] : [{ word: `<${kind}>`, help: "" }])

const result = (...words: ReadonlyArray<string>): Completion => complete(words, table, known)
const words = (...typed: ReadonlyArray<string>) => result(...typed).candidates.map(({ word }) => word)

describe("the completion of a command line", () => {
  it("offers the commands first, and then the flags of the command", () => {
    expect(words("")).toEqual([...Object.keys(table), "--help", "--version", "--completions"])
    expect(words("con")).toEqual(["connect", "config"])
    expect(words("interfaces", "-")).toEqual(["--output", "--help"])
    expect(words("--completions", "z")).toEqual(["zsh"])
  })

  it("offers a flag again only if it may be repeated", () => {
    expect(words("serve", "--mode", "echo", "--mod")).toEqual([])
    expect(words("serve", "-m", "3", "--max-co")).toEqual([])
    expect(words("serve", "--allow", "::1", "--allow")).toEqual(["--allow", "--allow-file"])
  })

  it("offers the values of a flag, in each way to write the flag", () => {
    expect(words("serve", "--half-closed", "")).toEqual(["close", "keep"])
    expect(words("serve", "--half-closed=k")).toEqual(["--half-closed=keep"])
    expect(words("serve", "--frame", "len:u1")).toEqual(["len:u16be", "len:u16le"])
    expect(words("serve", "--checksum", "modb")).toEqual(["modbus"])
    expect(words("connect", "--tls-min", "")).toEqual(["1.0", "1.1", "1.2", "1.3"])
    expect(words("connect", "-4s", "")).toEqual(["<address>"])
    expect(words("connect", "--send", "")).toEqual([])
    expect(words("connect", "--reconnect=")).toEqual([])
  })

  it("has the choices of every flag whose placeholder lists them", () => {
    for (const { flags } of Object.values(table)) {
      for (const { choices, name, takesValue } of flags) if (choices.length > 0) expect(takesValue, name).toBe(true)
    }
    const listed = Object.values(table).flatMap(({ flags }) => flags.filter(({ choices }) => choices.length > 0))
    expect(listed.length).toBeGreaterThan(15)
  })

  it("leaves the paths of files, folders and sockets to the shell", () => {
    expect(result("connect", "--tls-ca", "x")).toMatchObject({ paths: "file", prefix: "" })
    expect(result("connect", "--tls-ca=x")).toMatchObject({ paths: "file", prefix: "--tls-ca=" })
    expect(result("serve", "--tls-keep", "")).toMatchObject({ paths: "folder" })
    expect(result("serve", "unix:/r")).toMatchObject({ paths: "file", prefix: "unix:" })
    expect(result("serve", "--config", "")).toMatchObject({ paths: "file", candidates: [{ word: "none" }] })
    expect(result("serve", "--mode", "")).toMatchObject({ paths: "none" })
  })

  it("offers endpoints as arguments, also after flags and their values", () => {
    expect(words("serve", "")).toEqual(["<endpoint>"])
    expect(words("connect", "--quit", "5s", "--once", "")).toEqual(["<host>"])
    expect(words("config", "")).toEqual(["serve", "connect", "ui", "<section>"])
    expect(words("ctl", "--output", "json", "s")).toEqual(["state", "summary", "stop", "send", "suspend"])
    expect(words("ctl", "send", "--")).toEqual([])
    expect(words("ctl", "send", "s")).toEqual([])
  })

  it("understands command lines of netcat, and the command line that config explains", () => {
    expect(words("-lk", "--slow")).toEqual(["--slow-consumer"])
    expect(words("10.0.0.1", "--onc")).toEqual(["--once"])
    expect(words("config", "--", "serve", "--slow")).toEqual(["--slow-consumer"])
    expect(words("sreve", "--")).toEqual([])
  })
})

describe("the answer to a shell", () => {
  it("has the part of the word that bash replaces, with blanks escaped", () => {
    const { candidates } = result("serve", "--half-closed=")
    expect(answer("bash", "--half-closed=", { candidates, paths: "none", prefix: "" })).toBe("none \nclose\nkeep\n")
    const named = { candidates: [{ word: "a b", help: "x" }], paths: "none", prefix: "" } as const
    expect(answer("bash", "", named)).toBe("none \na\\ b\n")
  })

  it("has whole words with short descriptions for zsh and fish", () => {
    expect(answer("zsh", "", result("--ver"))).toBe("none \n--version\tPrint the version\n")
    expect(answer("fish", "", { ...result("serve", "unix:"), candidates: [] })).toBe("file unix:\n")
  })

  it("has no candidate with a control character, because names come from files", () => {
    const hostile = { candidates: ["a\n", "b\u001b[2J", "c\u202e", "d"].map((word) => ({ word, help: "\u0007" })) }
    expect(answer("zsh", "", { ...hostile, paths: "none", prefix: "" })).toBe("none \nd\n")
  })
})

describe("the words of a line of bash", () => {
  it.each<readonly [string, ReadonlyArray<string>]>([
    ["", [""]],
    ["tcpfx", ["tcpfx"]],
    ["tcpfx  serve ", ["tcpfx", "serve", ""]],
    ["tcpfx --send 'a b' \"c", ["tcpfx", "--send", "a b", "c"]],
    ["tcpfx a\\ b\\", ["tcpfx", "a b"]],
    ["tcpfx '' x", ["tcpfx", "", "x"]],
    ["echo a; tcpfx se", ["", "tcpfx", "se"].slice(1)],
    ["cat f | tcpfx connect 'a;b' ", ["tcpfx", "connect", "a;b", ""]],
  ])("%j", (line, expected) => {
    expect(wordsOfLine(line)).toEqual(expected)
  })
})
