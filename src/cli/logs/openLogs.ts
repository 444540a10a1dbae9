import * as fs from "node:fs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { call, close, failed, fileProblem, open, saying } from "../files/files.ts"
import type { NamedFile } from "../flags/given.ts"
import { defaultKept, type LogOptions } from "../flags/logFlags.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { EventLog, type Rotation } from "./EventLog.ts"
import type { FileName } from "./fileName.ts"
import { LogFile } from "./LogFile.ts"
import { type Logs, makeLogs, noLogs } from "./Logs.ts"
import { LossReport } from "./LossReport.ts"
import { mostOpen, TrafficFiles } from "./TrafficFiles.ts"
import { HexQueue, RawQueue } from "./TrafficQueue.ts"
import type { Target } from "./target.ts"

// The time for writing the files at the end of a command that has failed.
const patience = Duration.seconds(5)

/** The maximum number of files of the flags that are open at once. */
export const filesOf = ({ hexDump, log, outputFile }: LogOptions): number => {
  const traffic = [outputFile, hexDump].filter(Option.isSome)
  return traffic.reduce((sum, { value }) => sum + (value.isPerClient ? mostOpen : 1), Option.isSome(log) ? 2 : 0)
}

const { W_OK, X_OK } = fs.constants

/** Fails with the reason if no file can be created in the folder. */
const checkFolder = (flag: string, folder: string) =>
  Effect.gen(function* () {
    const stat = yield* call<fs.Stats>((done) => fs.stat(folder, done))
    if (!stat.isDirectory()) return yield* Effect.fail("ENOTDIR")
    yield* call<void>((done) => fs.access(folder, W_OK | X_OK, (error) => done(error)))
  }).pipe(
    Effect.mapError((code) =>
      usageError(
        code === "ENOENT"
          ? `--${flag}: the folder ${folder} does not exist`
          : `--${flag}: no file can be created in ${folder}: ${fileProblem(code)}`,
      ),
    ),
  )

const identityOf = (path: string) =>
  call<fs.Stats>((done) => fs.stat(path, done)).pipe(
    Effect.map((stat) => `${stat.dev}:${stat.ino}`),
    Effect.orElseSucceed(() => undefined),
  )

const standardStreams = [
  [0, "standard input"],
  [1, "standard output"],
  [2, "standard error"],
] as const

/** The identities of the regular files among the standard streams. */
const standardFiles = (): ReadonlyArray<readonly [identity: string, name: string]> =>
  standardStreams.flatMap(([fd, name]) => {
    try {
      const stat = fs.fstatSync(fd)
      return stat.isFile() ? [[`${stat.dev}:${stat.ino}`, name] as const] : []
    } catch {
      return []
    }
  })

/** Opens files for writing, and refuses a file that the command uses for something else. */
class Opening {
  private readonly used: Map<string, string>

  private constructor(used: Map<string, string>) {
    this.used = used
  }

  static readonly make = (others: ReadonlyArray<NamedFile>) =>
    Effect.map(
      Effect.forEach(others, ({ flag, path }) =>
        Effect.map(identityOf(path), (identity) => [identity ?? `path:${path}`, `--${flag}`] as const),
      ),
      (named) => new Opening(new Map([...named, ...standardFiles()])),
    )

  open(flag: string, file: LogFile): Effect.Effect<Target, CommandFailed, Stdio> {
    return saying(flag, file.path, file.open).pipe(
      Effect.mapError((code) => failed(flag, file.path, "written", code)),
      Effect.tap(({ identity, isRegular }) => {
        const other = this.used.get(identity)
        if (other !== undefined && isRegular) {
          return usageError(`--${flag}: ${file.path} is the file of ${other} too; name another file`)
        }
        this.used.set(identity, `--${flag}`)
        return Effect.void
      }),
    )
  }
}

const checkNames = (options: LogOptions, isServer: boolean) => {
  const { hexDump, log, outputFile } = options
  if (Option.isSome(log) && log.value.isPerClient) {
    return usageError("--log: %id is for -o and -x; the log has the events of all clients")
  }
  const perClient = [["output-file", outputFile] as const, ["hex-dump", hexDump] as const].find(
    ([, name]) => Option.isSome(name) && name.value.isPerClient,
  )
  if (perClient !== undefined && !isServer) {
    return usageError(`--${perClient[0]}: %id is for tcpfx serve; this command is one client`)
  }
  if (Option.isSome(outputFile) && Option.isSome(hexDump) && outputFile.value.text === hexDump.value.text) {
    return usageError(`--hex-dump: ${hexDump.value.text} is the file of --output-file too; name another file`)
  }
  return Effect.void
}

