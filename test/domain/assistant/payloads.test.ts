import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant, ConnectionId, tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"

const { checkPayload, makePayload, variablesIn } = Assistant

const values = new Map([
  ["time", "T"],
  ["client.name", "泵"],
  ["1", "one"],
  ["0", ""],
])
const settings: Assistant.PayloadSettings = {
  coder: Assistant.utf8Coder,
  variable: (name, argument) => (argument === undefined ? values.get(name) : `${name}(${argument})`),
  file: undefined,
}
const made = (spec: Assistant.PayloadSpec, more: Partial<Assistant.PayloadSettings> = {}) =>
  Either.map(makePayload(spec, { ...settings, ...more }), (bytes) => [...bytes])
const text = (content: string, more: Partial<Assistant.PayloadSpec> = {}): Assistant.PayloadSpec => ({
  form: "text",
  content,
  ...more,
})
const utf8 = (written: string) => [...new TextEncoder().encode(written)]
const problem = <A>(read: Either.Either<A, Assistant.Refusal>) => Either.getOrThrow(Either.flip(read))

describe("a text", () => {
  it("is its bytes in the encoding", () => {
    expect(made(text("hé€😀"))).toEqual(Either.right(utf8("hé€😀")))
    expect(made(text("hé"), { coder: Assistant.latin1Coder })).toEqual(Either.right([0x68, 0xe9]))
    expect(made(text("h€"), { coder: Assistant.utf16leCoder })).toEqual(Either.right([0x68, 0, 0xac, 0x20]))
    expect(made(text("h😀"), { coder: Assistant.utf16beCoder })).toEqual(
      Either.right([0, 0x68, 0xd8, 0x3d, 0xde, 0x00]),
    )
  })

  it("has escapes for characters in the encoding, and for bytes", () => {
    expect(made(text("a\\r\\n\\t\\0\\\\\\e"))).toEqual(Either.right([0x61, 13, 10, 9, 0, 0x5c, 0x1b]))
    expect(made(text("\\xff\\x00\\u{e9}"))).toEqual(Either.right([0xff, 0, 0xc3, 0xa9]))
    expect(made(text("\\n\\xff\\u{e9}"), { coder: Assistant.utf16leCoder })).toEqual(
      Either.right([0x0a, 0, 0xff, 0xe9, 0]),
    )
  })

  it("has variables", () => {
    expect(made(text("${time} ${client.name}${1}${0}!"))).toEqual(Either.right(utf8("T 泵one!")))
    expect(made(text("${random:4}"))).toEqual(Either.right(utf8("random(4)")))
    expect(made(text("$5 $ {} \\x24{time}"))).toEqual(Either.right(utf8("$5 $ {} ${time}")))
  })

  it("without escapes is taken literally", () => {
    const content = "C:\\new ${time} ${ \\"
    expect(made(text(content, { escapes: false }))).toEqual(Either.right(utf8(content)))
  })

  it.each<readonly [string, number, string]>([
    ["a\\q", 1, "the escape is unknown or incomplete, at character 2"],
    ["😀\\x4", 2, "the escape is unknown or incomplete, at character 2"],
    ["a${time", 1, "the variable is not closed, at character 2"],
    ["a${tme}", 1, '${tme} is not a variable (did you mean "time"?), at character 2'],
    ["${}", 0, "${} is not a variable, at character 1"],
    ["${client.ports}", 0, '${client.ports} is not a variable (did you mean "client.port"?), at character 1'],
    ["${constructor}", 0, "${constructor} is not a variable, at character 1"],
    ["${time:4}", 0, "${time} takes no argument after a colon, at character 1"],
    ["${random:0}", 0, "${random} takes a number from 1 to 64, at character 1"],
    ["${random:65}", 0, "${random} takes a number from 1 to 64, at character 1"],
    ["${random:x}", 0, "${random} takes a number from 1 to 64, at character 1"],
    [
      "${bytes}",
      0,
      "${bytes} takes one byte or a range, such as ${bytes:12} or ${bytes:12-13}, up to byte 65535, at character 1",
    ],
    [
      "${bytes:3-2}",
      0,
      "${bytes} takes one byte or a range, such as ${bytes:12} or ${bytes:12-13}, up to byte 65535, at character 1",
    ],
    ["ab ${2}", 3, "${2} has no value here, at character 4"],
    ["ab\ud800", 2, "half of a surrogate pair (U+D800) cannot be encoded in utf-8, at character 3"],
  ])("%j is refused at %i: %s", (content, at, message) => {
    expect(problem(made(text(content)))).toMatchObject({ reason: "payload", field: "content", at, message })
  })

  it("an unknown variable is refused with the list of all", () => {
    const { advice } = problem(made(text("${x}")))
    expect(advice).toBe(
      "Variables: ${time} ${unix} ${counter} ${random:4} ${client.id} ${client.ip} ${client.port} ${client.name} ${bytes:12-13} ${1}; write \\x24{ for a literal ${.",
    )
  })

  it("a character that the encoding lacks is refused with its position and code point", () => {
    const refused = (content: string) => problem(made(text(content), { coder: Assistant.latin1Coder }))
    expect(refused("a😀é€")).toMatchObject({
      at: 1,
      message: '"😀" (U+1F600) cannot be encoded in latin1, at character 2',
    })
    expect(refused("é\\n€")).toMatchObject({
      at: 3,
      message: '"€" (U+20AC) cannot be encoded in latin1, at character 4',
    })
    expect(refused("é\\u{20ac}")).toMatchObject({
      at: 1,
      message: '"€" (U+20AC) cannot be encoded in latin1, at character 2',
    })
    expect(refused("é ${client.name}")).toMatchObject({
      at: 2,
      message: '"泵" (U+6CF5) cannot be encoded in latin1, at character 3',
    })
  })

  it.each<readonly [string, Assistant.LineEnding, string]>([
    ["a", "none", "a"],
    ["a", "lf", "a\n"],
    ["a", "cr", "a\r"],
    ["a", "crlf", "a\r\n"],
    ["", "crlf", "\r\n"],
    ["a\\n", "lf", "a\n"],
    ["a\\r\\n", "lf", "a\r\n"],
    ["a\\r\\n", "crlf", "a\r\n"],
    ["a\\r\\n", "cr", "a\r\n"],
    ["a\\r", "cr", "a\r"],
    ["a\\r", "lf", "a\r\n"],
    ["a\\n", "crlf", "a\n\r\n"],
    ["a\\x0d\\x0a", "lf", "a\r\n"],
    ["a\\n\\n", "lf", "a\n\n"],
  ])("%j with the ending %s", (content, ending, whole) => {
    expect(made(text(content, { ending }))).toEqual(Either.right(utf8(whole)))
    for (const coder of [Assistant.utf16leCoder, Assistant.utf16beCoder]) {
      // A single byte would be half a character.
      if (content.includes("\\x")) continue
      expect(made(text(content, { ending }), { coder })).toEqual(Either.map(coder.encode(whole), (bytes) => [...bytes]))
    }
  })

  it("bytes across two characters that look like a line ending are not one", () => {
    // U+0D00 and U+000A, then U+0100: the bytes 0D 00 00 0A, and 0A 01.
    expect(made(text("\u0a0d\u0a00", { ending: "lf" }), { coder: Assistant.utf16leCoder })).toEqual(
      Either.right([0x0d, 0x0a, 0x00, 0x0a, 0x0a, 0x00]),
    )
    expect(made(text("a\u000a\u0000", { ending: "lf" }), { coder: Assistant.utf16beCoder })).toEqual(
      Either.right([0, 0x61, 0, 0x0a, 0, 0, 0, 0x0a]),
    )
  })
})

