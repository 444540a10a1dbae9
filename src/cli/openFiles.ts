import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { type CommandFailed, usageError } from "./exit.ts"

// What the process has open beside its connections: standard streams, the event loop, listeners, files that it reads.
const reserve = 64

// Where there is room for so many, nothing need be said of it.
const plenty = 10_000

/** How many files this process may have open; none where the system does not say or has no limit (proc_pid_limits(5)). */
export const openFilesLimit = (): number | undefined => {
  try {
    const soft = /^Max open files +([0-9]+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"))?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/** How many connections there may be. */
export interface ConnectionRoom {
  readonly most: number
  /** What the user has to know of it. */
  readonly note: string | undefined
}

/**
 * How many connections there may be: what was asked for, or what the limit of open files leaves room for. Each needs a
 * descriptor, and a connection that gets none is lost without a word.
 */
export const connectionRoom = (asked: number): Effect.Effect<ConnectionRoom, CommandFailed> =>
  Effect.gen(function* () {
    const limit = openFilesLimit()
    if (limit === undefined) return { most: asked, note: undefined }
    const room = limit - reserve
    if (room < 1) return yield* usageError(`this process may have ${limit} files open, too few to serve (ulimit -n)`)
    if (Number.isFinite(asked)) {
      return asked <= room
        ? { most: asked, note: undefined }
        : yield* usageError(
            `--max-conns: ${asked} connections need ${asked + reserve} open files, the limit is ${limit}; ` +
              `raise it (ulimit -n ${asked + reserve}) or ask for at most ${room}`,
          )
    }
    const note = `at most ${room} connections at once, as ${limit} files may be open (ulimit -n raises that)`
    return { most: room, note: room < plenty ? note : undefined }
  })
