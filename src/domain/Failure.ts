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

/**
 * Converts the cause of a failed effect to a `Failure`. It never throws: the connection of a failed handler would stay
 * open. An error of the program can throw while its tag, its message or its stack is read, and a `bigint` throws in
 * `Cause.pretty` of Effect.
 */
export const failureOfCause = (cause: Cause.Cause<unknown>): Failure => {
  if (Cause.isInterruptedOnly(cause)) return { message: "interrupted" }
  const error = Cause.squash(cause)
  const tag = orElse(() => tagOf(error), undefined)
  const message = orElse(() => messageOf(error), "its message cannot be read")
  const pretty = orElse(() => Cause.pretty(cause, { renderErrorCause: true }), `Error: ${message}`)
  return { message, ...(tag === undefined ? {} : { tag }), cause: pretty.slice(0, longestCause) }
}

const orElse = <A>(read: () => A, fallback: A): A => {
  try {
    return read()
  } catch {
    return fallback
  }
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
