import * as Effect from "effect/Effect"
import { formatConnectionId } from "../../domain/index.ts"
import type { Handler } from "../../server/index.ts"
import { Stdio } from "../process/stdio.ts"
import { warn } from "../process/tell.ts"
import { type ProgramRun, runProgram } from "./runProgram.ts"

/** The handler that runs a program for each connection. A connection whose program cannot be started is reset. */
export const programHandler = (run: ProgramRun): Effect.Effect<Handler.FiberHandler<never, never>, never, Stdio> =>
  Effect.map(
    Stdio,
    (stdio): Handler.FiberHandler<never, never> =>
      (connection) =>
        Effect.asVoid(runProgram(connection, connection.id, run)).pipe(
          Effect.catchTags({
            // The events report the end of the connection, and the scope ends the program.
            ConnectionClosedError: () => Effect.void,
            ProgramNotStarted: ({ message }) =>
              Effect.zipRight(warn(`${formatConnectionId(connection.id)}: ${message}`), connection.reset),
          }),
          Effect.provideService(Stdio, stdio),
        ),
  )
