import * as fs from "node:fs"

// The kernel's lists of sockets (proc(5), Linux). On other systems they are empty. They contain the sockets of one
// network namespace only, so their entries are hints.

const linesOf = (table: string): ReadonlyArray<string> => {
  try {
    return fs.readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)
  } catch {
    return []
  }
}

/** A unix socket in the kernel's list. */
export interface UnixRow {
  readonly inode: string
  /** The path as the kernel shows it. An abstract name begins with `@`. */
  readonly path: string
  /** Whether it is a stream socket (SOCK_STREAM) that listens (__SO_ACCEPTCON). */
  readonly listens: boolean
  /** Whether it is bound and not connected: it listens, or will listen. */
  readonly awaits: boolean
}

// Num RefCount Protocol Flags Type St Inode Path. A path may contain any character except LF.
const unixLine = /^\S+ \S+ \S+ ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) +([0-9]+) ?(.*)$/
const listensFlag = 0x10000
const streamType = "0001"
const unconnected = "01"

/** The unix sockets in the kernel's list. */
export const unixSockets = (): ReadonlyArray<UnixRow> =>
  linesOf("unix").flatMap((line) => {
    const [, flags = "", type, state, inode = "", path = ""] = unixLine.exec(line) ?? []
    if (inode === "") return []
    const accepts = (Number.parseInt(flags, 16) & listensFlag) !== 0
    return [{ inode, path, listens: accepts && type === streamType, awaits: state === unconnected }]
  })

const listenState = "0A"

/** Whether a TCP socket listens. `undefined` if it is not in the lists. */
export const tcpListens = (inode: string): boolean | undefined => {
  for (const table of ["tcp", "tcp6"]) {
    for (const line of linesOf(table)) {
      // sl local rem st tx:rx tr:when retrnsmt uid timeout inode
      const fields = line.trim().split(/\s+/)
      if (fields[9] === inode) return fields[3] === listenState
    }
  }
  return undefined
}

/** The inode of a descriptor's socket. The lists identify sockets by it. */
export const socketInode = (fd: number): string | undefined => {
  try {
    return /^socket:\[([0-9]+)\]$/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1]
  } catch {
    return undefined
  }
}
