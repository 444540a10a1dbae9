import * as Either from "effect/Either"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/**
 * Reads the file mode of a unix socket: three octal digits as for chmod(1), with or without a leading zero. A client
 * needs write permission to connect (unix(7)).
 *
 * @example
 * import { Either } from "effect"
 * import { parseSocketMode } from "tcpfx/domain"
 *
 * assert.deepEqual(parseSocketMode("0660"), Either.right(0o660))
 */
export const parseSocketMode = (input: string): Either.Either<number, ValueSyntaxError> => {
  const expected = "three octal digits, such as 0660"
  const fail = (problem: string) => Either.left(new ValueSyntaxError({ input, kind: "a file mode", problem, expected }))
  if (!/^[0-9]+$/.test(input)) return fail("it is not an octal number")
  if (/[89]/.test(input)) return fail("8 and 9 are not octal digits")
  if (!/^0?[0-7]{3}$/.test(input)) return fail("it does not have three digits")
  return Either.right(Number.parseInt(input, 8))
}

/** Formats a mode so that {@link parseSocketMode} reads it back. */
export const formatSocketMode = (mode: number): string => mode.toString(8).padStart(4, "0")
