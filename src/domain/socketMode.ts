import * as Either from "effect/Either"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/**
 * Reads the mode of a socket's file: three octal digits, as chmod(1) takes them, with or without a zero before them.
 * Connecting needs the right to write (unix(7)).
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
  if (/[89]/.test(input)) return fail("8 and 9 are no octal digits")
  if (!/^0?[0-7]{3}$/.test(input)) return fail("it has not three digits")
  return Either.right(Number.parseInt(input, 8))
}

/** Writes a mode so that {@link parseSocketMode} reads the same one back. */
export const formatSocketMode = (mode: number): string => mode.toString(8).padStart(4, "0")
