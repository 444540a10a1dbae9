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
  readonly isConnected: boolean
}

// Num RefCount Protocol Flags Type St Inode Path. A path may contain any character except LF.
const unixLine = /^\S+ \S+ \S+ ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) +([0-9]+) ?(.*)$/
const listensFlag = 0x10000
const streamType = "0001"
const unconnected = "01"
const connected = "03"

/** The unix sockets in the kernel's list. */
export const unixSockets = (): ReadonlyArray<UnixRow> =>
  linesOf("unix").flatMap((line) => {
    const [, flags = "", type, state, inode = "", path = ""] = unixLine.exec(line) ?? []
    if (inode === "") return []
    const accepts = (Number.parseInt(flags, 16) & listensFlag) !== 0
    const isConnected = state === connected
    return [{ inode, path, listens: accepts && type === streamType, awaits: state === unconnected, isConnected }]
  })

const listenState = "0A"
// CLOSE: the socket has no peer yet, or no longer. All other states belong to a connection.
const closedState = "07"

/** The state of a stream socket. `idle`: it neither listens nor has a peer. */
export type SocketState = "listening" | "connected" | "idle"

/** The state of a TCP socket. `undefined` if it is not in the lists. */
export const tcpState = (inode: string): SocketState | undefined => {
  for (const table of ["tcp", "tcp6"]) {
    for (const line of linesOf(table)) {
      // sl local rem st tx:rx tr:when retrnsmt uid timeout inode
      const fields = line.trim().split(/\s+/)
      if (fields[9] !== inode) continue
      return fields[3] === listenState ? "listening" : fields[3] === closedState ? "idle" : "connected"
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
