import * as fs from "node:fs"

/** What stands at a path. Links are followed, as connect(2) does and bind(2) does not. */
export const fileAt = (path: string, links: "followed" | "seen"): "none" | "socket" | "other" => {
  try {
    const found = links === "followed" ? fs.statSync(path) : fs.lstatSync(path)
    return found.isSocket() ? "socket" : "other"
  } catch {
    return "none"
  }
}

// In a line of /proc/net/unix: the flag of a socket that listens (__SO_ACCEPTCON), and what stands before the path.
const listensFlag = 0x10000
const beforePath = /^\S+ \S+ \S+ ([0-9A-F]+) \S+ \S+ +\S+ /

/** Whether the system names a listener at a path. `false` proves nothing: not every system has such a list. */
export const hasListener = (path: string): boolean => {
  try {
    return fs
      .readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .some((line) => {
        const [before, flags] = beforePath.exec(line) ?? []
        return before !== undefined && line.slice(before.length) === path && (Number(`0x${flags}`) & listensFlag) !== 0
      })
  } catch {
    return false
  }
}

/** Removes a socket's file; that it is gone already is no failure. */
export const removeFile = (path: string): void => fs.rmSync(path, { force: true })
