import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import {
  type Endpoint,
  endpointDefaults,
  fdEndpoint,
  formatEndpoint,
  isLoopback,
  isNumberPath,
  maxUnixPathBytes,
  overlap,
  parseEndpoint,
  parseHostAndPort,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

const { host: defaultHost, port: defaultPort } = endpointDefaults
const problem = (input: string) => Either.match(parseEndpoint(input), { onLeft: (e) => e.problem, onRight: () => "" })

const port = FastCheck.integer({ min: 0, max: 65535 })
const address = FastCheck.oneof(FastCheck.ipV4(), FastCheck.ipV6(), FastCheck.domain())
/** Texts that resemble endpoints, with typing mistakes. */
const nearEndpoint = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constantFrom(":", "[", "]", "[::1]", "unix:", "unix", "%", "65535", "65536", ".", "-", "\n", "\0", " "),
    FastCheck.string({ maxLength: 3, unit: "grapheme" }),
    FastCheck.integer({ min: 0, max: 99_999 }).map(String),
  ),
  { maxLength: 5 },
).map((parts) => parts.join(""))

describe("parseEndpoint", () => {
  const accepted: ReadonlyArray<readonly [string, Endpoint]> = [
    ["example.org:80", tcpEndpoint("example.org", 80)],
    ["10.0.0.1:9000", tcpEndpoint("10.0.0.1", 9000)],
    [":9000", tcpEndpoint(defaultHost, 9000)],
    ["9000", tcpEndpoint(defaultHost, 9000)],
    ["0", tcpEndpoint(defaultHost, 0)],
    ["65535", tcpEndpoint(defaultHost, 65535)],
    ["00080", tcpEndpoint(defaultHost, 80)],
    ["localhost", tcpEndpoint("localhost", defaultPort)],
    ["my_service-1", tcpEndpoint("my_service-1", defaultPort)],
    ["bücher.example:80", tcpEndpoint("bücher.example", 80)],
    ["[::1]:9000", tcpEndpoint("::1", 9000)],
    ["[::1]", tcpEndpoint("::1", defaultPort)],
    ["::1", tcpEndpoint("::1", defaultPort)],
    ["::", tcpEndpoint("::", defaultPort)],
    ["[fe80::1%eth0]:9000", tcpEndpoint("fe80::1%eth0", 9000)],
    ["::ffff:10.0.0.1", tcpEndpoint("::ffff:10.0.0.1", defaultPort)],
    ["unix:/run/app.sock", unixEndpoint("/run/app.sock")],
    ["unix:relative:with:colons", unixEndpoint("relative:with:colons")],
    ["unix:@abstract", unixEndpoint("@abstract")],
    ["unix:./@file", unixEndpoint("./@file")],
    ["unix:./80", unixEndpoint("./80")],
  ]
  for (const [input, endpoint] of accepted) {
    it(`${input} is ${formatEndpoint(endpoint)}`, () => {
      expect(parseEndpoint(input)).toEqual(Either.right(endpoint))
    })
  }

  const refused = [
    ["", "it is empty"],
    ["host:", 'the port "" is not a number'],
    ["host:http", 'the port "http" is not a number'],
    ["host:-1", 'the port "-1" is not a number'],
    ["host:8e3", 'the port "8e3" is not a number'],
    ["host:65536", "the port 65536 is above 65535"],
    ["65536", "the port 65536 is above 65535"],
    ["a b:80", '"a b" cannot be a host'],
    ["a/b", '"a/b" cannot be a host'],
    ["host:80:90", '"host:80:90" cannot be a host'],
    ["[::1", "the bracket is not closed, or is not followed by :port"],
    ["[::1]9000", "the bracket is not closed, or is not followed by :port"],
    ["[10.0.0.1]:80", '"10.0.0.1" in the brackets is not an IPv6 address'],
    ["[]:80", '"" in the brackets is not an IPv6 address'],
    ["[::1]:", 'the port "" is not a number'],
    ["unix:", "the path of the unix socket is empty"],
    ["unix:a\0b", "the path of the unix socket contains a zero byte"],
    ["unix:80", "the path is a number"],
    ["unix:1e3", "the path is a number"],
    ["unix:@", 'the abstract name after the "@" is empty'],
    ["fd:3", '"fd" cannot be a host; a descriptor is written as fd: and its number, and only a server takes it'],
  ] as const
  for (const [input, expected] of refused) {
    it(`${JSON.stringify(input)} is refused: ${expected}`, () => {
      expect(problem(input)).toBe(expected)
    })
  }

  it("a unix path of 107 bytes in UTF-8 is accepted, and one byte more is refused", () => {
    const longest = `/${"é".repeat((maxUnixPathBytes - 1) / 2)}`
    expect(parseEndpoint(`unix:${longest}`)).toEqual(Either.right(unixEndpoint(longest)))
    expect(problem(`unix:${longest}x`)).toContain("has 108 bytes; the maximum is 107")
  })

  it("an abstract name may have 107 bytes after its @", () => {
    const longest = `@${"x".repeat(maxUnixPathBytes)}`
    expect(parseEndpoint(`unix:${longest}`)).toEqual(Either.right(unixEndpoint(longest)))
    expect(problem(`unix:${longest}x`)).toContain("has 108 bytes; the maximum is 107")
  })

  it("a host whose text would read as a unix socket is refused", () => {
    expect(problem("unix")).toContain("unix:")
    expect(Either.isLeft(parseHostAndPort("unix", "80"))).toBe(true)
    expect(Either.isLeft(parseHostAndPort("fd", "80"))).toBe(true)
  })

  it("a refusal quotes the input and names every accepted form", () => {
    const error = Either.getOrThrow(Either.flip(parseEndpoint("a\nb")))
    expect(error._tag).toBe("EndpointSyntaxError")
    expect(error.message).toContain('"a\\nb" is not an endpoint: ')
    expect(error.message).toContain("host:port, :port, a port, a host, [ipv6]:port or unix:/path")
  })

  it.prop(
    "any text gives a refusal, or an endpoint that can be written and read back",
    [FastCheck.oneof(FastCheck.string({ unit: "binary" }), nearEndpoint)],
    ([input]) => {
      const parsed = parseEndpoint(input)
      if (Either.isLeft(parsed)) {
        expect(parsed.left.input).toBe(input)
        expect(parsed.left.problem).not.toBe("")
      } else {
        expect(parseEndpoint(formatEndpoint(parsed.right))).toEqual(parsed)
      }
    },
    runs(3000),
  )
})

