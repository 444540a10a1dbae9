import * as Schema from "effect/Schema"
import { Packr } from "msgpackr"
import { Codec } from "../domain/index.ts"

// The packer writes plain maps and the shortest forms, which every MessagePack decoder reads. It reads a 64-bit integer
// as a number if the number is exact, else as a bigint.
const packr = Object.assign(new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true }), {
  // The types of msgpackr 1.12 lack this value, so it is set here.
  int64AsType: "auto",
})

// The only byte that never begins a MessagePack value.
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
 * Makes a codec that converts between values of a schema and MessagePack. It writes plain maps, which every MessagePack
 * decoder reads. Decoding fails if bytes follow the value. Use a framing such as `Framing.lengthPrefixed`, because the
 * bytes of a value can contain line ends.
 *
 * A number outside the 32-bit integers is written as a 64-bit float. A `bigint` is written as a 64-bit integer.
 * {@link Int64} is a schema for 64-bit integers.
 *
 * The key `__proto__` is read as `__proto_`, so a peer cannot set the prototype of an object. The number -0 is written as 0.
 *
 * A schema with requirements or with an asynchronous transformation needs the mode "effect".
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
 * A schema for a 64-bit integer in MessagePack, as a `bigint`. Every value is exact.
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
