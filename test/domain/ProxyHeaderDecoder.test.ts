import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { crc32c } from "../../src/domain/crc32c.ts"
import {
  encodeProxyHeader,
  limits,
  ProxyHeaderDecoder,
  type ProxyHeaderProgress,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { cutAt, joinBytes, runs } from "../support/properties.ts"
import { anyProxyEndpoints, block, extension, hexBytes, withChecksum } from "../support/proxyHeaders.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const none = new Uint8Array(0)

/** The result of decoding the chunks, and the number of the chunk that gave it. */
const read = (chunks: ReadonlyArray<Uint8Array>): { progress: ProxyHeaderProgress; after: number } => {
  const decoder = new ProxyHeaderDecoder()
  for (const [index, chunk] of chunks.entries()) {
    const progress = decoder.push(chunk)
    if (progress._tag !== "Done") {
      if (progress._tag === "Invalid") return { progress, after: index + 1 }
      continue
    }
    const rest = joinBytes([progress.rest, ...chunks.slice(index + 1)])
    return { progress: { ...progress, rest }, after: index + 1 }
  }
  return { progress: { _tag: "NeedMore" }, after: chunks.length }
}
const oneByOne = (input: Uint8Array) => [...input].map((byte) => Uint8Array.of(byte))

const header = (bytes: Uint8Array) => {
  const { progress } = read([bytes])
  return progress._tag === "Done" ? progress.header : progress
}

/** The problem with the bytes, and the number of the byte at which the decoder finds it. */
const refusal = (bytes: Uint8Array): readonly [problem: string, byte: number] => {
  const { progress, after } = read(oneByOne(bytes))
  return [progress._tag === "Invalid" ? progress.problem : progress._tag, after]
}

describe("a PROXY header of version 1", () => {
  const accepted = [
    [
      "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
      tcpEndpoint("192.168.0.1", 56324),
      tcpEndpoint("192.168.0.11", 443),
    ],
    [
      "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
      tcpEndpoint("255.255.255.255", 65535),
      tcpEndpoint("255.255.255.255", 65535),
    ],
    ["PROXY TCP4 0.0.0.0 10.0.0.1 0 1\r\n", tcpEndpoint("0.0.0.0", 0), tcpEndpoint("10.0.0.1", 1)],
    [
      "PROXY TCP6 FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:0db8::000a 65535 1\r\n",
      tcpEndpoint("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
      tcpEndpoint("2001:db8::a", 1),
    ],
    ["PROXY TCP6 ::1 :: 1 2\r\n", tcpEndpoint("::1", 1), tcpEndpoint("::", 2)],
    [
      "PROXY TCP6 ::ffff:192.0.2.1 ::FFFF:c000:0202 1 2\r\n",
      tcpEndpoint("::ffff:192.0.2.1", 1),
      tcpEndpoint("::ffff:192.0.2.2", 2),
    ],
    ["PROXY UNKNOWN\r\n", undefined, undefined],
    [`PROXY UNKNOWN ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`, undefined, undefined],
    ["PROXY UNKNOWN \u00e4 whatever\r\n", undefined, undefined],
  ] as const
  for (const [text, source, destination] of accepted) {
    it(`${JSON.stringify(text)} is read`, () => {
      expect(header(utf8(text))).toEqual({ version: 1, command: "proxy", source, destination })
    })
  }

  const long = `PROXY UNKNOWN ${"x".repeat(91)}`
  const refused = [
    ["GET / HTTP/1.1\r\n", "it is missing", 1],
    ["\n", "it is missing", 1],
    ["PROXI", "byte 5 (0x49) is invalid", 5],
    ["proxy TCP4", "it is missing", 1],
    ["PROXY  TCP4", "byte 7 (0x20) is invalid", 7],
    ["PROXY TCP5", "byte 10 (0x35) is invalid", 10],
    ["PROXY tcp4", "byte 7 (0x74) is invalid", 7],
    ["PROXY UDP4", "byte 8 (0x44) is invalid", 8],
    ["PROXY\r\n", "byte 6 (0x0d) is invalid", 6],
    ["PROXY UNKNOWNX", "byte 14 (0x58) is invalid", 14],
    ["PROXY UNKNOWN\n", "its LF does not follow a CR", 14],
    ["PROXY UNKNOWN\rx", "its CR is not followed by LF", 15],
    ["PROXY UNKNOWN a\nb", "its LF does not follow a CR", 16],
    ["PROXY TCP4 1.2.3.4x", "byte 19 (0x78) is invalid", 19],
    ["PROXY TCP4 1.2.3.4 ::1", "byte 20 (0x3a) is invalid", 20],
    ["PROXY TCP6 fe80::1%", "byte 19 (0x25) is invalid", 19],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", "its LF does not follow a CR", 31],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\r", "its CR is not followed by LF", 32],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "it has fewer than two addresses and two ports", 30],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n", "it has more than two addresses and two ports", 34],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", "it has more than two addresses and two ports", 33],
    ["PROXY TCP4 1.2.3.4  1.2.3.4 1\r\n", '"1.2.3.4" is not a port', 31],
    ["PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n", '"01.2.3.4" is not an IPv4 address', 33],
    ["PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n", '"1.2.3" is not an IPv4 address', 30],
    ["PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n", '"1.2.3.256" is not an IPv4 address', 34],
    ["PROXY TCP4 1.2.3.4 1.2.3.4.5 1 1\r\n", '"1.2.3.4.5" is not an IPv4 address', 34],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", '"01" is not a port', 33],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", '"65536" is not a port', 36],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 .\r\n", '"." is not a port', 32],
    ["PROXY TCP6 1.2.3.4 ::1 1 1\r\n", '"1.2.3.4" is not an IPv6 address', 28],
    ["PROXY TCP6 ::1 1::2::3 1 1\r\n", '"1::2::3" is not an IPv6 address', 28],
    ["PROXY TCP6 ::1 00001::1 1 1\r\n", '"00001::1" is not an IPv6 address', 29],
    ["PROXY TCP6 ::1 1:2:3:4:5:6:7 1 1\r\n", '"1:2:3:4:5:6:7" is not an IPv6 address', 34],
    ["PROXY TCP6 ::1 ::ffff:010.0.0.1 1 1\r\n", '"::ffff:010.0.0.1" is not an IPv6 address', 37],
    ["PROXY TCP6 ::1 ::1 a 1\r\n", '"a" is not a port', 24],
    [`${long}xx`, "oversized: its line has not ended after 107 bytes", 107],
    [`${long}x\r\n`, "oversized: its line has not ended after 107 bytes", 107],
  ] as const
  for (const [text, problem, byte] of refused) {
    it(`${JSON.stringify(text)} is refused at byte ${byte} with a reason`, () => {
      expect(refusal(utf8(text))).toEqual([problem, byte])
    })
  }

  it("has at most 107 bytes", () => {
    expect(header(utf8(`${long}\r\n`))).toMatchObject({ version: 1 })
  })
})

