import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { ByteWriter } from "./ByteWriter.ts"
import { ClientEvent } from "./ClientEvent.ts"
import { EventLineWriter, eventLineVersion } from "./EventLineWriter.ts"
import { ServerEvent } from "./ServerEvent.ts"

export { eventLineVersion } from "./EventLineWriter.ts"

const versioned = { v: Schema.Literal(eventLineVersion) }

/** One line of `tcpfx serve --output json`. */
export const ServerEventLine = Schema.parseJson(Schema.extend(ServerEvent, Schema.Struct(versioned)))
/** One line of `tcpfx connect --output json`. */
export const ClientEventLine = Schema.parseJson(Schema.extend(ClientEvent, Schema.Struct(versioned)))

// The maximum nesting depth of a line. No event is nested as deeply.
const deepest = 64

/** Whether JSON text is nested too deeply for an event. */
const nestsTooDeeply = (line: string): boolean => {
  let depth = 0
  let inString = false
  for (let at = 0; at < line.length; at++) {
    const character = line[at]
    if (inString) {
      if (character === "\\") at++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === "[" || character === "{") depth++
    else if (character === "]" || character === "}") depth--
    if (depth > deepest) return true
  }
  return false
}

const decoderOf = <A>(
  schema: Schema.Schema<A, string>,
): ((line: string) => Either.Either<A, ParseResult.ParseError>) => {
  const decode = Schema.decodeEither(schema)
  return (line) => {
    const decoded = decode(line)
    // The `message` of a parse error formats the value recursively. For a deeply nested value, it would overflow the
    // stack.
    return Either.isLeft(decoded) && nestsTooDeeply(line)
      ? Either.left(ParseResult.parseError(new ParseResult.Type(schema.ast, "a line", "it is nested too deeply")))
      : decoded
  }
}

/** Reads one line of `tcpfx serve --output json`. */
export const decodeServerEventLine: (
  line: string,
) => Either.Either<typeof ServerEventLine.Type, ParseResult.ParseError> = decoderOf(ServerEventLine)

/** Reads one line of `tcpfx connect --output json`. */
export const decodeClientEventLine: (
  line: string,
) => Either.Either<typeof ClientEventLine.Type, ParseResult.ParseError> = decoderOf(ClientEventLine)

/**
 * Encodes an event as one line of JSON without a line end. `bytes` is the payload in base64. If the payload is valid
 * UTF-8, the field `text` contains it as text for other tools. Control characters, format characters and line
 * separators are written as `\uXXXX`, so the line is safe on a terminal and in every line reader.
 */
export const encodeServerEventLine = (event: ServerEvent): string => lineOf(event)

/** Encodes an event of a client in the same way as {@link encodeServerEventLine}. */
export const encodeClientEventLine = (event: ClientEvent): string => lineOf(event)

const lineOf = (event: ServerEvent | ClientEvent): string => {
  const out = new ByteWriter()
  new EventLineWriter().write(event, out)
  return new TextDecoder().decode(out.take())
}
