import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../connection/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import { type CommandFailed, networkError, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { type ProgramSpec, Programs } from "./Programs.ts"
import { endOf, runProgram } from "./runProgram.ts"

type Conversation = (
  connection: Connection,
) => Effect.Effect<void, ConnectionClosedError | CommandFailed, Stdio | Scope.Scope>

/** Runs a program on the connection of a client. The conversation fails if the program does not end with 0. */
export const programConversation = (
  spec: ProgramSpec,
  reportsSuccess: boolean,
): Effect.Effect<Conversation, never, Scope.Scope> =>
  Effect.map(
    Programs.make,
    (programs): Conversation =>
      (connection) =>
        runProgram(connection, undefined, {
          programs,
          spec,
          // The failure of a program is the error of the command.
          isReported: ({ code }) => reportsSuccess && code === 0,
        }).pipe(
          Effect.catchTag("ProgramNotStarted", ({ message }) => usageError(message)),
          Effect.flatMap((exit) => (exit.code === 0 ? Effect.void : networkError(`the program ${endOf(exit)}`))),
        ),
  )
