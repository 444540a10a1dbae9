import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Schema from "effect/Schema"

const Package = Schema.parseJson(Schema.Struct({ version: Schema.String }))
const decodePackage = Schema.decodeUnknownSync(Package)

/** The version in a package.json. */
export const packageVersion = (path: string): string => decodePackage(readFileSync(path, "utf8")).version

/** The nearest folder with a package.json, from a folder upwards. */
export const projectFolder = (from: string): string => {
  const parent = dirname(from)
  return existsSync(join(from, "package.json")) || parent === from ? from : projectFolder(parent)
}

/** The paths that figures depend on. */
const measuredPaths = ["src", "bench", "package.json", ":(exclude)bench/results"]

/** The commit of a work tree, with ", modified" after uncommitted changes. Undefined if the folder is no git work tree. */
export const commitOf = (folder: string): string | undefined => {
  const git = (...args: ReadonlyArray<string>): string | undefined => {
    const { status, stdout } = spawnSync("git", args, { cwd: folder, encoding: "utf8", timeout: 10_000 })
    return status === 0 ? stdout.trim() : undefined
  }
  // If git prints a prefix, the folder is a part of the work tree of another repository.
  if (git("rev-parse", "--show-prefix") !== "") return undefined
  const commit = git("rev-parse", "--short", "HEAD")
  if (commit === undefined) return undefined
  return git("status", "--porcelain", "--", ...measuredPaths) === "" ? commit : `${commit}, modified`
}
