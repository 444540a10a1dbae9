import * as fs from "node:fs"
import { errorCode } from "../../domain/errorCode.ts"

/** How many files this process may have open; nothing where the system does not say or has no limit (proc_pid_limits(5)). */
export const openFilesLimit = (): number | undefined => {
  const limit = readLimit()
  return limit === noneLeft ? undefined : limit
}

// To read the limit takes a descriptor.
const noneLeft = "none left"

const readLimit = (): number | typeof noneLeft | undefined => {
  try {
    const soft = /^Max open files +([0-9]+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"))?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch (error) {
    return errorCode(error) === "EMFILE" ? noneLeft : undefined
  }
}

/** The descriptors that this process has open; none where the system does not say (proc_pid_fd(5)). */
export const openDescriptors = (): ReadonlyArray<number> => {
  try {
    // One of them is that of the folder itself, which is closed again.
    return fs.readdirSync("/proc/self/fd").map(Number)
  } catch {
    return []
  }
}

// Descriptors that no connection may keep: a connection needs one for the moment in which it is refused, and the process
// some for files and look-ups.
const kept = 8
// Descriptors that are given back when the limit was lowered below what is open: without any, accept(2) fails.
const spares = 2

const lookAgainMillis = 10
const lookAnywayMillis = 1000

/** What the system says of descriptors. */
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
 * Keeps a listener from using up the descriptors of its process. Without a descriptor left, libuv accepts and closes
 * connections and tells nobody (uv__emfile_trick). So the last ones are not given to connections: a connection that gets
 * one of them is closed and told. The system gives the lowest free number (accept(2)), so the number of a new descriptor
 * says how many are in use.
 */
export class DescriptorGuard {
  private readonly source: DescriptorSource
  private readonly timer: NodeJS.Timeout
  private spares: ReadonlyArray<number> = Array.from({ length: spares }, openSpare)
  private limit = 0
  private lookedAt = Number.NEGATIVE_INFINITY
  /** Connections that may come until the next look; counted only while descriptors above the limit are open. */
  private allowance = Number.POSITIVE_INFINITY
  private isCrowded = false

  constructor(source: DescriptorSource = ofProcess) {
    this.source = source
    this.look()
    // The limit may be lowered (prlimit(1)) so far that nothing is accepted any more.
    this.timer = setInterval(() => this.look(), lookAnywayMillis).unref()
  }

  /** Whether a new connection has one of the last descriptors, and must not keep it. */
  isAmongLast(descriptor: number): boolean {
    if (performance.now() - this.lookedAt > lookAgainMillis) this.look()
    return descriptor >= this.limit - kept || --this.allowance < 0
  }

  close(): void {
    clearInterval(this.timer)
    this.giveBack()
  }

  private look(): void {
    this.lookedAt = performance.now()
    const limit = this.readLimit()
    if (limit === noneLeft) return
    // Numbers above a limit that was lowered stay open, and numbers below it that become free say nothing of the others.
    if (limit < this.limit) this.isCrowded = true
    this.limit = limit
    if (!this.isCrowded) return
    const open = this.source.open()
    const below = open.filter((descriptor) => descriptor < limit).length
    this.isCrowded = below < open.length
    this.allowance = this.isCrowded ? limit - kept - below : Number.POSITIVE_INFINITY
    if (below >= limit) this.giveBack()
  }

  private readLimit(): number | typeof noneLeft {
    let limit = this.source.limit()
    if (limit === noneLeft) {
      this.giveBack()
      limit = this.source.limit()
    }
    return limit ?? Number.POSITIVE_INFINITY
  }

  private giveBack(): void {
    for (const descriptor of this.spares) if (descriptor >= 0) fs.closeSync(descriptor)
    this.spares = []
  }
}
