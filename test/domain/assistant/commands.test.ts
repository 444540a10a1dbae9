import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant, ConnectionId } from "../../../src/domain/index.ts"
import { runs } from "../../support/properties.ts"
import { command, recipients } from "./arbitraries.ts"

const { formatCommand, formatRecipients, parseCommand, parseQuestion } = Assistant

const to = (text: string) => ({ to: Either.getOrThrow(Assistant.parseRecipients(text)) })
const text = (content: string, more: Partial<Assistant.PayloadSpec> = {}) => ({
  payload: { form: "text", content, ...more },
})
const hex = (content: string, more: Partial<Assistant.PayloadSpec> = {}) => ({
  payload: { form: "hex", content, ...more },
})
const problem = (line: string) => Either.getOrThrow(Either.flip(parseCommand(line)))

describe("the written form of commands", () => {
  it.prop(
    "every command is written in one line and read back unchanged",
    [command(formatRecipients)],
    ([value]) => {
      const line = formatCommand(value)
      expect(line).not.toMatch(/[\n\r\u2028\u2029]/)
      expect(line.trim()).toBe(line)
      for (const written of [line, `/${line}`, ` ${line}`]) {
        expect(parseCommand(written)).toEqual(Either.right(value))
      }
    },
    runs(1000),
  )

  it.prop(
    "all recipients are written and read back unchanged",
    [recipients],
    ([value]) => {
      expect(Assistant.parseRecipients(formatRecipients(value))).toEqual(Either.right(value))
    },
    runs(1000),
  )

  it.each<readonly [string, object]>([
    ["listen 127.0.0.1:9000", { _tag: "Listen", endpoint: "127.0.0.1:9000" }],
    ["listen 127.0.0.1 9000", { _tag: "Listen", endpoint: "127.0.0.1:9000" }],
    ["listen ::1 9000", { _tag: "Listen", endpoint: "[::1]:9000" }],
    ["listen [::1] 9000", { _tag: "Listen", endpoint: "[::1]:9000" }],
    ['listen "unix:/run/a b.sock"', { _tag: "Listen", endpoint: "unix:/run/a b.sock" }],
    ["/listen 9000", { _tag: "Listen", endpoint: "9000" }],
    ["stop", { _tag: "StopListening" }],
    ["stop reset", { _tag: "StopListening", clients: "reset" }],
    ["stop 9000 close", { _tag: "StopListening", endpoint: "9000", clients: "close" }],
    [
      "connect plc 502 tls name=plc.local reconnect=no",
      { _tag: "Connect", endpoint: "plc:502", options: { tls: true, serverName: "plc.local", reconnect: false } },
    ],
    ["connect plc:502", { _tag: "Connect", endpoint: "plc:502" }],
    ["disconnect", { _tag: "Disconnect" }],
    ["disconnect reset", { _tag: "Disconnect", how: "reset" }],
    ["send hello", { _tag: "Send", ...text("hello") }],
    ["send   hello  world ", { _tag: "Send", ...text("hello  world ") }],
    ["send @plc-1 hex 01 03", { _tag: "Send", ...to("@plc-1"), ...hex("01 03") }],
    ["send @3, @4 hi", { _tag: "Send", ...to("@3,@4"), ...text("hi") }],
    ["send @all-but 3,plc-1 hi", { _tag: "Send", ...to("@all-but 3,plc-1"), ...text("hi") }],
    ["send hex @3 01", { _tag: "Send", ...to("@3"), ...hex("01") }],
    ["send -- @3 hi", { _tag: "Send", ...text("@3 hi") }],
    ["send --  hi", { _tag: "Send", ...text(" hi") }],
    ["send --", { _tag: "Send", ...text("") }],
    ["send text -- text", { _tag: "Send", ...text("text") }],
    ["send ending=crlf encoding=gbk 你好", { _tag: "Send", ...text("你好", { ending: "crlf", encoding: "gbk" }) }],
    ["send escapes=off C:\\new", { _tag: "Send", ...text("C:\\new", { escapes: false }) }],
    ["send a=1", { _tag: "Send", ...text("a=1") }],
    ['send "quoted"', { _tag: "Send", ...text('"quoted"') }],
    ['send content="a\\nb"', { _tag: "Send", ...text("a\nb") }],
    [
      "send hex checksum=modbus order=big from=1 to=-2 at=-2 01 03 00 00",
      { _tag: "Send", ...hex("01 03 00 00", { checksum: { kind: "modbus", order: "big", from: 1, to: -2, at: -2 } }) },
    ],
    ["send file /tmp/a b", { _tag: "Send", payload: { form: "file", content: "/tmp/a b" } }],
    ["send base64 AQM=", { _tag: "Send", payload: { form: "base64", content: "AQM=" } }],
    ["broadcast hi", { _tag: "Broadcast", ...text("hi") }],
    [
      "repeat every=1s times=10 @all hex 01 03",
      { _tag: "Repeat", interval: 1000, count: 10, ...to("@all"), ...hex("01 03") },
    ],
    ["repeat @all every=1.1 hi", { _tag: "Repeat", interval: 1100, ...to("@all"), ...text("hi") }],
    ["cancel", { _tag: "Cancel" }],
    ["cancel 2", { _tag: "Cancel", repeat: 2 }],
    ["rename @3 plc-1", { _tag: "Rename", ...to("@3"), name: "plc-1" }],
    ['rename 3 "pump, left"', { _tag: "Rename", ...to("@3"), name: "pump, left" }],
    ['rename @3 ""', { _tag: "Rename", ...to("@3"), name: "" }],
    ["tag @3,@4 line2", { _tag: "Tag", ...to("@3,@4"), tag: "line2" }],
    ["untag @all line2", { _tag: "Untag", ...to("@all"), tag: "line2" }],
    ["kick @10.0.0.0/8", { _tag: "Kick", ...to("@10.0.0.0/8") }],
    ["reset", { _tag: "Reset" }],
    ["reset @3", { _tag: "Reset", ...to("@3") }],
    ["half-close", { _tag: "HalfClose" }],
    ["pause @3", { _tag: "Pause", ...to("@3") }],
    ["resume @3", { _tag: "Resume", ...to("@3") }],
    ["resume reading", { _tag: "Resume" }],
    ["resume accepting", { _tag: "ResumeAccepting" }],
    ["encoding gbk", { _tag: "SetEncoding", encoding: "gbk" }],
    ["encoding @3 gbk in", { _tag: "SetEncoding", ...to("@3"), encoding: "gbk", direction: "in" }],
    ["unrule hello", { _tag: "RemoveRule", name: "hello" }],
    [
      "macro read @plc-1 hex checksum=modbus 01 03",
      { _tag: "SaveMacro", macro: { name: "read", to: "@plc-1", ...hex("01 03", { checksum: { kind: "modbus" } }) } },
    ],
    ["unmacro read", { _tag: "RemoveMacro", name: "read" }],
    ["run read", { _tag: "RunMacro", name: "read" }],
    ["run read @plc-1", { _tag: "RunMacro", name: "read", ...to("@plc-1") }],
    ["clear", { _tag: "ClearLog" }],
    ["quit", { _tag: "Quit" }],
  ])("%s", (line, value) => {
    expect(parseCommand(line)).toEqual(Either.right(value))
  })

  it("the words of the control socket keep their meaning", () => {
    const three = { to: Assistant.onlyClient(ConnectionId.make(3)) }
    expect(parseCommand("kick 3")).toEqual(Either.right({ _tag: "Kick", ...three }))
    expect(parseCommand("kick #3")).toEqual(Either.right({ _tag: "Kick", ...three }))
    expect(parseCommand("kick 3 reset")).toEqual(Either.right({ _tag: "Reset", ...three }))
    expect(parseCommand("listen 127.0.0.1:9000")).toEqual(Either.right({ _tag: "Listen", endpoint: "127.0.0.1:9000" }))
    expect(parseCommand("stop 127.0.0.1:9000")).toEqual(
      Either.right({ _tag: "StopListening", endpoint: "127.0.0.1:9000" }),
    )
    expect(parseCommand("suspend")).toEqual(Either.right({ _tag: "SuspendAccepting" }))
    expect(parseCommand("resume")).toEqual(Either.right({ _tag: "ResumeAccepting" }))
    expect(parseCommand("reload")).toEqual(Either.right({ _tag: "Reload" }))
    expect(parseCommand("drain")).toEqual(Either.right({ _tag: "Drain" }))
    expect(parseQuestion("state")).toEqual({ _tag: "State" })
    expect(parseQuestion("help")).toEqual({ _tag: "Help", verb: undefined })
    expect(parseQuestion("/help send")).toEqual({ _tag: "Help", verb: "send" })
    expect(parseQuestion("state of things")).toBeUndefined()
    expect(parseQuestion("stop")).toBeUndefined()
  })

  it("resume without recipients resumes reading in a client's window", () => {
    expect(parseCommand("resume", "client")).toEqual(Either.right({ _tag: "Resume" }))
  })

  it.each<readonly [string, number, string]>([
    ["", 0, "a command is missing, at character 1"],
    ["/", 1, "a command is missing, at character 2"],
    ["snd hi", 0, '"snd" is not a command (did you mean "send"?), at character 1'],
    ["/recieve", 1, '"recieve" is not a command, at character 2'],
    ["SEND hi", 0, '"SEND" is not a command (did you mean "send"?), at character 1'],
    ["toString", 0, '"toString" is not a command, at character 1'],
    ["state", 0, '"state" is not a command of a window; the control socket (--control) answers it, at character 1'],
    ["listen", 6, "listen needs an endpoint, such as listen 127.0.0.1:9000, at character 7"],
    ["listen a b", 9, "listen takes no further words, at character 10"],
    ['listen ""', 7, "the endpoint is empty, at character 8"],
    ["stop 9000 now", 10, "stop takes no further words, at character 11"],
    ["connect a tls=maybe", 14, "tls=maybe is unknown; expected yes or no, at character 15"],
    ["send", 4, "there is nothing to send, at character 5"],
    ["send @3", 7, "there is nothing to send, at character 8"],
    ["send @plc* hi", 9, 'a name with "*" needs quotation marks, at character 10'],
    ['send @"a"b hi', 9, "a blank is missing after the recipients, at character 10"],
    ["send encodng=gbk hi", 5, "encodng= is not a setting (did you mean encoding=?), at character 6"],
    ["send ending=lf ending=cr hi", 15, "ending= is given twice, at character 16"],
    ["send ending=crlff hi", 12, "ending=crlff is unknown; expected none, lf, crlf, cr, at character 13"],
    ["send encoding= hi", 14, "encoding= is unknown; expected the name of an encoding, such as gbk, at character 15"],
    ["send escapes=no hi", 13, "escapes=no is unknown; expected escapes=on or escapes=off, at character 14"],
    ["send order=big hi", 5, "order= needs checksum=, at character 6"],
    ["send checksum=modbsu hi", 14, '"modbsu" is not a checksum (did you mean "modbus"?), at character 15'],
    ["send checksum=lrc order=up hi", 24, "order=up is unknown; expected big or little, at character 25"],
    ["send checksum=lrc at=x hi", 21, "at=x is not an offset in bytes, at character 22"],
    ['send content="a" b', 17, "send takes no further words, at character 18"],
    ['send content="a', 13, "the quotation mark is not closed, at character 14"],
    ["broadcast @3 hi", 10, "broadcast sends to every client, at character 11"],
    ["repeat hi", 9, "repeat needs every=TIME, such as every=1s, at character 10"],
    ["repeat every=soon hi", 13, "every=soon is not a duration, at character 14"],
    ["repeat every=0 hi", 13, "every=0 is out of range; expected 1ms to 24h, at character 14"],
    ["repeat every=25h hi", 13, "every=25h is out of range; expected 1ms to 24h, at character 14"],
    ["repeat every=1s times=0 hi", 22, "times=0 is not a whole number from 1 up, at character 23"],
    ["cancel x", 7, '"x" is not the number of a repeat, at character 8'],
    ["rename @3", 9, 'rename needs a name, or "" to remove the name, at character 10'],
    ["rename @3 two words", 14, "rename takes no further words, at character 15"],
    ["tag @3", 6, "tag needs a tag, at character 7"],
    ['tag @3 ""', 7, "the tag is empty, at character 8"],
    ["kick", 4, "kick needs a client, such as kick @3, at character 5"],
    ["kick 3 now", 7, "kick takes no further words, at character 8"],
    ["encoding", 8, "encoding needs the name of an encoding, such as encoding gbk, at character 9"],
    ["unrule", 6, "unrule needs a name, at character 7"],
    ['run ""', 4, "the name is empty, at character 5"],
    ["quit now", 5, "quit takes no further words, at character 6"],
    ["send @😀😀,, hi", 6, 'a name with "😀" needs quotation marks, at character 7'],
  ])("%s is refused at %i: %s", (line, at, message) => {
    expect(problem(line)).toMatchObject({ _tag: "Refusal", reason: "syntax", at, message })
  })

  it("a refusal says what would be right", () => {
    expect(problem("snd hi").advice).toContain("send [@RECIPIENTS]")
    expect(problem("xyzzy").advice).toContain("listen, stop, connect")
    expect(problem("kick").advice).toBe("The form is: kick RECIPIENTS [reset].")
  })
})

describe("the help of the commands", () => {
  it("has every command once, with a form whose example can be read", () => {
    const written: ReadonlyArray<string> = [
      ...["listen 1", "stop", "connect 1", "disconnect", "send x", "broadcast x", "repeat every=1s x", "cancel"],
      ...["rename 1 x", "tag 1 x", "untag 1 x", "kick 1", "reset", "half-close", "pause", "resume", "encoding gbk"],
      ...["rule a when contains x close", "unrule a", "macro a x", "unmacro a", "run a", "suspend", "clear", "reload"],
      ...["drain", "quit"],
    ]
    expect(Assistant.commandVerbs).toEqual(written.map((line) => line.split(" ")[0]))
    for (const line of written) expect([line, Either.isRight(parseCommand(line))]).toEqual([line, true])
    for (const { form, verb, what } of Assistant.commandHelp) {
      expect(form.split(" ")[0]).toBe(verb)
      expect(what).not.toMatch(/^[A-Z]|\.$/)
    }
  })
})
