import * as fs from "node:fs"
import * as tty from "node:tty"
import { errorCode } from "../../../domain/errorCode.ts"

/** The kind of file behind a descriptor. `device` is a character device other than a terminal, such as /dev/null. */
export type DescriptorKind = "pipe" | "socket" | "terminal" | "file" | "folder" | "device"

/** One of the standard descriptors, in its state at the start of the process. */
export interface Descriptor {
  readonly fd: number
  readonly kind: DescriptorKind
  /** Two descriptors with the same identity are the same file, pipe, socket or terminal. */
  readonly identity: string
  /**
   * Whether the descriptor is open for reading, and for writing. Both are `true` if the system does not report the
   * access mode.
   */
  readonly readable: boolean
  readonly writable: boolean
  readonly append: boolean
  /** Whether another program had made the descriptor non-blocking. */
  readonly nonBlocking: boolean
  /** The path of a regular file. Undefined if the file has no path, or no longer has one. */
  readonly path: string | undefined
}

interface Description {
  readonly flags: number
  readonly position: number
}

/** The flags and position of an open file description (proc_pid_fdinfo(5)). Undefined without /proc. */
export const descriptionOf = (fd: number): Description | undefined => {
  try {
    const text = fs.readFileSync(`/proc/self/fdinfo/${fd}`, "latin1")
    const position = /^pos:\s*(\d+)/m.exec(text)?.[1]
    const flags = /^flags:\s*([0-7]+)/m.exec(text)?.[1]
    return position === undefined || flags === undefined
      ? undefined
      : { flags: Number.parseInt(flags, 8), position: Number(position) }
  } catch {
    return undefined
  }
}

const kindOf = (fd: number, stat: fs.Stats): DescriptorKind => {
  if (stat.isFile() || stat.isBlockDevice()) return "file"
  if (stat.isDirectory()) return "folder"
  if (stat.isFIFO()) return "pipe"
  if (stat.isSocket()) return "socket"
  return tty.isatty(fd) ? "terminal" : "device"
}

const pathOf = (fd: number): string | undefined => {
  try {
    const path = fs.readlinkSync(`/proc/self/fd/${fd}`)
    return fs.existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

const { O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants
const accessModes = O_RDONLY | O_WRONLY | fs.constants.O_RDWR

/** Inspects a standard descriptor. A descriptor that fstat(2) refuses counts as a device. */
export const inspect = (fd: number): Descriptor => {
  const flags = descriptionOf(fd)?.flags ?? fs.constants.O_RDWR
  const access = flags & accessModes
  const common = {
    fd,
    readable: access !== O_WRONLY,
    writable: access !== O_RDONLY,
    append: (flags & O_APPEND) !== 0,
    nonBlocking: (flags & O_NONBLOCK) !== 0,
  }
  try {
    const stat = fs.fstatSync(fd)
    const kind = kindOf(fd, stat)
    const identity = `${stat.dev}:${stat.ino}:${stat.rdev}`
    return { ...common, kind, identity, path: kind === "file" ? pathOf(fd) : undefined }
  } catch {
    return { ...common, kind: "device", identity: `fd:${fd}`, path: undefined }
  }
}

/**
 * Opens the file behind a descriptor again, non-blocking. All programs that share an open file description share its
 * mode, so only a description that no other program shares may become non-blocking. Returns the new descriptor, or the
 * system's error code: `EACCES` after su or sudo, `ENXIO` for a socket or for a pipe without a reader, `ENOENT` without
 * /proc.
 */
export const openAnew = (fd: number, access: "read" | "write"): number | string => {
  try {
    const flags = (access === "read" ? O_RDONLY : O_WRONLY) | O_NONBLOCK | fs.constants.O_NOCTTY
    return fs.openSync(`/proc/self/fd/${fd}`, flags)
  } catch (error) {
    return errorCode(error)
  }
}
