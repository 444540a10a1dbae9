import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { projectFileName } from "../../assistant/project/Project.ts"

/**
 * The path of the history: `TCPFX_HISTORY`, or a file in the user's state folder. Each project has its own file. The
 * project is the file of `--project`, or `tcpfx.yaml` in the current folder. With `TCPFX_HISTORY=/dev/null`, or with
 * another device or a pipe, no history is read.
 */
export const historyPath = (environment: NodeJS.ProcessEnv, named: string | undefined): string => {
  const project = named ?? (fs.existsSync(projectFileName) ? projectFileName : undefined)
  const asked = environment["TCPFX_HISTORY"]
  if (asked !== undefined) return asked
  const state = environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state")
  const own =
    project === undefined ? "" : `-${createHash("sha256").update(resolve(project)).digest("hex").slice(0, 12)}`
  return join(state, "tcpfx", `history${own}`)
}
