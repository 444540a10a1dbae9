import * as Either from "effect/Either"
import { ValueSyntaxError } from "../../domain/index.ts"

/** Makes a parser of a port from `least` to 65535. Port 0 means a free port. */
export const parsePort =
  (least: 0 | 1) =>
  (input: string): Either.Either<number, ValueSyntaxError> =>
    /^\d{1,5}$/.test(input) && Number(input) >= least && Number(input) <= 65_535
      ? Either.right(Number(input))
      : Either.left(
          new ValueSyntaxError({
            input,
            kind: "a port",
            problem: `it is not a number from ${least} to 65535`,
            expected: "a port such as 8080",
          }),
        )