describe("the other forms", () => {
  it("the encoding, the ending and the escapes apply only to text", () => {
    expect(made({ form: "hex", content: "61", ending: "crlf", escapes: false, encoding: "gbk" })).toEqual(
      Either.right([0x61]),
    )
    expect(made({ form: "base64", content: "YQ", ending: "lf" })).toEqual(Either.right([0x61]))
  })

  it("a file payload is the bytes of the file", () => {
    const spec: Assistant.PayloadSpec = { form: "file", content: "/tmp/x", checksum: { kind: "sum8" } }
    expect(made(spec, { file: Uint8Array.of(1, 2) })).toEqual(Either.right([1, 2, 3]))
    expect(problem(made(spec))).toMatchObject({ reason: "file", message: 'the file "/tmp/x" was not read' })
  })

  it("a checksum covers the line ending", () => {
    expect(made(text("a", { ending: "lf", checksum: { kind: "sum8" } }))).toEqual(Either.right([0x61, 0x0a, 0x6b]))
    expect(made({ form: "hex", content: "01 03 00 00 00 02", checksum: { kind: "modbus" } })).toEqual(
      Either.right([1, 3, 0, 0, 0, 2, 0xc4, 0x0b]),
    )
  })

  it("mistakes that can be known before sending are found before", () => {
    expect(Either.isRight(checkPayload(text("${2}", { encoding: "none" })))).toBe(true)
    expect(Either.isRight(checkPayload({ form: "file", content: "" }))).toBe(true)
    expect(problem(checkPayload({ form: "hex", content: "0" })).at).toBe(0)
    expect(problem(checkPayload({ form: "base64", content: "*" })).at).toBe(0)
    expect(problem(checkPayload(text("\\q"))).at).toBe(0)
    expect(Either.isRight(checkPayload(text("\\q", { escapes: false })))).toBe(true)
    expect(problem(checkPayload(text("", { checksum: { kind: "x" } }))).field).toBe("checksum")
  })
})

