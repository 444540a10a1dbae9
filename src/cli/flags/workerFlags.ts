import * as Either from "effect/Either"
import { parseCount, ValueSyntaxError } from "../../domain/index.ts"
import { value } from "./flag.ts"

const most = 256

/** Parses the number of workers. `auto` means one for each core. */
export const parseWorkers = (input: string): Either.Either<number | "auto", ValueSyntaxError> =>
  input === "auto"
    ? Either.right(input)
    : Either.mapLeft(
        Either.filterOrLeft(
          parseCount(input),
          (count) => count <= most,
          () => ({ problem: "it is out of range" }),
        ),
        ({ problem }) =>
          new ValueSyntaxError({ input, kind: "a number of workers", problem, expected: `1 to ${most}, or auto` }),
      )

/** The flag for several processes behind one port. */
export const workerFlags = {
  workers: value("workers", "N|auto", parseWorkers, {
    help: "Serve the clients in N processes behind one port, or in one for each core (auto). Default: in this process.",
  }),
}
