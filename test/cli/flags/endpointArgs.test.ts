import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { endpointFrom } from "../../../src/cli/flags/endpointArgs.ts"
import { type Endpoint, formatEndpoint, tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { runs } from "../../support/properties.ts"

interface Given {
  readonly args?: ReadonlyArray<string>
  readonly port?: string
  readonly unix?: string
}

const from = ({ args = [], port, unix }: Given) =>
  endpointFrom({ args, port: Option.fromNullable(port), unix: Option.fromNullable(unix) })

describe("the endpoint of a command line", () => {
  it.each<readonly [Given, Endpoint]>([
    [{ args: ["plc-1", "80"] }, tcpEndpoint("plc-1", 80)],
    [{ args: ["plc-1:80"] }, tcpEndpoint("plc-1", 80)],
    [{ args: [":80"] }, tcpEndpoint("127.0.0.1", 80)],
    [{ args: ["80"] }, tcpEndpoint("127.0.0.1", 80)],
    [{ args: ["plc-1"] }, tcpEndpoint("plc-1", 12345)],
    [{ args: ["[::1]:80"] }, tcpEndpoint("::1", 80)],
    [{ args: ["[::1]", "80"] }, tcpEndpoint("::1", 80)],
    [{ args: ["::1", "80"] }, tcpEndpoint("::1", 80)],
    [{ args: ["::1"] }, tcpEndpoint("::1", 12345)],
    [{ args: ["unix:/run/x.sock"] }, unixEndpoint("/run/x.sock")],
    [{ port: "80" }, tcpEndpoint("127.0.0.1", 80)],
    [{ args: ["plc-1"], port: "80" }, tcpEndpoint("plc-1", 80)],
    [{ args: ["::1"], port: "80" }, tcpEndpoint("::1", 80)],
    [{ args: ["[::1]"], port: "80" }, tcpEndpoint("::1", 80)],
    [{ unix: "/run/x.sock" }, unixEndpoint("/run/x.sock")],
    [{ unix: "80" }, unixEndpoint("./80")],
  ])("is read from %o", (given, endpoint) => {
    expect(from(given)).toEqual(Either.right(Option.some(endpoint)))
  })

  it("may be left out", () => {
    expect(from({})).toEqual(Either.right(Option.none()))
  })

  it.each<readonly [Given, string]>([
    [{ args: ["h:80", "81"] }, 'the port is given twice: in "h:80" and as "81"'],
    [{ args: ["80", "81"] }, 'the port is given twice: in "80" and as "81"'],
    [{ args: ["[::1]:80", "81"] }, 'the port is given twice: in "[::1]:80" and as "81"'],
    [{ args: ["h:80"], port: "81" }, 'the port is given twice: in "h:80" and by -p 81'],
    [{ args: ["80"], port: "80" }, 'the port is given twice: in "80" and by -p 80'],
    [{ args: ["h", "80"], port: "81" }, "the port is given twice: 80 and -p 81"],
    [{ args: ["unix:/x"], port: "80" }, 'give either "unix:/x" or a host and port, not both'],
    [{ args: ["unix:/x", "80"] }, 'give either "unix:/x" or a host and port, not both'],
    [{ args: ["h"], unix: "/x" }, "give either -U or a host and port, not both"],
    [{ port: "80", unix: "/x" }, "give either -U or a host and port, not both"],
    [{ args: ["h", "80", "more", "still"] }, 'too many arguments: "more" "still"'],
  ])("is refused when it is given twice: %o", (given, message) => {
    expect(from(given)).toMatchObject(Either.left({ code: 2, message }))
  })

  it.each<readonly [Given, RegExp]>([
    [{ args: [""] }, /it is empty/],
    [{ args: ["h", "x"] }, /the port "x" is not a number/],
    [{ args: ["h"], port: "70000" }, /the port 70000 is above 65535/],
    [{ args: ["a b"] }, /"a b" cannot be a host/],
    [{ unix: "" }, /the path of the unix socket is empty/],
  ])("is refused with the reason when it is none: %o", (given, message) => {
    expect(from(given)).toMatchObject(Either.left({ code: 2, message: expect.stringMatching(message) }))
  })
})

it.prop(
  "host and port mean the same in one argument, in two, and with -p",
  [FastCheck.oneof(FastCheck.ipV4(), FastCheck.ipV6(), FastCheck.domain()), FastCheck.nat({ max: 65535 })],
  ([host, port]) => {
    const expected = Either.right(Option.some(tcpEndpoint(host, port)))
    expect(from({ args: [formatEndpoint(tcpEndpoint(host, port))] })).toEqual(expected)
    expect(from({ args: [host, `${port}`] })).toEqual(expected)
    expect(from({ args: [host], port: `${port}` })).toEqual(expected)
  },
  runs(200),
)
