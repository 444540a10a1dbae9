import { describe, expect } from "@effect/vitest"
import {
  encodeProxyHeader,
  limits,
  ProxyHeaderDecoder,
  type ProxyHeaderProgress,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { fuzz } from "../support/fuzz.ts"
import { heldBytes } from "../support/heldBytes.ts"
import { mutatedBytes } from "../support/mutations.ts"
import { cutAt, joinBytes } from "../support/properties.ts"
import { block, extension, hexBytes, withChecksum } from "../support/proxyHeaders.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const [v4, v6] = [tcpEndpoint("192.0.2.7", 56324), tcpEndpoint("2001:db8::1", 443)]
const sealed = withChecksum(
  block(0x21, 0x11, joinBytes([hexBytes("c0a80001c0a8000bdc0401bb"), extension(3, new Uint8Array(4))])),
)
const samples = [
  encodeProxyHeader(1, v4, v4),
  encodeProxyHeader(1, v6, v6),
  encodeProxyHeader(1, undefined, undefined),
  encodeProxyHeader(2, v4, v4),
  encodeProxyHeader(2, v6, v6),
  encodeProxyHeader(2, unixEndpoint("/run/a"), unixEndpoint("\0b")),
  encodeProxyHeader(2, undefined, undefined),
  sealed,
].map((header) => joinBytes([header, utf8("GET / HTTP/1.1\r\n")]))
const words = ["PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "\r\n", "\r", "\n", " ", "::", "::ffff:1.2.3.4", "255", "65536"]
const tokens = [
  ...[...words, "00", "%eth0", "0x7f.1"].map(utf8),
  ...["0d0a0d0a000d0a515549540a", "2111000c", "ffff", "03000400000000"].map(hexBytes),
]

/** The result of parsing the chunks. The rest is joined, so that results of different cuts can be compared. */
const read = (chunks: ReadonlyArray<Uint8Array>): ProxyHeaderProgress => {
  const decoder = new ProxyHeaderDecoder()
  for (const [index, chunk] of chunks.entries()) {
    const progress = decoder.push(chunk)
    expect(heldBytes(decoder)).toBeLessThanOrEqual(limits.proxyHeaderBytes)
    if (progress._tag === "Done") {
      return { ...progress, rest: joinBytes([progress.rest, ...chunks.slice(index + 1)]) }
    }
    if (progress._tag === "Invalid") return progress
  }
  return { _tag: "NeedMore" }
}

describe("PROXY headers", () => {
  fuzz("any bytes in any reads are parsed, refused in one line, or incomplete, and the buffer stays bounded", {
    cases: 4000,
    input: (chance) => mutatedBytes(chance, chance.oneOf(samples) ?? sealed, tokens),
    check: (input, chance) => {
      const progress = read([input])
      const places = Array.from({ length: chance.between(0, 8) }, () => chance.between(0, input.length))
      expect(read(cutAt(input, places))).toEqual(progress)
      if (progress._tag === "Invalid") expect(progress.problem).toMatch(/^[\x20-\x7e]{1,200}$/)
      if (progress._tag === "NeedMore") expect(input.length).toBeLessThan(limits.proxyHeaderBytes)
      if (progress._tag !== "Done") return
      expect(input.subarray(input.length - progress.rest.length)).toEqual(progress.rest)
      const { version, command, source, destination } = progress.header
      expect(source === undefined).toBe(destination === undefined)
      if (command === "local") expect(source).toBeUndefined()
      // A parsed header can be written and parsed to the same header.
      if (source?._tag === "Unix" || source === undefined) return
      const again = read([encodeProxyHeader(version, source, destination)])
      expect(again._tag === "Done" && again.header.source?._tag).toBe("Tcp")
    },
  })
})
