import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { errorCode } from "../../domain/errorCode.ts"

/**
 * The folder of the control sockets of `--control auto`: `tcpfx` in `$XDG_RUNTIME_DIR`, which belongs to the user, or a
 * folder of the user in the folder of temporary files.
 */
export const runtimeFolder = (environment: Readonly<Record<string, string | undefined>>): string => {
  const own = environment["XDG_RUNTIME_DIR"]
  return own?.startsWith("/") ? join(own, "tcpfx") : join(tmpdir(), `tcpfx-${process.geteuid?.() ?? "user"}`)
}

/** The control socket of `--control auto` for a process. */
export const automaticSocket = (folder: string, pid: number): string => join(folder, `${pid}.sock`)

/**
 * Why the folder cannot be used, or `undefined`. In the folder of temporary files, another user may have made a folder
 * with this name, and could then serve a socket that looks like a server of this user.
 */
export const folderProblem = (folder: string): string | undefined => {
  try {
    const { mode, uid } = fs.lstatSync(folder)
    if ((mode & fs.constants.S_IFMT) !== fs.constants.S_IFDIR) return "it is not a folder"
    if (uid !== process.geteuid?.()) return "it belongs to another user"
    return (mode & 0o077) === 0 ? undefined : "other users may open it (its mode must be 0700)"
  } catch (error) {
    return errorCode(error, "it cannot be read")
  }
}

/** Makes the folder. Returns why that failed, or `undefined`. */
export const makeFolder = (folder: string): string | undefined => {
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const code = errorCode(error, "it cannot be made")
    if (code !== "EEXIST") return code
  }
  return folderProblem(folder)
}

/** The control sockets in the folder, by process id. A server that was killed leaves its socket. */
export const socketsIn = (folder: string): ReadonlyArray<string> => {
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => /^\d+\.sock$/.test(name))
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}
