import * as Effect from "effect/Effect"
import { acceptQueueLimit, openFiles } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"

// The number of files that the process needs beside its connections, for the event loop, the listeners and the files
// that it reads: `leastReserve`, or the number of files open at the start plus `growth`, whichever is larger.
const leastReserve = 64
const growth = 24

// With room for this many connections, the limit needs no message.
const plenty = 10_000

// The message mentions open files only if the process has inherited many.
const inUse = (open: number): string => (open + growth > leastReserve ? `, and ${open} are open` : "")

/** The room for connections below the limit of open files. */
export interface ConnectionRoom {
  /** The largest number of connections. */
  readonly most: number
  /** A message for the user, if any. */
  readonly note: string | undefined
}

/**
 * The maximum number of connections: the requested number, or as many as the limit of open files leaves. The files that
 * are already open and the `files` files that the command writes count too. The limit applies to each of the `processes`
 * that share the connections. Fails if the limit is too low for the requested number.
 */
export const connectionRoom = (
  asked: number,
  files: number = 0,
  processes: number = 1,
): Effect.Effect<ConnectionRoom, CommandFailed> =>
  Effect.gen(function* () {
    const { limit, open } = yield* openFiles
    if (limit === undefined) return { most: asked, note: undefined }
    const reserve = Math.max(leastReserve, open + growth) + files
    const room = (limit - reserve) * processes
    if (room < 1) {
      return yield* usageError(
        `the limit of open files is ${limit}, and ${open} are open, so there is no room for connections; ` +
          `raise the limit (ulimit -n ${reserve + 1})`,
      )
    }
    if (Number.isFinite(asked)) {
      const needed = Math.ceil(asked / processes) + reserve
      const each = processes === 1 ? "" : " in each process"
      return asked <= room
        ? { most: asked, note: undefined }
        : yield* usageError(
            `--max-conns: ${asked} connections need ${needed} open files${each}, but the limit is ${limit}; ` +
              `raise the limit (ulimit -n ${needed}), or give at most ${room}`,
          )
    }
    const note = `at most ${room} connections at once: the limit of open files is ${limit} (ulimit -n raises it)${inUse(open)}`
    return { most: room, note: room < plenty ? note : undefined }
  })

/** A message for the user if the system allows only a smaller backlog. */
export const backlogNote = (asked: number): Effect.Effect<string | undefined> =>
  Effect.map(acceptQueueLimit, (limit) =>
    limit === undefined || limit >= asked
      ? undefined
      : `the system lets only ${limit} connections wait to be accepted, not ${asked}; ` +
        "a larger burst is delayed by a second or more (sysctl net.core.somaxconn raises the limit)",
  )
