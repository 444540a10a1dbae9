import * as fs from "node:fs"
import * as os from "node:os"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { errorCode } from "../../domain/errorCode.ts"
import { type CommandFailed, usageError } from "./exit.ts"

// A process has one user. Therefore only the command changes the user, and the library does not: a program that uses
// the library may run other servers in the same process.

/** The account that the process will become. */
export interface Account {
  readonly uid: number
  readonly gid: number
  /** The name, which the system needs to find the user's groups. Undefined if the user has no name. */
  readonly name: string | undefined
  /** The value of `--user`. */
  readonly text: string
}

/** The parsed value of `--user`: names or numbers. */
export interface AccountName {
  readonly user: string
  readonly group: string | undefined
  readonly text: string
}

/** Parses `NAME` or `NAME:GROUP`. */
export const parseAccountName = (text: string): Either.Either<AccountName, { readonly message: string }> => {
  const [, user = "", colon, group = ""] = /^([^:\s]*)(:([^:\s]*))?$/.exec(text) ?? []
  if (user === "" || (colon !== undefined && group === "")) {
    return Either.left({ message: `${JSON.stringify(text)} is not NAME or NAME:GROUP` })
  }
  return Either.right({ user, group: colon === undefined ? undefined : group, text })
}

const refused = (text: string, problem: string) => usageError(`--user ${text}: ${problem}`)

// A text of digits is an id: no system allows a user name of digits only.
const idOrName = (text: string): number | string => (/^[0-9]+$/.test(text) ? Number(text) : text)

const problemOf = (error: unknown): string => errorCode(error, error instanceof Error ? error.message : String(error))

/** The calls of node:process that only POSIX systems have. */
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
    return calls === undefined ? refused(text, "this system has no POSIX users") : Effect.succeed(calls)
  })

// Node can look a user up (getpwnam(3)) only when it changes to that user, and reports only the current user. So the
// process changes its effective user for this look-up, and is root again before any other code runs.
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

// The types of the oldest supported Node lack initgroups(3).
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

/** Looks up the account of `--user`. Fails unless the process is root, because only root can become another user. */
export const findAccount = ({ group, text, user }: AccountName): Effect.Effect<Account, CommandFailed> =>
  Effect.gen(function* () {
    const calls = yield* asPosix(text)
    if (calls.geteuid() !== 0) return yield* refused(text, "only root can become another user; start tcpfx as root")
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
    if (gid === undefined) return yield* refused(text, `the user has no primary group; name a group (${user}:GROUP)`)
    return { uid: found.uid, gid, name: found.info?.username, text }
  })

/** Changes the owner of the files of unix sockets to the account that will serve them. */
export const giveFiles = (paths: ReadonlyArray<string>, account: Account): Effect.Effect<void, CommandFailed> =>
  Effect.try({
    // lchown does not follow a link, because a link may point to any file.
    try: () => {
      for (const path of paths) fs.lchownSync(path, account.uid, account.gid)
    },
    catch: (error) => refused(account.text, `the owner of the socket file cannot be changed (${problemOf(error)})`),
  })

const sticky = 0o1000

/**
 * Whether this process may remove a file: unlink(2) needs write access to the folder, and ownership in a sticky folder.
 */
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

/**
 * Messages about the files of unix sockets that the process cannot remove at the end. The process has already become
 * the account.
 */
export const leftBehind = (paths: ReadonlyArray<string>, account: Account): Effect.Effect<ReadonlyArray<string>> =>
  Effect.sync(() =>
    paths
      .filter((path) => !canRemove(path))
      .map(
        (path) =>
          `--user ${account.text}: ${path} stays at the end, because that user may not remove files from ${dirname(path)}; ` +
          "put the socket into a folder of that user, or let the next start remove the file",
      ),
  )

/**
 * Becomes the account for good: sets the supplementary groups, then the group, then the user. After that, the process
 * can change none of them (setuid(2)). Then checks that the process cannot return to root.
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
      return yield* refused(text, "the process still has privileges of root, so it stops")
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
