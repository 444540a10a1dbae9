import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { ClientEvent } from "./ClientEvent.ts"
import { ServerEvent } from "./ServerEvent.ts"

/** The version of the event lines: raised when a field changes its meaning or goes. New fields and events do not. */
export const eventLineVersion = 1

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

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const encodeServer = Schema.encodeSync(ServerEvent)
const encodeClient = Schema.encodeSync(ClientEvent)

/**
 * Writes an event as one line of JSON, without the line's end. `bytes` is base64; where it is valid UTF-8 a field
 * `text` shows it too, for reading with other tools.
 */
export const encodeServerEventLine = (event: ServerEvent): string => toLine(encodeServer(event), event)

/** The same for the events of a client. */
export const encodeClientEventLine = (event: ClientEvent): string => toLine(encodeClient(event), event)

const toLine = (encoded: object, event: ServerEvent | ClientEvent): string =>
  JSON.stringify({ v: eventLineVersion, ...encoded, ...("bytes" in event ? textOf(event.bytes) : {}) })

const textOf = (bytes: Uint8Array): { readonly text?: string } => {
  try {
    return { text: strictUtf8.decode(bytes) }
  } catch {
    return {}
  }
}
