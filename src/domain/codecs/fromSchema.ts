import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { Codec, EffectCodec } from "./contract.ts"
import { atOnce, type Packing, packedEffect } from "./packed.ts"
import { decodeUtf8, encodeUtf8 } from "./text.ts"

const textPacking: Packing<string> = { pack: encodeUtf8, unpack: decodeUtf8 }
const bytesPacking: Packing<Uint8Array> = { pack: (encoded) => encoded, unpack: (payload) => payload }

/**
 * Makes a codec from a schema whose encoded side is a `string` or a `Uint8Array`. A `string` is sent as UTF-8. Decoding
 * fails with a `CodecError` that contains the `ParseError`.
 *
 * A schema with requirements or with an asynchronous transformation needs the mode "effect".
 *
 * @example
 * import { Either, Schema } from "effect"
 * import { Codec } from "tcpfx/domain"
 *
 * const celsius = Codec.fromSchema("celsius", Schema.NumberFromString.pipe(Schema.greaterThan(-273.15)))
 * assert.deepEqual(celsius.decode(new TextEncoder().encode("21.5")), Either.right(21.5))
 */
export function fromSchema<A>(name: string, schema: Schema.Schema<A, string>): Codec<A>
export function fromSchema<A>(name: string, schema: Schema.Schema<A, Uint8Array>): Codec<A>
export function fromSchema<A, R>(name: string, schema: Schema.Schema<A, string, R>, mode: "effect"): EffectCodec<A, R>
export function fromSchema<A, R>(
  name: string,
  schema: Schema.Schema<A, Uint8Array, R>,
  mode: "effect",
): EffectCodec<A, R>
export function fromSchema<A, R>(
  name: string,
  schema: Schema.Schema<A, string, R> | Schema.Schema<A, Uint8Array, R>,
  mode?: "effect",
): Codec<A> | EffectCodec<A, R> {
  const codec = isOfBytes(schema) ? packedEffect(name, schema, bytesPacking) : packedEffect(name, schema, textPacking)
  return mode === undefined ? atOnce(codec) : codec
}

const isOfBytes = <A, R>(
  schema: Schema.Schema<A, string, R> | Schema.Schema<A, Uint8Array, R>,
): schema is Schema.Schema<A, Uint8Array, R> => isBytes(SchemaAST.encodedAST(schema.ast))

/** Whether the values of a type are byte arrays. `Uint8Array` is a declaration, and a schema of text contains none. */
const isBytes = (ast: SchemaAST.AST): boolean => {
  if (ast._tag === "Declaration") return true
  if (ast._tag === "Refinement") return isBytes(ast.from)
  if (ast._tag === "Suspend") return isBytes(ast.f())
  return ast._tag === "Union" && ast.types.every(isBytes)
}

/**
 * Makes a codec that converts between values of a schema and JSON text. It works with the framing `line`, because the
 * JSON text contains no line end.
 *
 * A schema with requirements or with an asynchronous transformation needs the mode "effect".
 *
 * @example
 * import { Either, Schema } from "effect"
 * import { Codec } from "tcpfx/domain"
 *
 * const Reading = Schema.Struct({ sensor: Schema.String, celsius: Schema.Number })
 * const codec = Codec.json(Reading)
 * const payload = Either.getOrThrow(codec.encode({ sensor: "t1", celsius: 21.5 }))
 * assert.deepEqual(codec.decode(payload), Either.right({ sensor: "t1", celsius: 21.5 }))
 */
export function json<A, I>(schema: Schema.Schema<A, I>): Codec<A>
export function json<A, I, R>(schema: Schema.Schema<A, I, R>, mode: "effect"): EffectCodec<A, R>
export function json<A, I, R>(schema: Schema.Schema<A, I, R>, mode?: "effect"): Codec<A> | EffectCodec<A, R> {
  const codec = packedEffect("json", Schema.parseJson(schema), textPacking)
  return mode === undefined ? atOnce(codec) : codec
}