/**
 * Opens the files that `-o`, `-x` and `--log` name. They are complete when the scope closes. `others` are the files that
 * the command uses for something else.
 */
export const openLogs = (
  options: LogOptions,
  { isServer, others }: { readonly isServer: boolean; readonly others: ReadonlyArray<NamedFile> },
): Effect.Effect<Logs, CommandFailed, Stdio | Signals | Scope.Scope> =>
  Effect.gen(function* () {
    const { appendOutput: append, hexDump, log, outputFile } = options
    if (filesOf(options) === 0) return noLogs
    yield* checkNames(options, isServer)
    const stdio = yield* Stdio
    const signals = yield* Signals
    const say = (text: string) => stdio.tell("warn", text)
    const opening = yield* Opening.make(others)
    const reports: Array<LossReport> = []
    const reportOf = (flag: string, { text }: FileName, unit: "byte" | "event") => {
      const report = new LossReport(flag, text, unit, say)
      reports.push(report)
      return report
    }
    const traffic = (flag: string, named: Option.Option<FileName>, makeQueue: () => RawQueue | HexQueue) =>
      Effect.gen(function* () {
        if (Option.isNone(named)) return undefined
        const name = named.value
        const files = new TrafficFiles({ name, append, makeQueue, report: reportOf(flag, name, "byte") })
        if (name.isPerClient) yield* checkFolder(flag, name.folder)
        else yield* opening.open(flag, files.fileOf(0))
        return files
      })
    const raw = yield* traffic("output-file", outputFile, () => new RawQueue())
    const hex = yield* traffic("hex-dump", hexDump, () => new HexQueue())
    const events = yield* Option.match(log, {
      onNone: () => Effect.succeed(undefined),
      onSome: (name) => openEventLog(options, name, opening, reportOf("log", name, "event")),
    })
    const logs = yield* Effect.acquireRelease(
      Effect.map(makeLogs({ raw, hex, events, reports }), (made) => ({
        ...made,
        finish: (time: Duration.Duration) => Effect.zipLeft(made.finish(time), stdio.restartEnd),
      })),
      ({ finish }) => finish(patience),
    )
    const fork = yield* FiberSet.makeRuntime<never, void, never>()
    yield* signals.addFiles({ reopen: () => void fork(logs.reopen), isIdle: logs.isIdle })
    return logs
  })

const openEventLog = (options: LogOptions, name: FileName, opening: Opening, report: LossReport) =>
  Effect.gen(function* () {
    const file = new LogFile(name.pathOf(0), true)
    const target = yield* opening.open("log", file)
    const rotation = rotationOf(options)
    if (rotation !== undefined) {
      const flag = Option.isSome(options.logMax) ? "log-max" : "log-daily"
      if (!target.isRegular)
        return yield* usageError(`--${flag}: ${file.path} is not a regular file; give a regular file`)
      const path = yield* Effect.mapError(
        call<string>((done) => fs.realpath(file.path, done)),
        (code) => failed("log", file.path, "written", code),
      )
      yield* checkFolder(flag, path.slice(0, path.lastIndexOf("/")) || "/")
    }
    const isTorn = target.isRegular && target.size > 0 && (yield* endsWithin(file.path, target.size))
    return new EventLog(file, rotation, report, { changedAt: target.changedAt, isTorn })
  })

/** Whether a file ends within a line. A file that cannot be read counts as complete. */
const endsWithin = (path: string, size: number) =>
  Effect.acquireUseRelease(
    open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK),
    (fd) => {
      const last = new Uint8Array(1)
      return Effect.map(
        call<number>((done) => fs.read(fd, last, 0, 1, size - 1, done)),
        () => last[0] !== 0x0a,
      )
    },
    (fd) => Effect.sync(() => close(fd)),
  ).pipe(Effect.orElseSucceed(() => false))

const rotationOf = ({ logDaily, logKeep, logMax }: LogOptions): Rotation | undefined =>
  Option.isNone(logMax) && !logDaily
    ? undefined
    : {
        most: Option.getOrElse(logMax, () => Number.POSITIVE_INFINITY),
        daily: logDaily,
        keep: Option.getOrElse(logKeep, () => defaultKept),
      }
