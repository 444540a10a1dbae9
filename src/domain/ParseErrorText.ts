import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

// The maximum length of the text, characters. The message of an error quotes the value, which can be as long as a frame.
const maxLength = 1000

/** An error whose message is a text. */
const errorOf = (text: string): ParseResult.ParseError =>
  ParseResult.parseError(new ParseResult.Type(Schema.Never.ast, undefined, text))

const describeIssue = ({ message, path }: ParseResult.ArrayFormatterIssue): string =>
  path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`

/** The problems of an error in one line, each with its place, such as "name: Expected a non empty string, actual """. */
export const parseErrorLine = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(describeIssue).join("; ")

/** The message of an error, at most 1000 characters. */
export const parseErrorText = (error: ParseResult.ParseError): string => {
  try {
    const { message } = error
    return message.length > maxLength ? `${message.slice(0, maxLength)}…` : message
  } catch {
    // The formatter is recursive, so a deeply nested value overflows the stack.
    return "the value is nested too deeply"
  }
}

const ParseErrorValue = Schema.declare(ParseResult.isParseError, {
  identifier: "ParseError",
  arbitrary: () => (fc) => fc.string({ minLength: 1, maxLength: 100 }).map(errorOf),
})

/** A `ParseError` as text. Reading the text gives an error with the same message. */
export const ParseErrorText = Schema.transform(Schema.String, ParseErrorValue, {
  strict: true,
  decode: errorOf,
  encode: parseErrorText,
})
