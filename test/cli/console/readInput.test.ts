import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { type Action, type ConsoleSettings, readInput } from "../../../src/cli/console/readInput.ts"
import { wordsFor } from "../../../src/cli/console/words.ts"
import { Assistant, ConnectionId } from "../../../src/domain/index.ts"

const plain: ConsoleSettings = { to: "@all", ending: undefined, checksum: undefined, isHex: false }

const action = (line: string, settings: Partial<ConsoleSettings> = {}, kind: "server" | "client" = "server"): Action =>
  Either.getOrThrowWith(readInput(line, kind, { ...plain, ...settings }), ({ message }) => new Error(message))

/** The command that a line gives, in its written form. */
const written = (line: string, settings?: Partial<ConsoleSettings>, kind?: "server" | "client"): string => {
  const read = action(line, settings, kind)
  return read._tag === "Do" ? Assistant.formatCommand(read.command) : read._tag
}

const refusal = (line: string, kind: "server" | "client" = "server") => {
  const read = readInput(line, kind, plain)
  return Either.isLeft(read) ? `${read.left.message} / ${read.left.advice ?? ""}` : "accepted"
}

const same = (line: string) => Assistant.formatCommand(Either.getOrThrow(Assistant.parseCommand(line)))

describe("an input line", () => {
  it("without a slash is sent unchanged, with the settings of the console", () => {
    expect(action("a \\n ${n} \\", { to: "@1", ending: "crlf", checksum: { kind: "modbus" } })).toEqual({
      _tag: "Do",
      command: {
        _tag: "Send",
        to: Either.getOrThrow(Assistant.parseRecipients("@1")),
        payload: {
          form: "text",
          content: "a \\n ${n} \\",
          escapes: false,
          ending: "crlf",
          checksum: { kind: "modbus" },
        },
      },
    })
    expect(action("//quit")).toMatchObject({ command: { payload: { content: "/quit" } } })
    expect(action("")).toEqual({ _tag: "Nothing" })
  })

  it("keeps recipients, endings and checksums that a command names itself", () => {
    const settings: Partial<ConsoleSettings> = { to: "@1", ending: "lf", checksum: { kind: "modbus" } }
    expect(written("/hex @2 01 03", settings)).toBe(same("send @2 hex checksum=modbus 01 03"))
    expect(written("/hex 01 03", settings)).toBe(same("send @1 hex checksum=modbus 01 03"))
    expect(written("/text a\\tb", settings)).toBe(same("send @1 text ending=lf checksum=modbus a\\tb"))
    expect(written("/send @2 text checksum=sum8 x", settings)).toBe(same("send @2 text ending=lf checksum=sum8 x"))
    expect(written("/broadcast x", settings)).toBe(same("broadcast ending=lf checksum=modbus x"))
  })

  it("has short forms of commands of the assistant", () => {
    expect(written("/name @3 plc-1")).toBe(same("rename @3 plc-1"))
    expect(written("/rst @3")).toBe(same("reset @3"))
    expect(written("/base64 @3 aGk=")).toBe(same("send @3 base64 aGk="))
    expect(written("/file @3 ./a b")).toBe(same("send @3 file ./a b"))
    expect(written('/hex @"a b",@3 01')).toBe(same('send @"a b",@3 hex 01'))
    expect(written("/hex @all-but 3 01")).toBe(same("send @all-but 3 hex 01"))
    expect(written("/repeat 1s @3 hex 01")).toBe(same("repeat every=1s @3 hex 01"))
    expect(written("/repeat every=1s times=2 @3 hex 01")).toBe(same("repeat every=1s times=2 @3 hex 01"))
    expect(written("/macro poll hex 01")).toBe(same("macro poll hex 01"))
    expect(written("/macro poll")).toBe(same("run poll"))
    expect(written("/listen")).toBe('listen ""')
    expect(written("/connect plc-1:502", {}, "client")).toBe(same("connect plc-1:502"))
  })

  it("sets what the console keeps and shows", () => {
    expect(action("/to @tag:a,@2")).toEqual({ _tag: "To", to: "@tag:a,@2" })
    expect(action("/clients @tag:a")).toEqual({ _tag: "Clients", filter: "@tag:a" })
    expect(action("/view both")).toEqual({ _tag: "View", view: "both" })
    expect(action("/eol cr")).toEqual({ _tag: "Ending", ending: "cr" })
    expect(action("/checksum modbus")).toEqual({ _tag: "Checksum", checksum: { kind: "modbus" } })
    expect(action("/checksum none")).toEqual({ _tag: "Checksum", checksum: undefined })
    expect(action("/filter")).toEqual({ _tag: "Filter", filter: undefined })
    expect(action("/filter two words")).toEqual({
      _tag: "Filter",
      filter: { clients: undefined, filter: { text: "two words" } },
    })
    expect(action("/filter /^a b/")).toEqual({
      _tag: "Filter",
      filter: { clients: undefined, filter: { regex: "^a b" } },
    })
    expect(action("/filter @2")).toEqual({
      _tag: "Filter",
      filter: { clients: Assistant.onlyClient(ConnectionId.make(2)), filter: {} },
    })
    expect(action("/log ndjson a b.log")).toEqual({ _tag: "Save", format: "ndjson", path: "a b.log" })
    expect(action("/log a.log")).toEqual({ _tag: "Save", format: "text", path: "a.log" })
    expect(action("/help")).toEqual({ _tag: "Help", word: undefined })
    expect(action("/help /to")).toEqual({ _tag: "Help", word: "to" })
    for (const what of ["repeats", "rules", "macros", "stats"] as const) {
      expect(action(`/${what}`)).toEqual({ _tag: "List", what })
    }
    expect(action("/connect", {}, "client")).toEqual({ _tag: "Again" })
    expect(action("/reconnect", {}, "client")).toEqual({ _tag: "Again" })
  })

  it("that is wrong says what is right", () => {
    expect(refusal("/")).toMatch(/a command is missing.*\/help lists the commands/)
    expect(refusal("/clinets")).toMatch(/\/clinets is not a command \(did you mean "clients"\?\).*\/ at the start/)
    expect(refusal("/constructor")).toMatch(/\/constructor is not a command/)
    expect(refusal("/kick @1", "client")).toMatch(/\/kick is a command of tcpfx serve/)
    expect(refusal("/connect", "server")).toMatch(/\/connect is a command of tcpfx connect/)
    expect(refusal("/view txt")).toMatch(/"txt" is not a value of \/view.*"text".*expected text, hex, mixed, both/)
    expect(refusal("/eol")).toMatch(/a value is missing; expected none, lf, crlf, cr/)
    expect(refusal("/rules all")).toMatch(/\/rules takes no words.*\/rules/)
    expect(refusal("/log raw")).toMatch(/path of a file is missing.*\/log ndjson/)
    expect(refusal("/hex @1")).toMatch(/content is missing after \/hex.*\/hex 01/)
    expect(refusal("/repeat")).toMatch(/interval is missing.*\/repeat 1s/)
    expect(refusal("/to")).toMatch(/recipients are missing.*\/to @plc-1/)
    expect(refusal("/checksum crc99")).toMatch(/crc99/)
    expect(refusal("/tag @1")).toMatch(/tag needs a tag.*The form is: \/tag RECIPIENTS TAG/)
  })

  it("never throws, whatever words follow a command", () => {
    const tails = ["", "x", "@1", "@", '"', "\\", "every=", "1s", "/(/", "a b c", "@all,", "=", "--", "\n"]
    for (const kind of ["server", "client"] as const) {
      for (const { word } of wordsFor(kind)) {
        for (const tail of tails) expect(typeof readInput(`/${word} ${tail}`, kind, plain)._tag).toBe("string")
      }
    }
  })
})
