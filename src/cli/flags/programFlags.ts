import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { parseCommandWords } from "../programs/commandWords.ts"
import type { ProgramSpec } from "../programs/Programs.ts"
import { anyText, value } from "./flag.ts"

/** The flags that run a program for each connection. */
export const programFlags = (peer: "client" | "server") => ({
  exec: value("exec", "PROGRAM", parseCommandWords, {
    alias: "e",
    help: `Run PROGRAM for each connection: its input is what the ${peer} sends, and the ${peer} gets its output. Every ${peer} can then use the program.`,
  }),
  shExec: value("sh-exec", "LINE", anyText, {
    alias: "c",
    help: "The same with a line of the shell (/bin/sh -c).",
  }),
})

/** The values of {@link programFlags}. */
export interface ProgramOptions {
  readonly exec: Option.Option<ReadonlyArray<string>>
  readonly shExec: Option.Option<string>
}

/** The program that the flags name, if any. */
export const programFrom = ({
  exec,
  shExec,
}: ProgramOptions): Either.Either<Option.Option<ProgramSpec>, CommandFailed> => {
  if (Option.isSome(exec) && Option.isSome(shExec)) {
    return Either.left(usageError("--exec (-e) and --sh-exec (-c) exclude each other; give one of them"))
  }
  const program = Option.map(exec, ([file = "", ...args]): ProgramSpec => ({ file, args }))
  const line = Option.map(shExec, (text): ProgramSpec => ({ file: "/bin/sh", args: ["-c", text] }))
  return Either.right(Option.orElse(program, () => line))
}
