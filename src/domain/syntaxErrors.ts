import * as Data from "effect/Data"

// The maximum number of quoted characters, so that a message stays short for any input.
const longestShown = 120

/** Quotes a text for an error message, and truncates a long text. */
export const quoted = (text: string): string =>
  text.length <= longestShown ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, longestShown))}…`

/** A text is not an endpoint. */
export class EndpointSyntaxError extends Data.TaggedError("EndpointSyntaxError")<{
  readonly input: string
  readonly problem: string
  readonly expected: string
}> {
  override get message(): string {
    return `${quoted(this.input)} is not an endpoint: ${this.problem}; expected ${this.expected}`
  }
}

/** A text is not a valid value, such as a duration, a size or a text with escapes. */
export class ValueSyntaxError extends Data.TaggedError("ValueSyntaxError")<{
  readonly input: string
  /** The expected kind of value, such as "a duration", "a size" or "a text with escapes". */
  readonly kind: string
  readonly problem: string
  readonly expected: string
}> {
  override get message(): string {
    return `${quoted(this.input)} is not ${this.kind}: ${this.problem}; expected ${this.expected}`
  }
}
