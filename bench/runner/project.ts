import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Schema from "effect/Schema"

const Package = Schema.parseJson(Schema.Struct({ version: Schema.String }))
const decodePackage = Schema.decodeUnknownSync(Package)

/** The version that a package.json says. */
export const packageVersion = (path: string): string => decodePackage(readFileSync(path, "utf8")).version

/** The nearest folder above one that holds a package.json. */
export const projectFolder = (from: string): string => {
  const parent = dirname(from)
  return existsSync(join(from, "package.json")) || parent === from ? from : projectFolder(parent)
}
