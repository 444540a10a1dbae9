import { describe, expect, it } from "@effect/vitest"
import { decode, encode } from "@msgpack/msgpack"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Int64, msgPack } from "../../src/protocol/index.ts"

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"))
const any = msgPack(Schema.Unknown)
const written = (value: unknown) => hexOf(Either.getOrThrow(any.encode(value)))
// Both libraries read the binary values of a `Buffer` as `Buffer`, so the bytes are copied.
const bytesWritten = (value: unknown) => Uint8Array.from(Either.getOrThrow(any.encode(value)))
const read = (hex: string) => Either.getOrThrow(any.decode(bytesOf(hex)))
const problem = (hex: string) => Either.getOrThrow(Either.flip(any.decode(bytesOf(hex)))).problem

/** Any value of MessagePack. */
const leaf = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.integer(),
  // MessagePack's libraries write -0 as the integer 0.
  FastCheck.double().map((number) => (number === 0 ? 0 : number)),
  FastCheck.boolean(),
  FastCheck.constant(null),
  FastCheck.uint8Array(),
)
const value = FastCheck.letrec((tie) => ({
  any: FastCheck.oneof(
    { depthSize: "small" },
    leaf,
    FastCheck.array(tie("any")),
    // This key would set the prototype of the object. One library renames it, the other refuses it.
    FastCheck.dictionary(
      FastCheck.string({ unit: "binary" }).filter((key) => key !== "__proto__"),
      tie("any"),
    ),
  ),
})).any

describe("MessagePack", () => {
  it("is written in the shortest plain forms, which every reader takes", () => {
    expect(written({ a: 1 })).toBe("81a16101")
    expect(written([])).toBe("90")
    expect(written({ a: undefined })).toBe("81a161c0")
    expect(written(Uint8Array.of(1, 2))).toBe("c4020102")
    expect(written(70_000)).toBe("ce00011170")
    expect(written(-1)).toBe("ff")
    expect(written("é")).toBe("a2c3a9")
    expect(written(1.5)).toBe("cb3ff8000000000000")
  })

  it("is read in all forms of the specification", () => {
    expect(read("de0001a16101")).toEqual({ a: 1 })
    expect(read("dd00000001c3")).toEqual([true])
    expect(read("ca3fc00000")).toBe(1.5)
    expect(read("db00000001c3".replace("c3", "61"))).toBe("a")
    expect(read("d0ff")).toBe(-1)
  })

  it("keeps integers of 64 bits exact", () => {
    expect(read("cf0000000000000005")).toBe(5)
    expect(read("cf7fffffffffffffff")).toBe(2n ** 63n - 1n)
    const codec = msgPack(Int64)
    for (const value of [0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n]) {
      expect(codec.decode(Either.getOrThrow(codec.encode(value)))).toEqual(Either.right(value))
    }
    expect(hexOf(Either.getOrThrow(codec.encode(5n)))).toBe("d30000000000000005")
  })

  it("refuses bytes after the value, a value that is cut off, and the byte that is never used", () => {
    expect(problem("a161a1")).toBe("bytes follow the value")
    for (const hex of ["", "92c3", "a3", "81a161", "c6ffffffff", "dd7fffffff", "cf00"]) {
      expect(problem(hex), hex).toBe("the value is cut off")
    }
    expect(problem("c1")).toBe("the byte C1 is no MessagePack")
  })

  it("refuses values that the schema refuses, with the error of the schema", () => {
    const codec = msgPack(Schema.Struct({ a: Schema.String }))
    expect(Either.getOrThrow(Either.flip(codec.decode(bytesOf("81a16101"))))).toMatchObject({
      codec: "msgPack",
      problem: "a: Expected string, actual 1",
      parseError: { _tag: "ParseError" },
    })
  })

  it("refuses values that it has no form for", () => {
    expect(Either.isLeft(any.encode(2n ** 70n))).toBe(true)
  })

  it.prop("is read back as it was written", [value], ([written]) => {
    expect(any.decode(bytesWritten(written))).toEqual(Either.right(written))
  })

  it.prop("of a peer never throws", [FastCheck.uint8Array({ maxLength: 64 })], ([bytes]) => {
    Either.match(any.decode(bytes), { onLeft: (error) => expect(error.codec).toBe("msgPack"), onRight: () => {} })
  })
})

describe("another implementation of MessagePack", () => {
  it("reads what is written", () => {
    void FastCheck.assert(
      FastCheck.property(value, (written) => {
        expect(decode(bytesWritten(written))).toEqual(written)
      }),
    )
  })

  it("writes what is read", () => {
    void FastCheck.assert(
      FastCheck.property(value, (written) => {
        expect(any.decode(encode(written))).toEqual(Either.right(written))
      }),
    )
  })

  it("agrees about integers of 64 bits", () => {
    const codec = msgPack(Int64)
    const options = { useBigInt64: true }
    const integers = FastCheck.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    void FastCheck.assert(
      FastCheck.property(integers, (integer) => {
        expect(decode(Either.getOrThrow(codec.encode(integer)), options)).toBe(integer)
        expect(codec.decode(encode(integer, options))).toEqual(Either.right(integer))
      }),
    )
  })
})
