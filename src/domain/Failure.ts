import * as Cause from "effect/Cause"
import * as Inspectable from "effect/Inspectable"
import * as Schema from "effect/Schema"

/** A failure in the program's own code (a handler, a reactor or a framing), in the form that events contain. */
export const Failure = Schema.Struct({
  /**
   * The message of the error. If the error has no message, its fields as JSON. If it has no fields either, its name.
   */
  message: Schema.String,
  /** The `_tag` of a tagged error. */
  tag: Schema.optional(Schema.String),
  /** All errors with their causes and stack traces, at most 4096 characters. Absent after an interruption. */
  cause: Schema.optional(Schema.String),
})
export type Failure = typeof Failure.Type

const longestCause = 4096

/** Converts the cause of a failed effect to a `Failure`. */
export const failureOfCause = (cause: Cause.Cause<unknown>): Failure => {
  if (Cause.isInterruptedOnly(cause)) return { message: "interrupted" }
  const error = Cause.squash(cause)
  const tag = tagOf(error)
  const pretty = Cause.pretty(cause, { renderErrorCause: true })
  return { message: messageOf(error), ...(tag === undefined ? {} : { tag }), cause: pretty.slice(0, longestCause) }
}

/** Converts a thrown value to a `Failure`. */
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
