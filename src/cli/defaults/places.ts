import * as fs from "node:fs"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { projectFileName } from "../../assistant/project/Project.ts"
import type { DefaultsFile } from "./fileDefaults.ts"

const none = "none"

/** The values of `--config` and `--project`. */
export interface NamedFiles {
  readonly config: string | undefined
  readonly project: string | undefined
}

const shown = (path: string): string => {
  const home = homedir()
  return path.startsWith(`${home}/`) && home !== "/" ? `~/${path.slice(home.length + 1)}` : path
}

const placeOf = (role: DefaultsFile["role"], path: string, namedBy?: "config" | "project"): DefaultsFile => ({
  role,
  path,
  shownPath: namedBy === undefined && role === "user" ? shown(path) : path,
  namedBy,
})

/** The path of the user file: in `$XDG_CONFIG_HOME/tcpfx`, or else in `~/.config/tcpfx`. */
const userPath = (environment: NodeJS.ProcessEnv): string =>
  join(environment["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "tcpfx", projectFileName)

/** The places of the files of defaults, the strongest first. */
export const filePlaces = (named: NamedFiles, environment: NodeJS.ProcessEnv): ReadonlyArray<DefaultsFile> => {
  const config = named.config ?? environment["TCPFX_CONFIG"]
  if (config === none) return []
  if (config !== undefined) return [placeOf("user", config, "config")]
  const project =
    named.project === undefined ? placeOf("project", projectFileName) : placeOf("project", named.project, "project")
  return [project, placeOf("user", userPath(environment))]
}

/** The state of a place: the file exists, does not exist, or belongs to another user. */
export const stateOf = ({ namedBy, path }: DefaultsFile): "file" | "absent" | "foreign" => {
  const stat = statOf(path)
  if (stat === undefined) return "absent"
  const user = process.geteuid?.()
  const isOwn = user === undefined || stat.uid === user || stat.uid === 0
  return namedBy !== undefined || isOwn ? "file" : "foreign"
}

/** The state of a path. Undefined if the path does not exist, or if this process may not read a folder of the path. */
export const statOf = (path: string): fs.Stats | undefined => {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })
  } catch {
    // This process may not read a folder of the path, such as the home of another user after `su`.
    return undefined
  }
}

/** The absolute path of a place. */
export const absolutePath = ({ path }: DefaultsFile): string => resolve(path)