describe("a PROXY header of version 2", () => {
  const v4 = hexBytes("c0a80001 c0a8000b dc04 01bb")
  const v6 = hexBytes("20010db8000000000000000000000001 00000000000000000000ffffc0000201 dc04 01bb")
  const unix = new Uint8Array(216)
  unix.set(utf8("/run/a"), 0)
  unix.set(utf8("\0name"), 108)
  const [client, server] = [tcpEndpoint("192.168.0.1", 56324), tcpEndpoint("192.168.0.11", 443)]

  const unnamed = [undefined, undefined] as const
  const accepted = [
    ["of TCP over IPv4", block(0x21, 0x11, v4), "proxy", [client, server]],
    [
      "of TCP over IPv6",
      block(0x21, 0x21, v6),
      "proxy",
      [tcpEndpoint("2001:db8::1", 56324), tcpEndpoint("::ffff:192.0.2.1", 443)],
    ],
    ["of unix sockets", block(0x21, 0x31, unix), "proxy", [unixEndpoint("/run/a"), unixEndpoint("\0name")]],
    [
      "of a path that fills its place",
      block(0x21, 0x31, new Uint8Array(216).fill(0x61)),
      "proxy",
      [unixEndpoint("a".repeat(108)), unixEndpoint("a".repeat(108))],
    ],
    ["of the proxy's own connection", block(0x20, 0x00, none), "local", unnamed],
    ["of the proxy's own connection with a family", block(0x20, 0x11, v4), "local", unnamed],
    ["of the proxy's own connection with a family that there is not", block(0x20, 0xff, v4), "local", unnamed],
    ["of no family", block(0x21, 0x00, none), "proxy", unnamed],
    ["of no family with something behind it", block(0x21, 0x01, v4), "proxy", unnamed],
    ["of no transport", block(0x21, 0x10, v4), "proxy", unnamed],
    ["of datagrams", block(0x21, 0x12, v4), "proxy", unnamed],
    [
      "with extensions",
      block(0x21, 0x11, joinBytes([v4, extension(1, utf8("h2")), extension(0xe0, none)])),
      "proxy",
      [client, server],
    ],
    [
      "with its checksum",
      withChecksum(block(0x21, 0x11, joinBytes([v4, extension(4, none), extension(3, new Uint8Array(4))]))),
      "proxy",
      [client, server],
    ],
    [
      "of the longest",
      block(0x21, 0x11, joinBytes([v4, extension(4, new Uint8Array(limits.proxyHeaderBytes - 31))])),
      "proxy",
      [client, server],
    ],
  ] as const
  for (const [what, bytes, command, [source, destination]] of accepted) {
    it(`${what} is read`, () => {
      expect(header(bytes)).toEqual({ version: 2, command, source, destination })
    })
  }

  const checksum = extension(3, new Uint8Array(4))
  const flipped = withChecksum(block(0x21, 0x11, joinBytes([v4, checksum])))
  flipped[17] = 0
  const refused = [
    ["with a broken signature", hexBytes("0d0a0d0a000d0a515549540b"), "byte 12 (0x0b) is invalid", 12],
    ["of an empty line", utf8("\r\n\r\nGET"), "byte 5 (0x47) is invalid", 5],
    ["of version 3", block(0x31, 0x11, v4), "its version 3 is unknown", 13],
    ["with command 2", block(0x22, 0x11, v4), "its command 2 is unknown", 13],
    ["with address family 4", block(0x21, 0x41, v4), "its address family 4 is unknown", 14],
    ["with transport 3", block(0x21, 0x13, v4), "its transport 3 is unknown", 14],
    [
      "too short for its addresses",
      block(0x21, 0x21, v4),
      "its 12 bytes are too few for IPv6 addresses, which take 36",
      16,
    ],
    [
      "longer than is kept",
      block(0x21, 0x11, v4, limits.proxyHeaderBytes - 15),
      `oversized: it has ${limits.proxyHeaderBytes + 1} bytes; the maximum is ${limits.proxyHeaderBytes}`,
      16,
    ],
    [
      "of the proxy's own connection, longer than is kept",
      block(0x20, 0x00, none, 65535),
      "oversized: it has 65551 bytes; the maximum is 4096",
      16,
    ],
    [
      "with an extension that reaches beyond its end",
      block(0x21, 0x11, joinBytes([v4, extension(1, none, 1)])),
      "its last extension is truncated",
      31,
    ],
    [
      "with half an extension",
      block(0x21, 0x11, joinBytes([v4, Uint8Array.of(1, 0)])),
      "its last extension is truncated",
      30,
    ],
    ["with a wrong checksum", flipped, "its checksum is wrong", 35],
    ["with a wrong checksum of the proxy's own connection", block(0x20, 0x00, checksum), "its checksum is wrong", 23],
    [
      "with a checksum of 3 bytes",
      block(0x21, 0x11, joinBytes([v4, extension(3, new Uint8Array(3))])),
      "it must have one checksum of 4 bytes",
      34,
    ],
    [
      "with two checksums",
      block(0x21, 0x11, joinBytes([v4, checksum, checksum])),
      "it must have one checksum of 4 bytes",
      42,
    ],
  ] as const
  for (const [what, bytes, problem, byte] of refused) {
    it(`${what} is refused at byte ${byte} with a reason`, () => {
      expect(refusal(bytes)).toEqual([problem, byte])
    })
  }

  it("has the checksum of RFC 4960", () => {
    expect(crc32c(utf8("123456789"))).toBe(0xe3069283)
  })
})

