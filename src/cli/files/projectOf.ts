import { resolve } from "node:path"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { type Project, readProject } from "../../assistant/projectFile.ts"
import type * as Domain from "../../domain/assistant/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"

/** Ends the command because a project file cannot be used. Mistakes in the file are printed with line and column. */
export const projectRefused = (
  flag: string,
  path: string,
  { message, reason }: Domain.Refusal,
): Effect.Effect<never, CommandFailed, Stdio> =>
  reason === "syntax"
    ? Effect.zipRight(
        Effect.forEach(message.split("\n"), tell, { discard: true }),
        usageError(`--${flag}: ${path} has mistakes; correct them, or name another file`),
      )
    : usageError(`--${flag}: ${message}`)

/** Reads a project file that must exist. */
export const projectOf = (
  flag: string,
  path: string,
): Effect.Effect<Project, CommandFailed, FileSystem.FileSystem | Stdio> =>
  Effect.catchTag(readProject(resolve(path)), "Refusal", (refusal) => projectRefused(flag, path, refusal))
