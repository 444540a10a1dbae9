import * as Cause from "effect/Cause"
import * as Inspectable from "effect/Inspectable"
import * as Schema from "effect/Schema"

/** What an event keeps of a failure in code that is not ours: a handler, a reactor or a framing. */
export const Failure = Schema.Struct({
  /** The message of the error; where it has none, its fields as JSON, or its name. */
  message: Schema.String,
  /** The `_tag` of a tagged error. */
  tag: Schema.optional(Schema.String),
  /** All errors with their causes and stack traces, at most 4096 characters. None where the program was interrupted. */
  cause: Schema.optional(Schema.String),
})
export type Failure = typeof Failure.Type

const longestCause = 4096

/** What an event keeps of the cause with which a program has ended. */
export const failureOfCause = (cause: Cause.Cause<unknown>): Failure => {
  if (Cause.isInterruptedOnly(cause)) return { message: "interrupted" }
  const error = Cause.squash(cause)
  const tag = tagOf(error)
  const pretty = Cause.pretty(cause, { renderErrorCause: true })
  return { message: messageOf(error), ...(tag === undefined ? {} : { tag }), cause: pretty.slice(0, longestCause) }
}

/** What an event keeps of something that was thrown. */
export const failureOfThrown = (thrown: unknown): Failure => failureOfCause(Cause.die(thrown))

const tagOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "_tag" in error && typeof error._tag === "string"
    ? error._tag
    : undefined

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return Inspectable.toStringUnknown(error, 0) || "without a message"
  if (error.message !== "") return error.message
  return Object.keys(error).length > 0 ? Inspectable.toStringUnknown(error, 0) : error.name
}
