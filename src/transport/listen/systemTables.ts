import * as fs from "node:fs"

// What the system lists of sockets, where it does (proc(5), Linux). Everything here is a hint: elsewhere the lists are
// empty, and they have the sockets of one network namespace only.

const linesOf = (table: string): ReadonlyArray<string> => {
  try {
    return fs.readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)
  } catch {
    return []
  }
}

/** A unix socket in the system's list. */
export interface UnixRow {
  readonly inode: string
  /** As the system shows it: an abstract name begins with `@`. */
  readonly path: string
  /** Whether it takes streams (SOCK_STREAM) and listens (__SO_ACCEPTCON). */
  readonly listens: boolean
  /** Whether it is bound and not a connection: it listens, or is about to. */
  readonly awaits: boolean
}

// Num RefCount Protocol Flags Type St Inode Path; a path may hold any character but a line's end.
const unixLine = /^\S+ \S+ \S+ ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) +([0-9]+) ?(.*)$/
const listensFlag = 0x10000
const streamType = "0001"
const unconnected = "01"

/** The unix sockets that the system lists. */
export const unixSockets = (): ReadonlyArray<UnixRow> =>
  linesOf("unix").flatMap((line) => {
    const [, flags = "", type, state, inode = "", path = ""] = unixLine.exec(line) ?? []
    if (inode === "") return []
    const accepts = (Number.parseInt(flags, 16) & listensFlag) !== 0
    return [{ inode, path, listens: accepts && type === streamType, awaits: state === unconnected }]
  })

const listenState = "0A"

/** Whether a TCP socket listens; nothing where it is not listed. */
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

/** The inode of a descriptor's socket, by which the lists name it. */
export const socketInode = (fd: number): string | undefined => {
  try {
    return /^socket:\[([0-9]+)\]$/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1]
  } catch {
    return undefined
  }
}
