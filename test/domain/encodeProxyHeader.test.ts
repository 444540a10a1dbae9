import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import {
  type Endpoint,
  encodeProxyHeader,
  ProxyHeaderDecoder,
  type ProxyVersion,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"
import { anyProxyEndpoints, hexBytes } from "../support/proxyHeaders.ts"

const encoded = (version: ProxyVersion, source?: Endpoint, destination?: Endpoint) =>
  encodeProxyHeader(version, source, destination)
const line = (source?: Endpoint, destination?: Endpoint) => new TextDecoder().decode(encoded(1, source, destination))
const hex = (source?: Endpoint, destination?: Endpoint) =>
  [...encoded(2, source, destination).subarray(12)].map((byte) => byte.toString(16).padStart(2, "0")).join("")

const v4 = tcpEndpoint("192.168.0.1", 56324)
const v6 = tcpEndpoint("2001:db8::1", 56324)
const mapped = tcpEndpoint("::ffff:192.168.0.11", 443)

describe("an encoded PROXY header", () => {
  const lines = [
    ["IPv4", v4, tcpEndpoint("192.168.0.11", 443), "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"],
    ["IPv6", v6, tcpEndpoint("::1", 0), "PROXY TCP6 2001:db8::1 ::1 56324 0\r\n"],
    [
      "IPv6 in its shortest form",
      tcpEndpoint("2001:0DB8:0::0:A", 1),
      v6,
      "PROXY TCP6 2001:db8::a 2001:db8::1 1 56324\r\n",
    ],
    ["IPv6 without its zone", tcpEndpoint("fe80::1%eth0", 1), v6, "PROXY TCP6 fe80::1 2001:db8::1 1 56324\r\n"],
    ["a mapped address as IPv4", v4, mapped, "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"],
    ["two mapped addresses as IPv4", mapped, mapped, "PROXY TCP4 192.168.0.11 192.168.0.11 443 443\r\n"],
    ["a mapped address beside IPv6", v6, mapped, "PROXY TCP6 2001:db8::1 ::ffff:192.168.0.11 56324 443\r\n"],
    ["two families as unknown", v4, v6, "PROXY UNKNOWN\r\n"],
    ["a name as unknown", tcpEndpoint("localhost", 1), v4, "PROXY UNKNOWN\r\n"],
    ["a unix socket as unknown", unixEndpoint("/a"), unixEndpoint("/b"), "PROXY UNKNOWN\r\n"],
    ["nothing as unknown", undefined, undefined, "PROXY UNKNOWN\r\n"],
  ] as const
  for (const [what, source, destination, expected] of lines) {
    it(`names ${what} in version 1`, () => {
      expect(line(source, destination)).toBe(expected)
    })
  }

  const path = (text: string) =>
    [...new TextEncoder().encode(text)]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("")
      .padEnd(216, "0")
  const blocks = [
    ["IPv4", v4, tcpEndpoint("192.168.0.11", 443), "2111000cc0a80001c0a8000bdc0401bb"],
    [
      "IPv6",
      v6,
      tcpEndpoint("::1", 1),
      `21210024${"20010db8000000000000000000000001"}${"1".padStart(32, "0")}dc040001`,
    ],
    ["a mapped address as IPv4", v4, mapped, "2111000cc0a80001c0a8000bdc0401bb"],
    ["unix sockets", unixEndpoint("/run/a"), unixEndpoint("\0b"), `213100d8${path("/run/a")}${path("\0b")}`],
    ["two families as unspecified", v4, v6, "21000000"],
    ["a unix socket and an address as unspecified", v4, unixEndpoint("/a"), "21000000"],
    ["a path with a zero byte as unspecified", unixEndpoint("a\0b"), unixEndpoint("/a"), "21000000"],
    ["a path that is too long as unspecified", unixEndpoint("é".repeat(54)), unixEndpoint(""), "21000000"],
    [
      "the longest path",
      unixEndpoint("/".repeat(107)),
      unixEndpoint("/a"),
      `213100d8${"2f".repeat(107)}00${path("/a")}`,
    ],
    ["nothing as the proxy's own connection", undefined, undefined, "20000000"],
  ] as const
  for (const [what, source, destination, expected] of blocks) {
    it(`names ${what} in version 2`, () => {
      expect(hex(source, destination)).toBe(expected)
      expect(encoded(2, source, destination).subarray(0, 12)).toEqual(hexBytes("0d0a0d0a000d0a515549540a"))
    })
  }

  it.prop(
    "decodes to the same endpoints, whatever they are",
    [anyProxyEndpoints, FastCheck.constantFrom<ProxyVersion>(1, 2), FastCheck.uint8Array({ maxLength: 20 })],
    ([{ source, destination }, version, payload]) => {
      const bytes = Uint8Array.from([...encodeProxyHeader(version, source, destination), ...payload])
      const progress = new ProxyHeaderDecoder().push(bytes)
      const told = version === 2 || source._tag === "Tcp"
      expect(progress).toEqual({
        _tag: "Done",
        header: {
          version,
          command: "proxy",
          source: told ? source : undefined,
          destination: told ? destination : undefined,
        },
        rest: payload,
      })
    },
    runs(500),
  )
})
