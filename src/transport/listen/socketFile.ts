import * as fs from "node:fs"
import { unixSockets } from "./systemTables.ts"

/**
 * The kind of the file at a path. "followed": a link is followed, as in connect(2). "seen": a link is not followed, as
 * in bind(2).
 */
export const fileAt = (path: string, links: "followed" | "seen"): "none" | "socket" | "other" => {
  try {
    const found = links === "followed" ? fs.statSync(path) : fs.lstatSync(path)
    return found.isSocket() ? "socket" : "other"
  } catch {
    return "none"
  }
}

/** Identifies a file, even after another file has taken over its path. */
export type FileIdentity = string

/** The identity of the file at a path. */
export const identityAt = (path: string): FileIdentity | undefined => {
  try {
    // Some file systems reuse the number of an inode at once, but never with the same time of birth.
    const { birthtimeNs, dev, ino, mtimeNs } = fs.lstatSync(path, { bigint: true })
    return `${dev}:${ino}:${birthtimeNs > 0n ? birthtimeNs : mtimeNs}`
  } catch {
    return undefined
  }
}

/**
 * Whether the kernel lists a socket at a path that listens, or will listen (between bind(2) and listen(2)). `false`
 * proves nothing, because only Linux has this list.
 */
export const isAwaited = (path: string): boolean => unixSockets().some((row) => row.path === path && row.awaits)

// The new name is in the same folder, so a rename moves no data.
const asideOf = (path: string): string => `${path}.${process.pid}.aside`

// `link` never replaces a file. If Linux forbids a link to a file of another user (protected_hardlinks, proc(5)),
// `rename` is used.
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
 * Removes the file of a stale socket, unless it is no longer the file that was found to be stale. Another server may
 * have removed that file and listen with a new file by now. The new file is put back at once.
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
 * Closes a listener, and keeps the file at its path if it belongs to a server that took over the path. libuv removes
 * any file at the path when it closes a listener.
 */
export const keepingOthers = (path: string, own: FileIdentity | undefined, close: () => void): void => {
  const found = identityAt(path)
  const aside = asideOf(path)
  // A process that may not rename a file may not remove it either.
  const isAside = found !== undefined && found !== own && attempt(() => fs.renameSync(path, aside))
  close()
  if (isAside) putBack(aside, path)
}

/**
 * Binds a unix socket whose file has `mode` from its creation on: bind(2) itself applies the umask of the process. Node
 * binds and listens within the call, so no other file of this thread gets that umask.
 */
export const withMode = (mode: number, bind: () => void): void => {
  const before = process.umask(0o777 & ~mode)
  try {
    bind()
  } finally {
    process.umask(before)
  }
}

/** Sets the mode of a new file again. The default ACL of the folder may have narrowed it (acl(5)). */
export const ensureMode = (path: string, mode: number): void => {
  if ((fs.lstatSync(path).mode & 0o777) !== mode) fs.chmodSync(path, mode)
}
