import * as Schema from "effect/Schema"
import { unchecked } from "./errorOptions.ts"

// The maximum number of quoted characters, so that a message stays short for any input.
const longestShown = 120

/** Quotes a text for an error message, and truncates a long text. */
export const quoted = (text: string): string =>
  text.length <= longestShown ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, longestShown))}…`

const endpointSyntaxFields = {
  input: Schema.String,
  problem: Schema.String,
  expected: Schema.String,
}

/** A text is not an endpoint. */
export class EndpointSyntaxError extends Schema.TaggedError<EndpointSyntaxError>("tcpfx/domain/EndpointSyntaxError")(
  "EndpointSyntaxError",
  endpointSyntaxFields,
) {
  constructor(fields: Schema.Struct.Constructor<typeof endpointSyntaxFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return `${quoted(this.input)} is not an endpoint: ${this.problem}; expected ${this.expected}`
  }
}

const valueSyntaxFields = {
  input: Schema.String,
  /** The expected kind of value, such as "a duration", "a size" or "a text with escapes". */
  kind: Schema.String,
  problem: Schema.String,
  expected: Schema.String,
}

/** A text is not a valid value, such as a duration, a size or a text with escapes. */
export class ValueSyntaxError extends Schema.TaggedError<ValueSyntaxError>("tcpfx/domain/ValueSyntaxError")(
  "ValueSyntaxError",
  valueSyntaxFields,
) {
  constructor(fields: Schema.Struct.Constructor<typeof valueSyntaxFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return `${quoted(this.input)} is not ${this.kind}: ${this.problem}; expected ${this.expected}`
  }
}
