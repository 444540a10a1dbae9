import * as fs from "node:fs"
import { errorCode } from "../../domain/errorCode.ts"

/**
 * The limit of open files of this process. `undefined` if there is no limit or the kernel does not report it
 * (proc_pid_limits(5)).
 */
export const openFilesLimit = (): number | undefined => {
  const limit = readLimit()
  return limit === noneLeft ? undefined : limit
}

// Reading the limit needs a descriptor, and no descriptor is left.
const noneLeft = "none left"

const readLimit = (): number | typeof noneLeft | undefined => {
  try {
    const soft = /^Max open files +([0-9]+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"))?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch (error) {
    return errorCode(error) === "EMFILE" ? noneLeft : undefined
  }
}

/** The open descriptors of this process. Empty if the kernel does not list them (proc_pid_fd(5)). */
export const openDescriptors = (): ReadonlyArray<number> => {
  try {
    // The list contains the descriptor of the folder itself, which is closed again.
    return fs.readdirSync("/proc/self/fd").map(Number)
  } catch {
    return []
  }
}

// The number of descriptors that connections must leave free. A refused connection needs one for a moment, and the
// process needs some for files and look-ups.
const kept = 8
// The number of spare descriptors. They are closed when the limit drops below the number of open files, because
// accept(2) fails without a free descriptor.
const spares = 2

const lookAgainMillis = 10
const lookAnywayMillis = 1000

/** The limit of descriptors and the open ones, as the kernel reports them. */
export interface DescriptorSource {
  readonly limit: () => number | typeof noneLeft | undefined
  readonly open: () => ReadonlyArray<number>
}

const ofProcess: DescriptorSource = { limit: readLimit, open: openDescriptors }

const openSpare = (): number => {
  try {
    return fs.openSync("/dev/null", "r")
  } catch {
    return -1
  }
}

/**
 * Keeps connections from using up the descriptors of the process. Without a free descriptor, libuv accepts and closes
 * connections without an event (uv__emfile_trick). So a connection that gets one of the last descriptors is refused
 * with an event. The kernel assigns the lowest free number (accept(2)), so the number of a new descriptor shows how
 * many descriptors are in use.
 */
export class DescriptorGuard {
  private readonly source: DescriptorSource
  private readonly timer: NodeJS.Timeout
  private spares: ReadonlyArray<number> = Array.from({ length: spares }, openSpare)
  private limit = 0
  private lookedAt = Number.NEGATIVE_INFINITY
  /**
   * The number of connections to accept before the next check. It applies only while descriptors above the limit are
   * open.
   */
  private allowance = Number.POSITIVE_INFINITY
  private isCrowded = false

  constructor(source: DescriptorSource = ofProcess) {
    this.source = source
    this.look()
    // prlimit(1) can lower the limit so far that accept(2) fails. Then only the timer checks the limit.
    this.timer = setInterval(() => this.look(), lookAnywayMillis).unref()
  }

  /** Whether a new connection has one of the last descriptors and must be refused. */
  isAmongLast(descriptor: number): boolean {
    if (performance.now() - this.lookedAt > lookAgainMillis) this.look()
    return descriptor >= this.limit - kept || --this.allowance < 0
  }

  close(): void {
    clearInterval(this.timer)
    this.recycle()
  }

  private look(): void {
    this.lookedAt = performance.now()
    const limit = this.readLimit()
    if (limit === noneLeft) return
    // After the limit drops, descriptors above it stay open. The number of a new descriptor then does not show how many
    // descriptors are in use.
    if (limit < this.limit) this.isCrowded = true
    this.limit = limit
    if (!this.isCrowded) return
    const open = this.source.open()
    const below = open.filter((descriptor) => descriptor < limit).length
    this.isCrowded = below < open.length
    this.allowance = this.isCrowded ? limit - kept - below : Number.POSITIVE_INFINITY
    if (below >= limit) this.recycle()
  }

  private readLimit(): number | typeof noneLeft {
    let limit = this.source.limit()
    if (limit === noneLeft) {
      this.recycle()
      limit = this.source.limit()
    }
    return limit ?? Number.POSITIVE_INFINITY
  }

  private recycle(): void {
    for (const descriptor of this.spares) if (descriptor >= 0) fs.closeSync(descriptor)
    this.spares = []
  }
}
