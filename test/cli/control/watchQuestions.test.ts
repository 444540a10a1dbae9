import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseControl } from "../../../src/cli/control/command.ts"

describe("the questions about connections", () => {
  it.each([
    ["connections", { from: 0, count: 100 }],
    ["/connections  count=5   sort=pending from=10", { from: 10, count: 5, sort: "pending" }],
    ["connections sort=in @tag:a,!@3", { from: 0, count: 100, sort: "in", filter: "@tag:a,!@3" }],
    ["connections plc sort=in", { from: 0, count: 100, filter: "plc sort=in" }],
  ])("are read with settings and a filter: %s", (line, request) => {
    expect(Either.getOrThrow(parseControl(line))).toEqual({ _tag: "Connections", request })
  })

  it.each([
    ["connections sort=size", "sort=size is not one of id, name, rate, in, out, pending, activity"],
    ["connections count=0", "count=0 is not a number from 1 to 500"],
    ["connections count=501", "count=501 is not a number from 1 to 500"],
    ["connections from=-1", "from=-1 is not a number from 0 to 999999999"],
    ["connections from=", "from= is not a number from 0 to 999999999"],
    ["summary of it", 'too many words follow "summary"'],
  ])("are refused with the reason: %s", (line, message) => {
    expect(Either.getOrThrow(Either.flip(parseControl(line)))).toMatchObject({ reason: "syntax", message })
  })

  it("are in the list of commands that follows an unknown word, without the commands of a client", () => {
    const { advice, at } = Either.getOrThrow(Either.flip(parseControl("nothing")))
    expect(at).toBe(0)
    expect(advice).toMatch(/^Commands: state, help, summary, connections, listen, /)
    expect(advice).not.toContain(" connect,")
  })
})
