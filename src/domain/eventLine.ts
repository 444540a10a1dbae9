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

// Far above what any event has.
const deepest = 64

/** Whether JSON text nests deeper than events do. */
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
    // A parse error shows the value that it is about by recursion: `message` would throw.
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
 * Writes an event as one line of JSON, without the line's end. `bytes` is base64; where it is valid UTF-8 a field
 * `text` shows it too, for reading with other tools. Control characters, format characters and line separators are
 * written `\uXXXX`, so the line is safe to show on a terminal and to cut at any kind of line end.
 */
export const encodeServerEventLine = (event: ServerEvent): string => lineOf(event)

/** The same for the events of a client. */
export const encodeClientEventLine = (event: ClientEvent): string => lineOf(event)

const lineOf = (event: ServerEvent | ClientEvent): string => {
  const out = new ByteWriter()
  new EventLineWriter().write(event, out)
  return new TextDecoder().decode(out.take())
}
