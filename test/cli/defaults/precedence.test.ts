import { describe, expect, it } from "@effect/vitest"
import type { Default } from "../../../src/cli/defaults/Default.ts"
import { strongest } from "../../../src/cli/defaults/precedence.ts"

const layer = (source: string, ...names: ReadonlyArray<string>): ReadonlyArray<Default> =>
  names.map((text) => {
    const [name = "", value = "x"] = text.split("=")
    return { name, values: [value], origin: { _tag: "Variable", name: source } }
  })

const chosen = (given: ReadonlyArray<string>, ...layers: ReadonlyArray<ReadonlyArray<Default>>) =>
  strongest(
    layers,
    given.map((text) => ({ name: text.replace("=no", ""), isOff: text.endsWith("=no") })),
  ).map(({ name, origin }) => `${"name" in origin ? origin.name : ""}:${name}`)

describe("of several defaults of a flag", () => {
  it("the one of the strongest source counts", () => {
    expect(chosen([], layer("a", "frame"), layer("b", "frame", "output"))).toEqual(["a:frame", "b:output"])
  })

  it("none counts if the command line has the flag, or turns it off", () => {
    expect(chosen(["frame"], layer("a", "frame"))).toEqual([])
    expect(chosen(["plain=no"], layer("a", "plain=yes"))).toEqual([])
  })

  it("none counts if a stronger source sets a flag of the same group", () => {
    expect(chosen(["reply"], layer("a", "mode", "frame"))).toEqual(["a:frame"])
    expect(chosen([], layer("a", "ipv6=yes"), layer("b", "family"))).toEqual(["a:ipv6"])
    expect(chosen(["endpoint"], layer("a", "port"), layer("b", "unixsock"))).toEqual([])
  })

  it("all of the same source and the same group count, so that their contradiction is reported", () => {
    expect(chosen([], layer("a", "mode", "reply"))).toEqual(["a:mode", "a:reply"])
  })

  it("a flag that is turned off leaves the others of its group alone", () => {
    expect(chosen(["broker=no"], layer("a", "mode"))).toEqual(["a:mode"])
    expect(chosen([], layer("a", "broker=no"), layer("b", "broker=yes", "mode"))).toEqual(["a:broker", "b:mode"])
  })
})