describe("a PROXY header", () => {
  const payload = FastCheck.uint8Array({ maxLength: 30 })
  const wellFormed = FastCheck.tuple(anyProxyEndpoints, FastCheck.constantFrom(1 as const, 2 as const), payload).map(
    ([{ source, destination }, version, rest]) => joinBytes([encodeProxyHeader(version, source, destination), rest]),
  )

  it.prop(
    "gives the same result wherever its reads are split, valid or not",
    [
      wellFormed,
      FastCheck.array(FastCheck.tuple(FastCheck.nat({ max: 300 }), FastCheck.nat({ max: 255 })), { maxLength: 2 }),
      FastCheck.array(FastCheck.nat({ max: 300 }), { maxLength: 6 }),
    ],
    ([bytes, changes, places]) => {
      const input = bytes.slice()
      for (const [at, byte] of changes) if (at < input.length) input[at] = byte
      const { progress } = read([input])
      expect(read(oneByOne(input)).progress).toEqual(progress)
      expect(read(cutAt(input, places)).progress).toEqual(progress)
      expect(read([none, ...cutAt(input, [1, 12, 13, 16, 17])]).progress).toEqual(progress)
    },
    runs(500),
  )

  it("leaves the bytes after it unchanged, without a copy", () => {
    const bytes = utf8("PROXY UNKNOWN\r\nhello")
    const progress = new ProxyHeaderDecoder().push(bytes)
    expect(progress._tag === "Done" && progress.rest.buffer).toBe(bytes.buffer)
    expect(progress._tag === "Done" && new TextDecoder().decode(progress.rest)).toBe("hello")
  })

  it("keeps its result: later reads are the rest, or are invalid too", () => {
    const done = new ProxyHeaderDecoder()
    done.push(utf8("PROXY UNKNOWN\r\n"))
    expect(done.push(utf8("PROXY"))).toMatchObject({ _tag: "Done", rest: utf8("PROXY") })
    const invalid = new ProxyHeaderDecoder()
    const first = invalid.push(utf8("GET"))
    expect(invalid.push(utf8("PROXY UNKNOWN\r\n"))).toEqual(first)
  })

  it("releases the read that ended it: the bytes after it are returned once", () => {
    const decoder = new ProxyHeaderDecoder()
    decoder.push(utf8("PROXY UNKNOWN\r\nhello"))
    expect(Reflect.get(decoder, "end")).toMatchObject({ _tag: "Done", rest: new Uint8Array(0) })
  })

  it("is buffered up to its limit only, and released after decoding", () => {
    const decoder = new ProxyHeaderDecoder()
    const bytes = block(0x21, 0x11, new Uint8Array(limits.proxyHeaderBytes - 16))
    decoder.push(bytes.subarray(0, -1))
    expect(decoder.pending()).toBe(limits.proxyHeaderBytes - 1)
    decoder.push(bytes.subarray(-1))
    expect(decoder.pending()).toBe(0)
  })
})
