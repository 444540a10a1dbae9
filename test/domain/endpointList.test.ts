import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import {
  fdEndpoint,
  formatEndpoint,
  formatListenEndpoints,
  type ListenEndpoint,
  listenEndpoints,
  parseListenEndpoint,
  parseListenEndpoints,
  parseListenEndpointWords,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

const path = FastCheck.oneof(
  FastCheck.string({ minLength: 1, maxLength: 20, unit: "binary" }),
  FastCheck.array(FastCheck.constantFrom(" ", ",", "\\", "\n", "a", "/", "@"), { minLength: 1, maxLength: 8 }).map(
    (parts) => parts.join(""),
  ),
).filter((text) => !text.includes("\0") && text !== "@")

/** Endpoints to listen on. */
const endpoint: FastCheck.Arbitrary<ListenEndpoint> = FastCheck.oneof(
  FastCheck.tuple(
    FastCheck.oneof(FastCheck.ipV4(), FastCheck.ipV6(), FastCheck.domain()),
    FastCheck.nat({ max: 65535 }),
  ).map(([host, port]) => tcpEndpoint(host, port)),
  path.map(unixEndpoint),
  FastCheck.nat({ max: 2 ** 31 - 1 }).map(fdEndpoint),
)

const problem = (input: string) =>
  Either.match(parseListenEndpoints(input), { onLeft: (error) => error.problem, onRight: () => "" })

describe("parseListenEndpoint", () => {
  it.prop(
    "any endpoint to listen on is written and read back unchanged",
    [endpoint],
    ([one]) => {
      expect(parseListenEndpoint(formatEndpoint(one))).toEqual(Either.right(one))
    },
    runs(1000),
  )

  it("a descriptor is only a number", () => {
    expect(parseListenEndpoint("fd:3")).toEqual(Either.right(fdEndpoint(3)))
    for (const input of ["fd:", "fd:-1", "fd:x", "fd:3:4", "fd: 3", "fd:2147483648", "fd:0x3"]) {
      expect(Either.isLeft(parseListenEndpoint(input)), input).toBe(true)
    }
  })

  it("the given default replaces a missing host", () => {
    expect(parseListenEndpoint(":80", "::1")).toEqual(Either.right(tcpEndpoint("::1", 80)))
    expect(parseListenEndpoint("80", "::1")).toEqual(Either.right(tcpEndpoint("::1", 80)))
    expect(parseListenEndpoint("h:80", "::1")).toEqual(Either.right(tcpEndpoint("h", 80)))
  })
})

describe("parseListenEndpoints", () => {
  it("accepts commas and white space between endpoints", () => {
    const expected = [tcpEndpoint("127.0.0.1", 80), tcpEndpoint("::1", 80), unixEndpoint("/run/x"), fdEndpoint(3)]
    for (const text of [
      ":80 [::1]:80 unix:/run/x fd:3",
      ":80,[::1]:80,unix:/run/x,fd:3",
      "  :80 ,\n[::1]:80\t,, unix:/run/x fd:3,",
    ]) {
      expect(parseListenEndpoints(text)).toEqual(Either.right(expected))
    }
  })

  it("a single endpoint may be a bare port or a bare host", () => {
    expect(parseListenEndpoints("80")).toEqual(Either.right([tcpEndpoint("127.0.0.1", 80)]))
    expect(parseListenEndpoints("plc-1")).toEqual(Either.right([tcpEndpoint("plc-1", 12345)]))
    expect(parseListenEndpoints("::1")).toEqual(Either.right([tcpEndpoint("::1", 12345)]))
  })

  it("in a list, a bare port or host is refused, so that no pair of words is ambiguous", () => {
    for (const text of ["localhost 9000", "9000 9001", "h:80 81", "unix:/x 80", "::1 80", "[::1] :80", "a b"]) {
      expect(problem(text), text).toMatch(/^in a list, (a bare number|each endpoint must name its port)/)
    }
  })

  it("an empty list is refused, and a bad entry is refused with its own reason", () => {
    expect(problem("")).toBe("it is empty")
    expect(problem(" , ")).toBe("it is empty")
    expect(problem(":80 :http")).toBe('the port "http" is not a number')
    expect(Either.isLeft(parseListenEndpointWords([":80", ""]))).toBe(true)
  })

  it.prop(
    "any list is written and read back unchanged, whatever its paths",
    [FastCheck.tuple(endpoint, FastCheck.array(endpoint, { maxLength: 4 }))],
    ([[first, more]]) => {
      expect(parseListenEndpoints(formatListenEndpoints([first, ...more]))).toEqual(Either.right([first, ...more]))
    },
    runs(1000),
  )

  it.prop(
    "any text gives a refusal, or a list that can be written and read back",
    [
      FastCheck.array(FastCheck.oneof(endpoint.map(formatEndpoint), FastCheck.string({ maxLength: 4 })), {
        maxLength: 4,
      }),
    ],
    ([words]) => {
      const parsed = parseListenEndpoints(words.join(" "))
      if (Either.isRight(parsed)) expect(parseListenEndpoints(formatListenEndpoints(parsed.right))).toEqual(parsed)
    },
    runs(1000),
  )
})

it("a setting of one endpoint is a list of one", () => {
  expect(listenEndpoints(fdEndpoint(3))).toEqual([fdEndpoint(3)])
  expect(listenEndpoints([fdEndpoint(3), fdEndpoint(4)])).toEqual([fdEndpoint(3), fdEndpoint(4)])
})
