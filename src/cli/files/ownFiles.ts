import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { call, close, failed, fileProblem, open, readRest, saying } from "./files.ts"

// Files with secrets. No other user of the machine may read them, or use them to make this process write elsewhere.
// Every check uses the opened descriptor and never the path, because the path can change between check and use.

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants

/** The access of other users to a file: `nothing` for a secret, `read` for a certificate. */
export type Others = "nothing" | "read"

const modeOf = (stat: fs.Stats): string => (stat.mode & 0o777).toString(8).padStart(3, "0")

/** The reason why a file is unsafe, with the remedy. Undefined if the file is safe. */
const wrongIn = (stat: fs.Stats, path: string, others: Others): string | undefined => {
  // Another user can make a hard link in another folder to a file of this user.
  if (stat.nlink > 1) return "it has several names (hard links); remove it, or name another file"
  const user = process.geteuid?.()
  if (user === undefined) return undefined
  if (stat.uid !== user) return `it belongs to another user (uid ${stat.uid}); remove it, or name another file`
  if ((stat.mode & (others === "nothing" ? 0o077 : 0o022)) === 0) return undefined
  return others === "nothing"
    ? `other users may read or change it (mode ${modeOf(stat)}); chmod 600 ${path}`
    : `other users may change it (mode ${modeOf(stat)}); chmod 644 ${path}`
}

const notUsed = (flag: string, path: string, why: string): CommandFailed =>
  usageError(`--${flag}: ${path} is not used: ${why}`)

/**
 * Opens a file, but never through a link, and accepts it only if other users have no more access than `others`. A named
 * pipe is accepted for writing too. Fails with the system's code, or with the refusal.
 */
const openOwn = (
  flag: string,
  path: string,
  flags: number,
  others: Others,
  mode?: number,
): Effect.Effect<number, CommandFailed | string> =>
  Effect.gen(function* () {
    const fd = yield* Effect.catchIf(
      open(path, flags | O_NOFOLLOW | O_NONBLOCK, mode),
      (code) => code === "ELOOP",
      () => notUsed(flag, path, "it is a link; name the file itself"),
    )
    return yield* Effect.onError(
      Effect.gen(function* () {
        const stat = yield* call<fs.Stats>((done) => fs.fstat(fd, done))
        const isRightKind = stat.isFile() || (stat.isFIFO() && (flags & O_WRONLY) !== 0)
        const why = isRightKind ? wrongIn(stat, path, others) : "it is not a regular file"
        return why === undefined ? fd : yield* notUsed(flag, path, why)
      }),
      () => Effect.sync(() => close(fd)),
    )
  })

/** Converts the system's code into an error message. */
const inWords =
  (flag: string, path: string, verb: "read" | "written") =>
  (error: CommandFailed | string): CommandFailed =>
    typeof error === "string" ? failed(flag, path, verb, error) : error

/** Opens a file of secrets for appending, and creates it with mode 600 if it does not exist. Returns the descriptor. */
export const openSecretLog = (flag: string, path: string): Effect.Effect<number, CommandFailed, Stdio> =>
  saying(
    flag,
    path,
    Effect.mapError(
      openOwn(flag, path, O_WRONLY | O_APPEND | O_CREAT, "nothing", 0o600),
      inWords(flag, path, "written"),
    ),
  )

/** Reads a file that belongs to this user. Undefined if the file does not exist. */
export const readOwn = (
  flag: string,
  path: string,
  others: Others,
): Effect.Effect<string | undefined, CommandFailed, Stdio> =>
  saying(
    flag,
    path,
    openOwn(flag, path, O_RDONLY, others).pipe(
      Effect.flatMap((fd) =>
        Effect.ensuring(
          readRest(fd),
          Effect.sync(() => close(fd)),
        ),
      ),
      Effect.map((content): string | undefined => content.toString("utf8")),
      Effect.catchIf(
        (error) => error === "ENOENT",
        () => Effect.succeed(undefined),
      ),
      Effect.mapError(inWords(flag, path, "read")),
    ),
  )

/**
 * Replaces the file at a path, if any, with a file of this user. The replacement is atomic, and never follows a link at
 * the path.
 */
export const replaceOwn = (
  flag: string,
  path: string,
  text: string,
  mode: number,
): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    const beside = `${path}.${randomBytes(6).toString("hex")}`
    const fd = yield* open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
    yield* Effect.ensuring(
      call<void>((done) => fs.writeFile(fd, text, (error) => done(error))),
      Effect.sync(() => close(fd)),
    )
    yield* call<void>((done) => fs.rename(beside, path, (error) => done(error)))
  }).pipe(Effect.mapError((code) => failed(flag, path, "written", code)))

const folderProblem = (code: string): string =>
  code === "ENOENT" ? "its parent folder does not exist" : fileProblem(code)

/**
 * Prepares a folder for files of this user: creates it with mode 700 if it does not exist, and refuses a folder in
 * which other users may replace files.
 */
export const ownFolder = (flag: string, folder: string): Effect.Effect<void, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    // The call is not recursive, because Node never returns from a recursive mkdir in a folder that refuses it, such as
    // /proc.
    yield* Effect.catchIf(
      call<void>((done) => fs.mkdir(folder, 0o700, (error) => done(error))),
      (code) => code === "EEXIST",
      () => Effect.void,
    )
    const fd = yield* open(folder, O_RDONLY | O_DIRECTORY | O_NONBLOCK)
    const stat = yield* Effect.ensuring(
      call<fs.Stats>((done) => fs.fstat(fd, done)),
      Effect.sync(() => close(fd)),
    )
    const user = process.geteuid?.()
    if (user === undefined) return
    if (stat.uid !== user && stat.uid !== 0) {
      return yield* notUsed(flag, folder, `it belongs to another user (uid ${stat.uid}); name a folder of your own`)
    }
    // In a folder with the sticky bit, a user cannot remove the files of another user.
    if ((stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0) {
      return yield* notUsed(flag, folder, `other users may write to it (mode ${modeOf(stat)}); chmod go-w ${folder}`)
    }
  }).pipe(
    Effect.mapError((error) =>
      typeof error === "string" ? usageError(`--${flag}: ${folder} cannot be used: ${folderProblem(error)}`) : error,
    ),
    (effect) => saying(flag, folder, effect),
  )
