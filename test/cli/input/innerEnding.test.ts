import { expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { innerEnding } from "../../../src/cli/input/innerEnding.ts"
import { Framing } from "../../../src/domain/index.ts"

const framing = (name: string) => Either.getOrThrow(Framing.parse(name))

it.each([
  ["raw", "crlf", "crlf"],
  ["len:u16be", "lf", "lf"],
  ["delim:00", "crlf", "crlf"],
  ["line", "lf", "none"],
  ["line", "crlf", "cr"],
  ["delim:0d0a", "crlf", "none"],
  ["delim:0d", "cr", "none"],
  ["json", "lf", "none"],
] as const)("with --frame %s, the payload of a line end %s has %s", (name, wanted, inner) => {
  expect(innerEnding(framing(name), wanted)).toEqual(Either.right(inner))
})

it.each([
  ["line", "cr", "LF"],
  ["line", "none", "LF"],
  ["delim:0d0a", "lf", "CRLF"],
  ["delim:0d", "crlf", "CR"],
  ["json", "crlf", "LF"],
] as const)("with --frame %s, the line end %s is refused, because each frame ends with %s", (name, wanted, own) => {
  expect(innerEnding(framing(name), wanted)).toEqual(
    Either.left(`${wanted} contradicts --frame ${name}, which ends each frame with ${own}`),
  )
})