describe("formatEndpoint", () => {
  it.prop(
    "any address and port are written and read back unchanged",
    [address, port],
    ([host, number]) => {
      const endpoint = tcpEndpoint(host, number)
      expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(Either.right(endpoint))
    },
    runs(500),
  )

  it.prop(
    "any path of a unix socket is written and read back unchanged",
    [
      FastCheck.tuple(
        FastCheck.constantFrom("", "@"),
        FastCheck.string({ minLength: 1, maxLength: 20, unit: "binary" }).filter((path) => !/^@$|\0/.test(path)),
      ).map(([at, path]) => `${at}${path}`),
    ],
    ([path]) => {
      const read = unixEndpoint(isNumberPath(path) ? `./${path}` : path)
      expect(parseEndpoint(formatEndpoint(unixEndpoint(path)))).toEqual(Either.right(read))
    },
    runs(300),
  )

  it("a path that is a number is written with ./ before it", () => {
    for (const path of ["80", "1e3", "0x50", "080", " 80"]) {
      expect(parseEndpoint(formatEndpoint(unixEndpoint(path)))).toEqual(Either.right(unixEndpoint(`./${path}`)))
      const error = Either.getOrThrow(Either.flip(parseEndpoint(`unix:${path}`)))
      expect(error.expected).toBe(`unix:./${path} for a file with that name`)
    }
  })
})

describe("parseHostAndPort", () => {
  it.prop(
    "a separate host and port give the same endpoint as one text",
    [address, port],
    ([host, number]) => {
      const expected = Either.right(tcpEndpoint(host, number))
      expect(parseHostAndPort(host, `${number}`)).toEqual(expected)
      if (host.includes(":")) expect(parseHostAndPort(`[${host}]`, `${number}`)).toEqual(expected)
    },
    runs(200),
  )

  it("a wrong host or port is refused", () => {
    expect(Either.isLeft(parseHostAndPort("a b", "80"))).toBe(true)
    expect(Either.isLeft(parseHostAndPort("", "80"))).toBe(true)
    expect(Either.isLeft(parseHostAndPort("host", ""))).toBe(true)
    expect(Either.isLeft(parseHostAndPort("host", "65536"))).toBe(true)
  })
})

describe("isLoopback", () => {
  it("only this machine reaches loopback addresses, localhost and unix sockets", () => {
    const hosts = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost", "LOCALHOST"]
    expect(hosts.filter((host) => !isLoopback(tcpEndpoint(host, 1)))).toEqual([])
    expect(isLoopback(unixEndpoint("/x"))).toBe(true)
    expect(isLoopback(unixEndpoint("@x"))).toBe(true)
  })

  it("other machines may reach every other address", () => {
    const hosts = ["0.0.0.0", "::", "10.0.0.1", "::11", "localhost.example.org", "128.0.0.1", "127.example.org"]
    expect(hosts.filter((host) => isLoopback(tcpEndpoint(host, 1)))).toEqual([])
  })
})

describe("overlap", () => {
  const at = (address: string) => tcpEndpoint(address, 80)
  const v4 = at("0.0.0.0")
  const v6 = at("::")
  const host = at("127.0.0.1")
  const other = at("::1")

  it("an endpoint overlaps itself, and a wildcard overlaps the addresses that it covers, in either order", () => {
    for (const [a, b] of [
      [host, host],
      [v4, host],
      [v6, host],
      [v6, other],
      [v6, v4],
    ] as const) {
      expect([overlap(a, b), overlap(b, a)]).toEqual([true, true])
    }
    expect(overlap(unixEndpoint("/x"), unixEndpoint("/x"))).toBe(true)
    expect(overlap(fdEndpoint(3), fdEndpoint(3))).toBe(true)
  })

  it("endpoints with other ports, families, addresses or kinds do not overlap", () => {
    for (const [a, b] of [
      [host, tcpEndpoint("127.0.0.1", 81)],
      [host, other],
      [v4, other],
      [host, unixEndpoint("127.0.0.1:80")],
      [unixEndpoint("/x"), unixEndpoint("@x")],
      [fdEndpoint(3), fdEndpoint(4)],
    ] as const) {
      expect([overlap(a, b), overlap(b, a)]).toEqual([false, false])
    }
  })

  it("a wildcard that is restricted to IPv6 does not overlap IPv4", () => {
    expect([overlap(v6, v4, true), overlap(v6, host, true), overlap(v6, other, true)]).toEqual([false, false, true])
  })
})
