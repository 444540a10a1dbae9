import { resolve } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  emptyProject,
  type Project,
  projectFileName,
  readProject,
  readProjectText,
  writeProject,
} from "../../assistant/projectFile.ts"
import type { WorkspaceService } from "../../assistant/Workspace.ts"
import * as Domain from "../../domain/assistant/index.ts"
import type { ProjectAccess } from "../../web/server/handlers.ts"
import { projectRefused } from "../files/projectOf.ts"
import type { CommandFailed } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"

/** The project at the start of a command, and the path of its file. */
export interface StartProject {
  readonly path: string
  readonly project: Project
}

/**
 * Reads the project file that the flag names, or `tcpfx.yaml` in this folder. A missing file counts as an empty
 * project, and saving creates it. If the file has mistakes, the command prints them and ends.
 */
export const startProject = (
  given: Option.Option<string>,
): Effect.Effect<StartProject, CommandFailed, FileSystem.FileSystem | Stdio> =>
  Effect.gen(function* () {
    const path = resolve(Option.getOrElse(given, () => projectFileName))
    const project = yield* readProject(path).pipe(
      Effect.catchIf(
        ({ code }) => code === "ENOENT",
        () =>
          Effect.as(
            Option.isSome(given) ? tell(`--project: ${path} does not exist yet; saving creates it`) : Effect.void,
            emptyProject,
          ),
      ),
      Effect.catchAll((refusal) => projectRefused("project", path, refusal)),
    )
    return { path, project }
  })

/**
 * A project without its repeats, for all windows except one. If every window started the repeats, each payload would be
 * sent several times.
 */
export const withoutRepeats = (project: Project): Project => ({ ...project, repeats: [] })

/** The elements of several lists. If several elements have the same key, only the first one counts. */
const union = <A>(lists: ReadonlyArray<ReadonlyArray<A>>, keyOf: (element: A) => string): ReadonlyArray<A> => {
  const found = new Map<string, A>()
  for (const element of lists.flat()) if (!found.has(keyOf(element))) found.set(keyOf(element), element)
  return [...found.values()]
}

/** The rules, repeats and macros of several projects. */
export const joined = (...projects: ReadonlyArray<Project>): Project => ({
  rules: union(
    projects.map(({ rules }) => rules),
    ({ name }) => name,
  ),
  repeats: union(
    projects.map(({ repeats }) => repeats),
    Domain.formatCommand,
  ),
  macros: union(
    projects.map(({ macros }) => macros),
    ({ name }) => name,
  ),
})

/** The rules, repeats and macros of all windows of a workspace. */
const projectOf = (workspace: WorkspaceService): Effect.Effect<Project, Domain.Refusal> =>
  Effect.flatMap(workspace.tabs, (tabs) =>
    Effect.map(
      Effect.forEach(tabs, ({ tab }) => Effect.flatMap(workspace.get(tab), ({ project }) => project)),
      (projects) => joined(...projects),
    ),
  )

/** The access of the page to the project file. */
export const projectAccess = (
  workspace: WorkspaceService,
  { path: first }: StartProject,
): Effect.Effect<ProjectAccess, never, FileSystem.FileSystem> =>
  Effect.map(FileSystem.FileSystem, (fileSystem) => {
    let path = first
    return {
      read: Effect.suspend(() =>
        readProjectText(path).pipe(
          Effect.catchIf(
            ({ code }) => code === "ENOENT",
            () => Effect.succeed(""),
          ),
          Effect.map((text) => ({ path, text })),
          Effect.provideService(FileSystem.FileSystem, fileSystem),
        ),
      ),
      save: (wanted) =>
        Effect.gen(function* () {
          const to = wanted === undefined || wanted === "" ? path : resolve(wanted)
          yield* writeProject(to, yield* projectOf(workspace))
          path = to
          return to
        }).pipe(Effect.provideService(FileSystem.FileSystem, fileSystem)),
    }
  })
