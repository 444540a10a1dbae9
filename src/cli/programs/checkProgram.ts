import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"
import * as Either from "effect/Either"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type ProgramSpec, startProblem } from "./Programs.ts"

/**
 * Refuses a program that cannot be found or run now, so that a mistyped name does not wait for the first connection.
 * `path` is the variable `PATH`, which resolves a name without a slash.
 */
export const checkProgram = ({ file }: ProgramSpec, path: string): Either.Either<void, CommandFailed> => {
  const candidates = file.includes("/") ? [file] : path.split(delimiter).map((folder) => join(folder, file))
  const problems = candidates.map(problemOf)
  if (problems.includes(undefined)) return Either.void
  const worst = problems.find((problem) => problem !== undefined && !/no such file|not a folder/.test(problem))
  const where = file.includes("/") ? "" : " in PATH"
  return Either.left(usageError(`--exec: ${file} cannot be run: ${worst ?? `there is no such file${where}`}`))
}

const problemOf = (candidate: string): string | undefined => {
  try {
    if (!statSync(candidate).isFile()) return "it is not a file"
    accessSync(candidate, constants.X_OK)
    return undefined
  } catch (error) {
    return startProblem(error)
  }
}
