import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { checkedEndpoints } from "../../../src/cli/flags/portArgs.ts"
import { formatEndpoint } from "../../../src/domain/index.ts"

const read = (line: string, port?: string) =>
  Either.match(
    checkedEndpoints(
      { args: line === "" ? [] : line.split(" "), port: Option.fromNullable(port), unix: Option.none() },
      "127.0.0.1",
    ),
    {
      onLeft: ({ message }) => message,
      onRight: (endpoints) => endpoints.map(formatEndpoint).join(" "),
    },
  )

describe("the endpoints of -z", () => {
  it.each([
    ["host 20-22,80", "host:20 host:21 host:22 host:80"],
    ["host 80 443", "host:80 host:443"],
    ["host:20-21", "host:20 host:21"],
    ["host", "host:12345"],
    ["8080", "127.0.0.1:8080"],
    ["80,8080", "127.0.0.1:80 127.0.0.1:8080"],
    ["::1 80-81", "[::1]:80 [::1]:81"],
    ["[::1]:80-81", "[::1]:80 [::1]:81"],
    ["fe80::1%eth0 22", "[fe80::1%eth0]:22"],
    [":80,81", "127.0.0.1:80 127.0.0.1:81"],
    ["db:5432 cache:6379-6380 unix:/run/x.sock", "db:5432 cache:6379 cache:6380 unix:/run/x.sock"],
    ["host 20-22,21,22", "host:20 host:21 host:22"],
    ["", ""],
  ])("are read from: %s", (line, expected) => {
    expect(read(line)).toBe(expected)
  })

  it("are read from -p", () => {
    expect([read("host", "80-81"), read("", "80")]).toEqual(["host:80 host:81", "127.0.0.1:80"])
  })

  it.each([
    ["host 25-20", "the range 25-20 is the wrong way round; write 20-25"],
    ["host 0-3", '"0-3": a port is from 1 to 65535'],
    ["host 65536", '"65536": a port is from 1 to 65535'],
    ["host 20-", '"20-" is not a list of ports; expected ports and ranges, such as 20-25,80'],
    ["host 80,", '"80," is not a list of ports; expected ports and ranges, such as 20-25,80'],
    ["host http", '"http" is not a list of ports; expected ports and ranges, such as 20-25,80'],
    ["db:5432 cache", '"cache" has no port'],
  ])("are refused in words: %s", (line, message) => {
    expect(read(line)).toBe(message)
  })
})
