import * as fs from "node:fs"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { fileProblem, readBytes } from "../files/files.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { type DefaultsFile, type FileDefaults, parseFileDefaults } from "./fileDefaults.ts"

/** The name of the user file and of the project file. */
export const fileName = "tcpfx.yaml"

const none = "none"

/** A place where a file of defaults may be. */
export interface FilePlace extends DefaultsFile {
  /** Whether a flag or `TCPFX_CONFIG` names the file. Such a file must exist. */
  readonly namedBy: "config" | "project" | undefined
}

/** The values of `--config` and `--project`. */
export interface NamedFiles {
  readonly config: string | undefined
  readonly project: string | undefined
}

const shown = (path: string): string => {
  const home = homedir()
  return path.startsWith(`${home}/`) && home !== "/" ? `~/${path.slice(home.length + 1)}` : path
}

const placeOf = (role: FilePlace["role"], path: string, namedBy?: "config" | "project"): FilePlace => ({
  role,
  path,
  shownPath: namedBy === undefined && role === "user" ? shown(path) : path,
  namedBy,
})

/** The path of the user file: in `$XDG_CONFIG_HOME/tcpfx`, or else in `~/.config/tcpfx`. */
const userPath = (environment: NodeJS.ProcessEnv): string =>
  join(environment["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "tcpfx", fileName)

/** The places of the files of defaults, the strongest first. */
export const filePlaces = (named: NamedFiles, environment: NodeJS.ProcessEnv): ReadonlyArray<FilePlace> => {
  const config = named.config ?? environment["TCPFX_CONFIG"]
  if (config === none) return []
  if (config !== undefined) return [placeOf("user", config, "config")]
  const project =
    named.project === undefined ? placeOf("project", fileName) : placeOf("project", named.project, "project")
  return [project, placeOf("user", userPath(environment))]
}

/** The state of a place: the file exists, does not exist, or belongs to another user. */
export const stateOf = ({ namedBy, path }: FilePlace): "file" | "absent" | "foreign" => {
  const stat = statOf(path)
  if (stat === undefined) return "absent"
  const user = process.geteuid?.()
  const isOwn = user === undefined || stat.uid === user || stat.uid === 0
  return namedBy !== undefined || isOwn ? "file" : "foreign"
}

const statOf = (path: string): fs.Stats | undefined => {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })
  } catch {
    // A folder on the way cannot be read, such as the home of another user after `su`.
    return undefined
  }
}

/** Reads a file of defaults. If the file has mistakes, prints each in a line, and fails with the last one. */
export const readFile = (
  place: FilePlace,
  commands: CommandShapes,
): Effect.Effect<FileDefaults, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const { path } = place
    if (place.namedBy === undefined && statOf(path)?.isFile() === false) {
      return yield* usageError(`${place.shownPath} cannot be read: it is not a regular file`)
    }
    const bytes = yield* place.namedBy === undefined
      ? Effect.try({
          try: () => fs.readFileSync(path),
          catch: (error) =>
            usageError(
              `${place.shownPath} cannot be read: ${fileProblem((error as NodeJS.ErrnoException).code ?? "EIO")}`,
            ),
        })
      : readBytes(place.namedBy, path)
    const text = yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => usageError(`${place.shownPath} cannot be read: it is not UTF-8`),
    })
    const yaml = yield* Effect.tryPromise({
      try: () => import("yaml"),
      catch: (error) =>
        usageError(`the YAML library cannot be loaded: ${error instanceof Error ? error.message : error}`),
    })
    const parsed = parseFileDefaults(yaml, place, text, commands)
    if (parsed._tag === "Right") return parsed.right
    yield* Effect.forEach(parsed.left.slice(0, -1), tell, { discard: true })
    return yield* usageError(parsed.left.at(-1) ?? "")
  })

/** The absolute path of a place. */
export const absolutePath = ({ path }: FilePlace): string => resolve(path)
