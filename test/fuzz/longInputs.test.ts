import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { normalize } from "../../src/cli/flags/argv.ts"
import { endpointFrom } from "../../src/cli/flags/endpointArgs.ts"
import {
  Codec,
  decodeClientEventLine,
  decodeServerEventLine,
  escapeControls,
  Framing,
  isInRange,
  isLoopback,
  ProxyHeaderDecoder,
  parseAddressFile,
  parseAddressRanges,
  parseCount,
  parseDuration,
  parseEndpoint,
  parseEscapes,
  parseHostAndPort,
  parseSize,
  TextView,
  tcpEndpoint,
} from "../../src/domain/index.ts"
import { commandShapes } from "../support/commandLine.ts"
import { within } from "../support/fuzz.ts"

const size = 1024 * 1024
// Many times the time of each function on a busy machine. A function of quadratic time would take hours.
const patience = 30_000

// Long runs that a pattern could match in many ways, each with an end that makes the match fail.
const runs = [
  "1",
  "a",
  " ",
  ".",
  ":",
  "%",
  "#",
  ",",
  "\\",
  "\\x41",
  "\n",
  "\u001b[",
  "[",
  "{",
  '"',
  "::",
  "1:",
  "1.",
  "\u00e9",
]
const ends = ["", "!", "\n!"]
const longTexts = runs.flatMap((run) => ends.map((end) => run.repeat(size / run.length) + end))
const prefixed = (prefix: string) => longTexts.map((text) => prefix + text)

const utf8 = (text: string) => new TextEncoder().encode(text)
const [range] = Either.getOrThrow(parseAddressRanges("::/0"))
const codec = Codec.json(Schema.Struct({ a: Schema.String }))

const readers: ReadonlyArray<readonly [name: string, read: (text: string) => unknown]> = [
  ["an endpoint", parseEndpoint],
  ["a host", (text) => parseHostAndPort(text, "1")],
  ["a port", (text) => parseHostAndPort("h", text)],
  ["whether a host is of this machine", (text) => isLoopback(tcpEndpoint(text, 1))],
  ["arguments", (text) => endpointFrom({ args: [text], port: Option.none(), unix: Option.none() })],
  ["ranges of addresses", parseAddressRanges],
  ["a file of addresses", (text) => parseAddressFile(utf8(text))],
  ["a host in a range", (text) => range !== undefined && isInRange(text, range)],
  ["a duration", parseDuration],
  ["a size", parseSize],
  ["a count", parseCount],
  ["escapes", parseEscapes],
  ["a text that is shown", escapeControls],
  ["bytes that are shown", (text) => new TextView().push(utf8(text))],
  ["a PROXY header", (text) => new ProxyHeaderDecoder().push(utf8(text))],
  ["lines", (text) => Framing.line.decoder(size / 2).push(utf8(text), { onRun: Framing.line.count })],
  ["an event of a server", decodeServerEventLine],
  ["an event of a client", decodeClientEventLine],
  ["JSON", (text) => codec.decode(utf8(text))],
  ["a flag", (text) => normalize(["serve", text], commandShapes)],
  ["a command", (text) => normalize([text], commandShapes)],
]

// The test compares no times. A function whose time grows faster than its input exceeds the deadline.
describe("a text of a mebibyte", () => {
  for (const [name, read] of readers) {
    it(`is parsed in linear time as ${name}`, { timeout: 120_000 }, () => {
      for (const text of longTexts) within(patience, () => read(text))
    })
  }

  it("is parsed in linear time, also after a valid beginning", { timeout: 120_000 }, () => {
    for (const text of prefixed("[::1]:")) within(patience, () => parseEndpoint(text))
    for (const text of prefixed("1")) within(patience, () => [parseSize(text), parseDuration(text)])
    for (const text of prefixed("::1%")) within(patience, () => range !== undefined && isInRange(text, range))
    for (const text of prefixed("--port=")) within(patience, () => normalize(["serve", text], commandShapes))
  })
})

describe("many small pieces", () => {
  it("of one line, a byte each, are decoded in linear time", () => {
    const decoder = Framing.line.decoder(size)
    const byte = Uint8Array.of(0x61)
    within(patience, () => {
      for (let at = 0; at < size; at++) decoder.push(byte, { onRun: () => {} })
    })
    expect(decoder.pending()).toBe(size)
  })

  it("of a displayed text, a byte each, are decoded in linear time", () => {
    const view = new TextView()
    const bytes = [0xf0, 0x9f, 0x98].map((byte) => Uint8Array.of(byte))
    within(patience, () => {
      for (let at = 0; at < size / 8; at++) view.push(bytes[at % 3] ?? new Uint8Array(0))
    })
    expect(view.end().length).toBeLessThan(100)
  })

  it("of a command line are parsed in linear time", () => {
    const args = ["connect", ...Array.from({ length: 100_000 }, () => ["--send", "a"]).flat()]
    const normalized = within(patience, () => normalize(args, commandShapes))
    expect(Either.getOrThrow(normalized).length).toBe(args.length)
  })
})
