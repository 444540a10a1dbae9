import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { openDescriptors, openFilesLimit } from "./listen/descriptors.ts"

/** The files of this process. */
export interface OpenFiles {
  /** How many are open. */
  readonly open: number
  /** How many may be; nothing where the system does not say, or has no limit. */
  readonly limit: number | undefined
}

/** How many files this process has open, and how many it may have (RLIMIT_NOFILE, getrlimit(2)). */
export const openFiles: Effect.Effect<OpenFiles> = Effect.sync(() => ({
  open: Math.max(0, openDescriptors().length - 1),
  limit: openFilesLimit(),
}))

/**
 * How many connections the system keeps for a listener until they are accepted, whatever its `backlog` asks for
 * (`net.core.somaxconn`, listen(2)); nothing where the system does not say.
 */
export const acceptQueueLimit: Effect.Effect<number | undefined> = Effect.sync(() => {
  try {
    const limit = Number(fs.readFileSync("/proc/sys/net/core/somaxconn", "utf8"))
    return Number.isSafeInteger(limit) ? limit : undefined
  } catch {
    return undefined
  }
})
