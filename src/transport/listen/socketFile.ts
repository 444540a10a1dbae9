import * as fs from "node:fs"
import { unixSockets } from "./systemTables.ts"

/** What stands at a path. Links are followed, as connect(2) does and bind(2) does not. */
export const fileAt = (path: string, links: "followed" | "seen"): "none" | "socket" | "other" => {
  try {
    const found = links === "followed" ? fs.statSync(path) : fs.lstatSync(path)
    return found.isSocket() ? "socket" : "other"
  } catch {
    return "none"
  }
}

/** Tells one file from another that stands, or stood, at the same path. */
export type FileIdentity = string

/** Which file stands at a path. */
export const identityAt = (path: string): FileIdentity | undefined => {
  try {
    // The number of an inode is given again at once by some file systems; the time of its birth is not.
    const { birthtimeNs, dev, ino, mtimeNs } = fs.lstatSync(path, { bigint: true })
    return `${dev}:${ino}:${birthtimeNs > 0n ? birthtimeNs : mtimeNs}`
  } catch {
    return undefined
  }
}

/**
 * Whether the system names a socket that listens at a path, or is about to (between bind(2) and listen(2)). `false`
 * proves nothing: not every system has such a list.
 */
export const isAwaited = (path: string): boolean => unixSockets().some((row) => row.path === path && row.awaits)

// In the same folder, so that nothing but a name changes.
const asideOf = (path: string): string => `${path}.${process.pid}.aside`

// `link` replaces nothing, but may not be used for another's file everywhere (protected_hardlinks, proc(5)).
const putBack = (aside: string, path: string): void => {
  if (attempt(() => fs.linkSync(aside, path)) || fileAt(path, "seen") !== "none") attempt(() => fs.unlinkSync(aside))
  else attempt(() => fs.renameSync(aside, path))
}

const attempt = (change: () => void): boolean => {
  try {
    change()
    return true
  } catch {
    return false
  }
}

/**
 * Removes the file of a stale socket, if it is still the one that was found to be stale: another server may have had the
 * same thought and be listening there by now. Its file is put back at once.
 */
export const removeStale = (path: string, stale: FileIdentity): "removed" | "replaced" => {
  const aside = asideOf(path)
  if (!attempt(() => fs.renameSync(path, aside))) return identityAt(path) === undefined ? "removed" : "replaced"
  if (identityAt(aside) !== stale) {
    putBack(aside, path)
    return "replaced"
  }
  attempt(() => fs.unlinkSync(aside))
  return "removed"
}

/**
 * Runs what removes the file at a path (libuv does, whatever stands there, when it closes the listener), and keeps the
 * file if it is another one than our own: that of a server that took the path over.
 */
export const keepingOthers = (path: string, own: FileIdentity | undefined, close: () => void): void => {
  const found = identityAt(path)
  const aside = asideOf(path)
  // Who may not rename a file may not remove it either.
  const isAside = found !== undefined && found !== own && attempt(() => fs.renameSync(path, aside))
  close()
  if (isAside) putBack(aside, path)
}

/**
 * Runs what binds a unix socket, so that its file has a mode from its first moment on: the system takes the process's
 * umask off the full mode in bind(2) itself. Node binds and listens within the call, so no other file of this thread gets
 * that umask.
 */
export const withMode = (mode: number, bind: () => void): void => {
  const before = process.umask(0o777 & ~mode)
  try {
    bind()
  } finally {
    process.umask(before)
  }
}

/** Widens the mode of a new file where an access list that the folder hands down has narrowed it (acl(5)). */
export const ensureMode = (path: string, mode: number): void => {
  if ((fs.lstatSync(path).mode & 0o777) !== mode) fs.chmodSync(path, mode)
}
