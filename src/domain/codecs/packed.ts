import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { CodecError } from "../errors.ts"
import { parseErrorLine } from "../ParseErrorText.ts"
import { type Codec, type EffectCodec, isSettled } from "./contract.ts"

/** Converts between the encoded values of a schema and bytes. Both functions may throw an error that names the problem. */
export interface Packing<I> {
  readonly pack: (encoded: I) => Uint8Array
  readonly unpack: (payload: Uint8Array) => unknown
}

// The maximum length of a problem in characters. A decoding error quotes the payload, which can be as long as a frame.
const problemLength = 1000

const errorOf = (codec: string, problem: string, parseError?: ParseResult.ParseError): CodecError =>
  new CodecError({
    codec,
    problem: problem.length > problemLength ? `${problem.slice(0, problemLength)}…` : problem,
    ...(parseError && { parseError }),
  })

// 20 kB of nested brackets overflow the stack of a recursive schema, or of the formatter of its error. V8 throws a
// `RangeError` then.
const thrownBy = (codec: string, thrown: unknown): CodecError => {
  if (thrown instanceof RangeError) return errorOf(codec, `it cannot be read (${thrown.message})`)
  return errorOf(codec, thrown instanceof Error ? thrown.message : String(thrown))
}

const failedIn = (codec: string) => (error: ParseResult.ParseError) => {
  try {
    return errorOf(codec, parseErrorLine(error), error)
  } catch (thrown) {
    return thrownBy(codec, thrown)
  }
}

/**
 * Makes a codec from a schema and two functions that convert between the encoded values of the schema and bytes. Use it
 * for a format such as CBOR. An exception of these functions becomes a `CodecError`.
 *
 * A schema with requirements or with an asynchronous transformation needs the mode "effect". Without this mode, its
 * codec fails with a `CodecError`.
 *
 * @example
 * import { Either, Schema } from "effect"
 * import { Codec } from "tcpfx/domain"
 *
 * const hex = Codec.packed("hex", Schema.String, {
 *   pack: (encoded) => Uint8Array.from(Buffer.from(encoded, "hex")),
 *   unpack: (payload) => Buffer.from(payload).toString("hex"),
 * })
 * assert.deepEqual(hex.decode(Uint8Array.of(1, 0xff)), Either.right("01ff"))
 */
export function packed<A, I>(name: string, schema: Schema.Schema<A, I>, packing: Packing<I>): Codec<A>
export function packed<A, I, R>(
  name: string,
  schema: Schema.Schema<A, I, R>,
  packing: Packing<I>,
  mode: "effect",
): EffectCodec<A, R>
export function packed<A, I, R>(
  name: string,
  schema: Schema.Schema<A, I, R>,
  packing: Packing<I>,
  mode?: "effect",
): Codec<A> | EffectCodec<A, R> {
  const codec = packedEffect(name, schema, packing)
  return mode === undefined ? atOnce(codec) : codec
}

/**
 * Makes a synchronous codec from a codec that may need services or asynchronous work. A result that is not an `Either`
 * becomes a `CodecError`.
 *
 * @example
 * import { Either, Schema } from "effect"
 * import { Codec } from "tcpfx/domain"
 *
 * const codec = Codec.atOnce(Codec.json(Schema.Number, "effect"))
 * assert.deepEqual(codec.decode(new TextEncoder().encode("5")), Either.right(5))
 */
export const atOnce = <A, R>({ decode, encode, name }: EffectCodec<A, R>): Codec<A> => {
  const settle = <B>(result: Effect.Effect<B, CodecError, R>): Either.Either<B, CodecError> =>
    isSettled(result)
      ? result
      : Either.left(errorOf(name, 'the schema needs time or a service; make the codec with the mode "effect"'))
  return { name, encode: (value) => settle(encode(value)), decode: (payload) => settle(decode(payload)) }
}

/** {@link packed} with the mode "effect". */
export const packedEffect = <A, I, R>(
  name: string,
  schema: Schema.Schema<A, I, R>,
  { pack, unpack }: Packing<I>,
): EffectCodec<A, R> => {
  // The parsers return an `Either`, unless the value needs a service or asynchronous work.
  const encode = Schema.encode(schema)
  const decode = Schema.decodeUnknown(schema)
  const failed = failedIn(name)
  const attempt = <B>(convert: () => Effect.Effect<B, CodecError, R>): Effect.Effect<B, CodecError, R> => {
    try {
      return convert()
    } catch (thrown) {
      return Either.left(thrownBy(name, thrown))
    }
  }
  const packEncoded = (encoded: I) => attempt(() => Either.right(pack(encoded)))
  return {
    name,
    encode: (value) =>
      attempt(() => {
        const encoded = encode(value)
        if (!isSettled(encoded)) return Effect.flatMap(Effect.mapError(encoded, failed), packEncoded)
        return Either.isLeft(encoded) ? Either.left(failed(encoded.left)) : Either.right(pack(encoded.right))
      }),
    decode: (payload) =>
      attempt(() => {
        const decoded = decode(unpack(payload))
        if (!isSettled(decoded)) return Effect.mapError(decoded, failed)
        return Either.isLeft(decoded) ? Either.left(failed(decoded.left)) : Either.right(decoded.right)
      }),
  }
}
