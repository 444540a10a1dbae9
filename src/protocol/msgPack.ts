import * as Schema from "effect/Schema"
import { Packr } from "msgpackr"
import { Codec } from "../domain/index.ts"

// Plain maps and the shortest forms, which every reader of MessagePack knows. Integers of 64 bits are read as a number if
// the number is exact, else as a bigint.
const packr = Object.assign(new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true }), {
  // The types of msgpackr 1.12 do not know this value of the option.
  int64AsType: "auto",
})

// The byte that MessagePack never uses.
const neverUsed = 0xc1

const unpack = (payload: Uint8Array): unknown => {
  if (payload[0] === neverUsed) throw new Error("the byte C1 is no MessagePack")
  try {
    return packr.unpack(payload)
  } catch (error) {
    throw new Error(problemOf(error))
  }
}

const problemOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  if (message.startsWith("Data read, but end of buffer not reached")) return "bytes follow the value"
  if (message.includes("end of") || message.startsWith("Offset is outside")) return "the value is cut off"
  return message
}

/**
 * Makes a codec that converts between values of a schema and MessagePack. It writes plain maps, which every reader takes.
 * It refuses bytes after the value. Use a framing such as `Framing.lengthPrefixed`: the bytes of a value can contain line
 * ends.
 *
 * A number that is no integer of 32 bits is written as a float of 64 bits, a `bigint` as an integer of 64 bits.
 * {@link Int64} is a schema for these.
 *
 * The key `__proto__` is read as `__proto_`, so a peer cannot set the prototype of an object. The number -0 is written as 0.
 *
 * A schema with requirements, or with a transformation that takes time, needs the mode "effect".
 *
 * @example
 * import { Either, Schema } from "effect"
 * import { msgPack } from "tcpfx/protocol"
 *
 * const Reading = msgPack(Schema.Struct({ sensor: Schema.String, celsius: Schema.Number }))
 * const payload = Either.getOrThrow(Reading.encode({ sensor: "t1", celsius: 21.5 }))
 * assert.deepEqual(Reading.decode(payload), Either.right({ sensor: "t1", celsius: 21.5 }))
 */
export function msgPack<A, I>(schema: Schema.Schema<A, I>): Codec.Codec<A>
export function msgPack<A, I, R>(schema: Schema.Schema<A, I, R>, mode: "effect"): Codec.EffectCodec<A, R>
export function msgPack<A, I, R>(
  schema: Schema.Schema<A, I, R>,
  mode?: "effect",
): Codec.Codec<A> | Codec.EffectCodec<A, R> {
  const codec = Codec.packed("msgPack", schema, packing, "effect")
  return mode === undefined ? Codec.atOnce(codec) : codec
}

const packing: Codec.Packing<unknown> = { pack: (encoded) => packr.pack(encoded), unpack }

/**
 * An integer of 64 bits in MessagePack, as a `bigint`. Every value is exact.
 *
 * @example
 * import { Either, Schema } from "effect"
 * import { Int64, msgPack } from "tcpfx/protocol"
 *
 * const codec = msgPack(Schema.Struct({ id: Int64 }))
 * const id = 2n ** 63n - 1n
 * assert.deepEqual(codec.decode(Either.getOrThrow(codec.encode({ id }))), Either.right({ id }))
 */
export const Int64: Schema.Schema<bigint, bigint | number> = Schema.transform(
  Schema.Union(Schema.BigIntFromSelf, Schema.Int),
  Schema.BigIntFromSelf,
  { strict: true, decode: (value) => BigInt(value), encode: (value) => value },
)
