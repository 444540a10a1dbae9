import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { defaultHostOf, listenEndpointsFrom } from "../../../src/cli/flags/listenArgs.ts"
import {
  fdEndpoint,
  formatEndpoint,
  type ListenEndpoint,
  tcpEndpoint,
  unixEndpoint,
} from "../../../src/domain/index.ts"
import { runs } from "../../support/properties.ts"

interface Given {
  readonly args?: ReadonlyArray<string>
  readonly port?: string
  readonly unix?: string
  readonly host?: string
}

const from = ({ args = [], host = "127.0.0.1", port, unix }: Given) =>
  listenEndpointsFrom({ args, port: Option.fromNullable(port), unix: Option.fromNullable(unix) }, host)

describe("the endpoints of a server's command line", () => {
  it.each<readonly [Given, ReadonlyArray<ListenEndpoint>]>([
    [{ args: ["9000"] }, [tcpEndpoint("127.0.0.1", 9000)]],
    [{ args: ["localhost", "9000"] }, [tcpEndpoint("localhost", 9000)]],
    [{ args: ["::1", "9000"] }, [tcpEndpoint("::1", 9000)]],
    [{ args: ["[::1]", "9000"] }, [tcpEndpoint("::1", 9000)]],
    [{ args: ["localhost"], port: "9000" }, [tcpEndpoint("localhost", 9000)]],
    [{ port: "9000" }, [tcpEndpoint("127.0.0.1", 9000)]],
    [{ port: "9000", host: "::1" }, [tcpEndpoint("::1", 9000)]],
    [{ args: [":9000"], host: "::1" }, [tcpEndpoint("::1", 9000)]],
    [{ unix: "/x" }, [unixEndpoint("/x")]],
    [{ unix: "@x" }, [unixEndpoint("@x")]],
    [{ args: ["fd:3"] }, [fdEndpoint(3)]],
    [{ args: [":9000", ":9001"] }, [tcpEndpoint("127.0.0.1", 9000), tcpEndpoint("127.0.0.1", 9001)]],
    [
      { args: ["h:1", "[::1]:2", "unix:/x", "unix:@x", "fd:3"] },
      [tcpEndpoint("h", 1), tcpEndpoint("::1", 2), unixEndpoint("/x"), unixEndpoint("@x"), fdEndpoint(3)],
    ],
  ])("are read from %o", (given, endpoints) => {
    expect(from(given)).toEqual(Either.right(Option.some(endpoints)))
  })

  it("may be left out", () => {
    expect(from({})).toEqual(Either.right(Option.none()))
  })

  it.each<readonly [Given, RegExp]>([
    [{ args: ["9000", "9001"] }, /"9000" is not an endpoint: in a list, a bare number .*; expected :9000/],
    [{ args: ["h:80", "81"] }, /"81" is not an endpoint: in a list, a bare number .*; expected :81/],
    [{ args: ["unix:/x", "80"] }, /expected :80/],
    [{ args: ["fd:3", "80"] }, /expected :80/],
    [{ args: ["localhost", "9000", "9001"] }, /"localhost" .*each endpoint must name its port/],
    [{ args: ["localhost", ":9000"] }, /"localhost" .*each endpoint must name its port/],
    [{ args: ["h:80", "::1"] }, /"::1" .*each endpoint must name its port/],
    [{ args: ["h", "70000"] }, /the port 70000 is above 65535/],
    [{ args: ["h:80", "h:x"] }, /the port "x" is not a number/],
    [{ args: ["h", "80"], port: "81" }, /the port is given twice/],
    [{ args: ["fd:3"], port: "81" }, /give either "fd:3" or a host and port/],
    [{ args: ["a:1", "b:2", "c:3"], port: "81" }, /too many arguments: "c:3"/],
    [{ args: ["a:1"], unix: "/x" }, /give either -U or a host and port/],
  ])("are refused rather than guessed: %o", (given, message) => {
    expect(from(given)).toMatchObject(Either.left({ code: 2, message: expect.stringMatching(message) }))
  })

  it("without a host are on the loopback address of the selected family", () => {
    expect([defaultHostOf("any"), defaultHostOf("ipv4"), defaultHostOf("ipv6")]).toEqual([
      "127.0.0.1",
      "127.0.0.1",
      "::1",
    ])
  })

  it.prop(
    "written in full, are as many as were given, in their order",
    [
      FastCheck.array(
        FastCheck.tuple(FastCheck.oneof(FastCheck.ipV4(), FastCheck.ipV6(), FastCheck.domain()), FastCheck.nat(65535)),
        { minLength: 1, maxLength: 5 },
      ),
    ],
    ([pairs]) => {
      const endpoints = pairs.map(([host, port]) => tcpEndpoint(host, port))
      expect(from({ args: endpoints.map(formatEndpoint) })).toEqual(Either.right(Option.some(endpoints)))
    },
    runs(300),
  )
})
