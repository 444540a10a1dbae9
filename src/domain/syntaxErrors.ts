import * as Data from "effect/Data"

// A message is one line for people, also where the input is a megabyte of something else.
const longestShown = 120

/** A text in quotes, as an error shows it: cut where it is long. */
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

/** A text is not what a unit-bearing value looks like: a duration, a size, an escaped text. */
export class ValueSyntaxError extends Data.TaggedError("ValueSyntaxError")<{
  readonly input: string
  /** What it should have been: "a duration", "a size", "a text with escapes". */
  readonly kind: string
  readonly problem: string
  readonly expected: string
}> {
  override get message(): string {
    return `${quoted(this.input)} is not ${this.kind}: ${this.problem}; expected ${this.expected}`
  }
}