describe("variables", () => {
  it("are listed by name, each once", () => {
    expect(variablesIn(text("${client.id} ${time} ${client.id} ${random:4}"))).toEqual(["client.id", "time", "random"])
    expect(variablesIn(text("\\x24{time} $time"))).toEqual([])
    expect(variablesIn(text("${time}", { escapes: false }))).toEqual([])
    expect(variablesIn({ form: "hex", content: "${time}" })).toEqual([])
    expect(variablesIn({ form: "hex", content: "01 ${bytes:2} ${bytes:0-1}" })).toEqual(["bytes"])
    expect(variablesIn(text("${time} ${"))).toEqual([])
  })

  const context = {
    now: Date.UTC(2026, 10, 30, 5, 40, 0, 7),
    counter: 3,
    randomDigit: () => 10,
    client: { id: ConnectionId.make(7), name: "plc-1", remote: tcpEndpoint("::ffff:10.0.0.7", 502) },
    captures: ["whole", "first"],
    frame: Uint8Array.of(1, 2, 3),
  }
  const value = (name: string, argument?: string) => Assistant.variableValue(context, name, argument)

  it("have their values", () => {
    expect(value("time")).toBe("2026-11-30T05:40:00.007Z")
    expect(value("unix")).toBe(String(Math.floor(context.now / 1000)))
    expect(value("counter")).toBe("3")
    expect(value("random")).toBe("aaaaaaaa")
    expect(value("random", "3")).toBe("aaa")
    expect([value("client.id"), value("client.ip"), value("client.port"), value("client.name")]).toEqual([
      "7",
      "10.0.0.7",
      "502",
      "plc-1",
    ])
    expect([value("0"), value("1"), value("2")]).toEqual(["whole", "first", undefined])
    expect([value("bytes", "1"), value("bytes", "0-2")]).toEqual([Uint8Array.of(2), Uint8Array.of(1, 2, 3)])
    expect([value("bytes", "3"), value("bytes", "2-3")]).toEqual([undefined, undefined])
  })

  it("of a client have no value without a client, and no address over a unix socket", () => {
    const { captures: _, client: __, frame: ___, ...bare } = context
    expect(Assistant.variableValue(bare, "client.id", undefined)).toBeUndefined()
    expect(Assistant.variableValue(bare, "1", undefined)).toBeUndefined()
    expect(Assistant.variableValue(bare, "bytes", "0")).toBeUndefined()
    const unix = { ...context, client: { ...context.client, remote: unixEndpoint("") } }
    expect(Assistant.variableValue(unix, "client.ip", undefined)).toBe("")
    expect(Assistant.variableValue(unix, "client.port", undefined)).toBe("")
  })

  it("are all in the help", () => {
    for (const { name, what } of Assistant.variableHelp) {
      expect(variablesIn(text(`\${${name}}`))).toHaveLength(1)
      expect(what).not.toBe("")
    }
  })
})

describe("bytes of the matched frame", () => {
  const frame = Uint8Array.of(0xe4, 0xbd, 0xa0, 0xff)
  const withFrame = (spec: Assistant.PayloadSpec) =>
    made(spec, { variable: (name, argument) => Assistant.variableValue({ ...sending, frame }, name, argument) })
  const sending = { now: 0, counter: 1, randomDigit: () => 0 }
  const hex = (content: string, more: Partial<Assistant.PayloadSpec> = {}): Assistant.PayloadSpec => ({
    form: "hex",
    content,
    ...more,
  })

  it("are in a text the bytes themselves, in every encoding", () => {
    expect(withFrame(text("<${bytes:3}>${bytes:0-2}"))).toEqual(Either.right([0x3c, 0xff, 0x3e, 0xe4, 0xbd, 0xa0]))
  })

  it("are in hex between the digits, and a checksum covers them", () => {
    expect(withFrame(hex("01${bytes:1-2} 02"))).toEqual(Either.right([1, 0xbd, 0xa0, 2]))
    expect(withFrame(hex("${bytes:0} 01", { checksum: { kind: "sum8" } }))).toEqual(Either.right([0xe4, 1, 0xe5]))
  })

  it.each<readonly [string, number, string]>([
    ["01 ${bytes:4}", 3, "${bytes:4} has no value here: the frame has fewer bytes, or there is none, at character 4"],
    ["01 ${time}", 3, "${time} is a text, and cannot be in hex, at character 4"],
    ["01 ${bytes:1", 3, "the variable is not closed, at character 4"],
    ["01 ${bytes:1} x", 14, '"x" is not a hex digit, at character 15'],
  ])("in hex, %j is refused at %i: %s", (content, at, message) => {
    expect(problem(withFrame(hex(content)))).toMatchObject({ reason: "payload", field: "content", at, message })
  })

  it("are counted up to the last one that a payload uses", () => {
    const count = (spec: Assistant.PayloadSpec) => Assistant.frameBytesIn(spec)
    expect([count(hex("01 ${bytes:12-13} ${bytes:2}")), count(text("${bytes:0}")), count(hex("01"))]).toEqual([
      14, 1, 0,
    ])
  })
})
