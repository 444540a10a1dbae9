import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { openDescriptors, openFilesLimit } from "./listen/descriptors.ts"

/** The open files of this process and their limit. */
export interface OpenFiles {
  /** The number of open files. */
  readonly open: number
  /** The highest number of open files. Absent if there is no limit or the kernel does not report it. */
  readonly limit: number | undefined
}

/** The number of files that this process has open, and its limit (RLIMIT_NOFILE, getrlimit(2)). */
export const openFiles: Effect.Effect<OpenFiles> = Effect.sync(() => ({
  open: Math.max(0, openDescriptors().length - 1),
  limit: openFilesLimit(),
}))

/**
 * The highest number of connections that the kernel queues for a listener before they are accepted
 * (`net.core.somaxconn`, listen(2)). A larger `backlog` does not raise it. Absent if the kernel does not report it.
 */
export const acceptQueueLimit: Effect.Effect<number | undefined> = Effect.sync(() => {
  try {
    const limit = Number(fs.readFileSync("/proc/sys/net/core/somaxconn", "utf8"))
    return Number.isSafeInteger(limit) ? limit : undefined
  } catch {
    return undefined
  }
})
