import * as fs from "node:fs"
import * as os from "node:os"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { errorCode } from "../../domain/errorCode.ts"
import { type CommandFailed, usageError } from "./exit.ts"

// A process has one user, and so this is the command's and not a server's: a library that gave up the privileges of a
// program, in which other servers may be at work, would do too much.

/** Who the process is to be from some moment on. */
export interface Account {
  readonly uid: number
  readonly gid: number
  /** The name, if the system knows one, for the groups that it is a member of. */
  readonly name: string | undefined
  /** As it was asked for. */
  readonly text: string
}

/** What `--user` takes: names or numbers. */
export interface AccountName {
  readonly user: string
  readonly group: string | undefined
  readonly text: string
}

/** Reads `NAME` or `NAME:GROUP`. */
export const parseAccountName = (text: string): Either.Either<AccountName, { readonly message: string }> => {
  const [, user = "", colon, group = ""] = /^([^:\s]*)(:([^:\s]*))?$/.exec(text) ?? []
  if (user === "" || (colon !== undefined && group === "")) {
    return Either.left({ message: `${JSON.stringify(text)} is not NAME or NAME:GROUP` })
  }
  return Either.right({ user, group: colon === undefined ? undefined : group, text })
}

const refused = (text: string, problem: string) => usageError(`--user ${text}: ${problem}`)

// Digits are an id; a name of digits alone is one that no system gives.
const idOrName = (text: string): number | string => (/^[0-9]+$/.test(text) ? Number(text) : text)

const problemOf = (error: unknown): string => errorCode(error, error instanceof Error ? error.message : String(error))

/** What of node:process is not there on every system (Windows has no users of this kind). */
const posix = () => {
  const { getegid, geteuid, getgid, getuid, setegid, seteuid, setgid, setgroups, setuid } = process
  return getegid && geteuid && getgid && getuid && setegid && seteuid && setgid && setgroups && setuid
    ? { getegid, geteuid, getgid, getuid, setegid, seteuid, setgid, setgroups, setuid }
    : undefined
}

type Posix = NonNullable<ReturnType<typeof posix>>

const asPosix = (text: string): Effect.Effect<Posix, CommandFailed> =>
  Effect.suspend(() => {
    const calls = posix()
    return calls === undefined ? refused(text, "this system has no such users") : Effect.succeed(calls)
  })

// Node looks names up only on the way to becoming somebody (getpwnam(3)), and tells of the one that it is; so it becomes
// that one for a moment, in effect only, and is root again before anything else runs.
const asEffectiveUser = <A>(calls: Posix, user: number | string, look: (uid: number) => A): A => {
  calls.seteuid(user)
  try {
    return look(calls.geteuid())
  } finally {
    calls.seteuid(0)
  }
}

const groupId = (calls: Posix, group: number | string): number => {
  const before = calls.getegid()
  calls.setegid(group)
  try {
    return calls.getegid()
  } finally {
    calls.setegid(before)
  }
}

// Not among the types of the oldest Node that is served (initgroups(3)).
const initgroups = (user: string, group: number): void => {
  const call: unknown = Reflect.get(process, "initgroups")
  if (typeof call !== "function") throw new Error("ENOSYS")
  Reflect.apply(call, process, [user, group])
}

const known = (): os.UserInfo<string> | undefined => {
  try {
    return os.userInfo()
  } catch {
    return undefined
  }
}

/** Finds out who is meant, while that is still possible. Only root can become somebody else. */
export const findAccount = ({ group, text, user }: AccountName): Effect.Effect<Account, CommandFailed> =>
  Effect.gen(function* () {
    const calls = yield* asPosix(text)
    if (calls.geteuid() !== 0) return yield* refused(text, "only root can become another user; start it as root")
    const found = yield* Effect.try({
      try: () => asEffectiveUser(calls, idOrName(user), (uid) => ({ uid, info: known() })),
      catch: () => refused(text, `there is no user ${JSON.stringify(user)}`),
    })
    if (found.uid === 0) return yield* refused(text, "root keeps every privilege; name a user without them")
    const gid = yield* group === undefined
      ? Effect.succeed(found.info?.gid)
      : Effect.try({
          try: () => groupId(calls, idOrName(group)),
          catch: () => refused(text, `there is no group ${JSON.stringify(group)}`),
        })
    if (gid === undefined) return yield* refused(text, `the user has no group of its own, give one (${user}:GROUP)`)
    return { uid: found.uid, gid, name: found.info?.username, text }
  })

/** Gives the files of unix sockets to the account that will serve them. */
export const giveFiles = (paths: ReadonlyArray<string>, account: Account): Effect.Effect<void, CommandFailed> =>
  Effect.try({
    // Not through a link, which may lead anywhere.
    try: () => {
      for (const path of paths) fs.lchownSync(path, account.uid, account.gid)
    },
    catch: (error) => refused(account.text, `the socket's file cannot be given to it (${problemOf(error)})`),
  })

const sticky = 0o1000

/** Whether this process may remove a file: unlink(2) asks for the right to write to the folder, and to own what is sticky. */
const canRemove = (path: string): boolean => {
  const folder = dirname(path)
  try {
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK)
    const { mode, uid } = fs.statSync(folder)
    const own = process.getuid?.()
    return (mode & sticky) === 0 || uid === own || fs.lstatSync(path).uid === own
  } catch {
    return false
  }
}

/** The files of unix sockets that the account, which the process has become, leaves behind at the end; in words. */
export const leftBehind = (paths: ReadonlyArray<string>, account: Account): Effect.Effect<ReadonlyArray<string>> =>
  Effect.sync(() =>
    paths
      .filter((path) => !canRemove(path))
      .map(
        (path) =>
          `--user ${account.text}: ${path} stays behind at the end, as that user may not remove files from ${dirname(path)}; ` +
          "give the socket a folder that belongs to the user (the next start removes the file too)",
      ),
  )

/**
 * Becomes that account for good: groups first, then the group, then the user, after which nothing of it can be undone
 * (setuid(2)); and makes sure of that.
 */
export const becomeAccount = (account: Account): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    const { gid, name, text, uid } = account
    const calls = yield* asPosix(text)
    yield* Effect.try({
      try: () => {
        if (name === undefined) calls.setgroups([gid])
        else initgroups(name, gid)
        calls.setgid(gid)
        calls.setuid(uid)
      },
      catch: (error) => refused(text, `the process could not become that user (${problemOf(error)})`),
    })
    const ids = [calls.getuid(), calls.geteuid(), calls.getgid(), calls.getegid()]
    if (ids.join() !== [uid, uid, gid, gid].join() || canReturn(calls)) {
      return yield* refused(text, "the process kept privileges of root; it does not go on")
    }
  })

const canReturn = (calls: Posix): boolean => {
  try {
    calls.setuid(0)
    return true
  } catch {
    return false
  }
}
