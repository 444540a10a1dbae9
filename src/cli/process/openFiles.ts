import * as Effect from "effect/Effect"
import { acceptQueueLimit, openFiles } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"

// What the process has open beside its connections once it serves, and at least so much more than at its start: the
// event loop, listeners, files that it reads.
const leastReserve = 64
const growth = 24

// Where there is room for so many, nothing need be said of it.
const plenty = 10_000

// The files that the process opens by itself are no news.
const inUse = (open: number): string => (open + growth > leastReserve ? ` and ${open} are` : "")

/** How many connections there may be. */
export interface ConnectionRoom {
  readonly most: number
  /** What the user has to know of it. */
  readonly note: string | undefined
}

/**
 * How many connections there may be: what was asked for, or what the limit of open files leaves room for, less the files
 * that are open already.
 */
export const connectionRoom = (asked: number): Effect.Effect<ConnectionRoom, CommandFailed> =>
  Effect.gen(function* () {
    const { limit, open } = yield* openFiles
    if (limit === undefined) return { most: asked, note: undefined }
    const reserve = Math.max(leastReserve, open + growth)
    const room = limit - reserve
    if (room < 1) {
      return yield* usageError(
        `this process may have ${limit} files open and has ${open}, which leaves none for connections; ` +
          `raise the limit (ulimit -n ${reserve + 1})`,
      )
    }
    if (Number.isFinite(asked)) {
      return asked <= room
        ? { most: asked, note: undefined }
        : yield* usageError(
            `--max-conns: ${asked} connections need ${asked + reserve} open files, the limit is ${limit}; ` +
              `raise it (ulimit -n ${asked + reserve}) or ask for at most ${room}`,
          )
    }
    const note = `at most ${room} connections at once, as ${limit} files may be open (ulimit -n raises that)${inUse(open)}`
    return { most: room, note: room < plenty ? note : undefined }
  })

/** What the user has to know of a backlog that the system does not allow. */
export const backlogNote = (asked: number): Effect.Effect<string | undefined> =>
  Effect.map(acceptQueueLimit, (limit) =>
    limit === undefined || limit >= asked
      ? undefined
      : `the system keeps ${limit} connections waiting to be accepted, not ${asked}; ` +
        "a larger burst waits a second or more (sysctl net.core.somaxconn raises that)",
  )
