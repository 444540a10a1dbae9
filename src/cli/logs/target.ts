import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { call, close, open } from "../files/files.ts"

/** A file that is open for appending. */
export interface Target {
  readonly fd: number
  /** A regular file has a length, and can be truncated and rotated. */
  readonly isRegular: boolean
  /** The length of a regular file when it was opened, in bytes. */
  readonly size: number
  /** The time of the last change, in milliseconds since the epoch. */
  readonly changedAt: number
  /** Two files with the same identity are one file. */
  readonly identity: string
  readonly mode: number
}

const { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_RDWR, O_WRONLY } = fs.constants

/** The mode of a new file. Traffic can be secret, so other users of the machine may not read it. */
export const privateMode = 0o600

const isPipe = (path: string) =>
  call<fs.Stats>((done) => fs.stat(path, done)).pipe(
    Effect.map((stat) => stat.isFIFO()),
    Effect.orElseSucceed(() => false),
  )

/**
 * Opens a file for appending, and creates it if it does not exist. Follows links, as a shell does. Fails with the system's
 * code.
 *
 * A named pipe is opened for reading, too. So the open succeeds without a reader (fifo(7)), and a new reader can
 * replace a reader that has closed the pipe.
 */
export const openTarget = (path: string, mode: number = privateMode): Effect.Effect<Target, string> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const access = (yield* restore(isPipe(path))) ? O_RDWR : O_WRONLY | O_CREAT | O_APPEND
      const fd = yield* restore(open(path, access | O_NONBLOCK | O_NOCTTY, mode))
      const stat = yield* Effect.onError(restore(call<fs.Stats>((done) => fs.fstat(fd, done))), () =>
        Effect.sync(() => close(fd)),
      )
      const isRegular = stat.isFile()
      return {
        fd,
        isRegular,
        size: isRegular ? stat.size : 0,
        changedAt: stat.mtimeMs,
        identity: `${stat.dev}:${stat.ino}`,
        mode: stat.mode & 0o777,
      }
    }),
  )
