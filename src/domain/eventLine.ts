import type * as Either from "effect/Either"
import type { ParseError } from "effect/ParseResult"
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

/** Reads one line of `tcpfx serve --output json`. */
export const decodeServerEventLine: (line: string) => Either.Either<typeof ServerEventLine.Type, ParseError> =
  Schema.decodeEither(ServerEventLine)

/** Reads one line of `tcpfx connect --output json`. */
export const decodeClientEventLine: (line: string) => Either.Either<typeof ClientEventLine.Type, ParseError> =
  Schema.decodeEither(ClientEventLine)

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
