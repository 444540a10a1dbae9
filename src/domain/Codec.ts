import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { CodecError } from "./errors.ts"

/** Converts between values of `A` and payloads of frames. */
export interface Codec<A> {
  readonly name: string
  readonly encode: (value: A) => Either.Either<Uint8Array, CodecError>
  readonly decode: (payload: Uint8Array) => Either.Either<A, CodecError>
}

/** A codec that returns the bytes unchanged. */
export const bytes: Codec<Uint8Array> = { name: "bytes", encode: Either.right, decode: Either.right }

const encoder = new TextEncoder()
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** UTF-8 text. Decoding fails on bytes that are not UTF-8. */
export const text: Codec<string> = {
  name: "text",
  encode: (value) => Either.right(encoder.encode(value)),
  decode: (payload) =>
    Either.try({
      try: () => strictUtf8.decode(payload),
      catch: () => new CodecError({ codec: "text", problem: `the ${payload.length} bytes are not UTF-8` }),
    }),
}

const describeIssue = ({ path, message }: ParseResult.ArrayFormatterIssue): string =>
  path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`

// The maximum length of a problem, characters. A decoding error quotes the payload, which can be as long as a frame.
const problemLength = 1000

const notJson = (problem: string): CodecError =>
  new CodecError({
    codec: "json",
    problem: problem.length > problemLength ? `${problem.slice(0, problemLength)}…` : problem,
  })

// 20 kB of nested brackets overflow the stack in a recursive schema or in the formatter of its error.
const unlessTooDeep = <A>(decode: () => Either.Either<A, CodecError>): Either.Either<A, CodecError> => {
  try {
    return decode()
  } catch (cause) {
    if (cause instanceof RangeError) return Either.left(notJson(`it cannot be read (${cause.message})`))
    throw cause
  }
}

/**
 * Makes a codec that converts between values of a schema and JSON text. It works with the framing `line`, because the
 * JSON text contains no line end.
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
export const json = <A, I>(schema: Schema.Schema<A, I>): Codec<A> => {
  const line = Schema.parseJson(schema)
  const encodeJson = Schema.encodeEither(line)
  const decodeJson = Schema.decodeEither(line)
  const failed = (error: ParseResult.ParseError) =>
    notJson(ParseResult.ArrayFormatter.formatErrorSync(error).map(describeIssue).join("; "))
  return {
    name: "json",
    encode: (value) => Either.map(Either.mapLeft(encodeJson(value), failed), (encoded) => encoder.encode(encoded)),
    decode: (payload) =>
      unlessTooDeep(() =>
        Either.flatMap(text.decode(payload), (decoded) => Either.mapLeft(decodeJson(decoded), failed)),
      ),
  }
}
