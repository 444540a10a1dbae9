import { describe, expect } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import {
  ClientEvent,
  Codec,
  decodeClientEventLine,
  decodeServerEventLine,
  encodeClientEventLine,
  encodeServerEventLine,
  ServerEvent,
} from "../../src/domain/index.ts"
import { anyOf } from "../support/eventArbitraries.ts"
import { fuzz } from "../support/fuzz.ts"
import { mutatedText } from "../support/mutations.ts"

const sampled = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.sample(arbitrary, { seed: 1, numRuns: 60 })
const serverLines = sampled(anyOf(ServerEvent)).map(encodeServerEventLine)
const clientLines = sampled(anyOf(ClientEvent)).map(encodeClientEventLine)

const deep = "[".repeat(5_000)
const tokens = [
  ...[deep, deep + deep.replaceAll("[", "]"), '"seq":{"a":'],
  ...['"v":2,', '"__proto__":{"_tag":"Tcp"},', '"_tag":"FrameReceived",', '"bytes":"AA==",', '"bytes":"A",', "null"],
  ...["1e999", "-0", "-1", "0.5", "9007199254740993", '"', "\\ud800", "\\u0000", "[[[[[[[[", "{}", ",", "true", " "],
]

/** Checks that a refusal can be shown, and that an event can be written and read again. */
const check =
  <A>(decode: (line: string) => Either.Either<A, { readonly message: string }>, encode: (event: A) => string) =>
  (line: string) => {
    const decoded = decode(line)
    if (Either.isLeft(decoded)) return expect(decoded.left.message).not.toBe("")
    const written = encode(decoded.right)
    const again = decode(written)
    // JSON has no infinities. Too large numbers are read as infinities and written as null.
    if (Either.isLeft(again)) return expect(written).toContain(":null")
    expect(encode(again.right)).toBe(written)
  }

describe("lines of JSON", () => {
  fuzz("an event of a server is decoded or refused", {
    cases: 800,
    input: (chance) => mutatedText(chance, chance.oneOf(serverLines) ?? "", tokens),
    check: check(decodeServerEventLine, encodeServerEventLine),
  })

  fuzz("an event of a client is decoded or refused", {
    cases: 800,
    input: (chance) => mutatedText(chance, chance.oneOf(clientLines) ?? "", tokens),
    check: check(decodeClientEventLine, encodeClientEventLine),
  })

  const Reading = Schema.Struct({ sensor: Schema.String, celsius: Schema.optional(Schema.Number) })
  const { decode } = Codec.json(Reading)
  fuzz("a payload of JSON is decoded by its schema, or refused", {
    cases: 3000,
    input: (chance) => mutatedText(chance, '{"sensor":"t1","celsius":21.5}', tokens),
    check: (payload) => {
      const decoded = decode(new TextEncoder().encode(payload))
      if (Either.isLeft(decoded)) expect(decoded.left.message).toMatch(/^json: |^text: /)
      else expect(typeof decoded.right.sensor).toBe("string")
    },
  })
})
