import type * as Command from "@effect/cli/Command"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { formatBytes, parseCount, parseSize, ValueSyntaxError } from "../../domain/index.ts"
import { parseFileName } from "../logs/fileName.ts"
import type { Dependency } from "./dependencies.ts"
import { toggle, value } from "./flag.ts"

const leastLog = 4 * 1024
const mostKept = 1000
/** The number of old files of a log, unless `--log-keep` is given. */
export const defaultKept = 9

const parseLogSize = (input: string): Either.Either<number, ValueSyntaxError> =>
  Either.filterOrLeft(
    parseSize(input),
    (bytes) => bytes >= leastLog,
    () => {
      const expected = `at least ${formatBytes(leastLog)}`
      return new ValueSyntaxError({ input, kind: "the size of a log", problem: "it is too small", expected })
    },
  )

const parseKept = (input: string): Either.Either<number, ValueSyntaxError> =>
  Either.filterOrLeft(
    parseCount(input),
    (count) => count <= mostKept,
    () => new ValueSyntaxError({ input, kind: "a count", problem: "it is out of range", expected: `1 to ${mostKept}` }),
  )

/** The flags of files that are written while the command runs. */
export const logFlags = {
  outputFile: value("output-file", "FILE", parseFileName, {
    alias: "o",
    help: "Write the received bytes to FILE too. With %id in its name, each client of serve has a file of its own.",
  }),
  hexDump: value("hex-dump", "FILE", parseFileName, {
    alias: "x",
    help: "Write a hex dump of received and sent data to FILE, with time, client and direction; %id as for -o.",
  }),
  appendOutput: toggle("append-output", { help: "Append to the files of -o and -x. Without it, they are truncated." }),
  log: value("log", "FILE", parseFileName, {
    help: "Append the events to FILE, as --output json writes them. SIGUSR1 opens FILE again, and the files of -o and -x.",
  }),
  logMax: value("log-max", "SIZE", parseLogSize, {
    help: "Rename the log to FILE.1, and so on, before it exceeds SIZE (default: no limit).",
  }),
  logDaily: toggle("log-daily", { help: "Rename the log to FILE.1, and so on, at the first event of each day." }),
  logKeep: value("log-keep", "N", parseKept, { help: `How many renamed logs to keep (default ${defaultKept}).` }),
}

/** The values of {@link logFlags}. */
export type LogOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof logFlags]: (typeof logFlags)[K]["options"]
}>

/** The facts that decide whether a flag of a log has an effect. */
export interface LogFacts {
  readonly hasLog: boolean
  readonly hasRotation: boolean
  /** Whether `-o` or `-x` is given. */
  readonly hasTrafficFile: boolean
}

/** The facts of some options. */
export const logFacts = ({ hexDump, log, logDaily, logMax, outputFile }: LogOptions): LogFacts => ({
  hasLog: Option.isSome(log),
  hasRotation: logDaily || Option.isSome(logMax),
  hasTrafficFile: Option.isSome(hexDump) || Option.isSome(outputFile),
})

/** The flags of a log that have an effect only beside another flag. */
export type LogKey = "logMax" | "logDaily" | "logKeep" | "appendOutput"

/** The flags of {@link LogKey}, with the flags that they need. */
export const logDependencies: ReadonlyArray<Dependency<LogKey, LogFacts>> = [
  { flags: ["logMax", "logDaily"], isMet: ({ hasLog }) => hasLog, problem: "needs --log FILE" },
  { flags: ["logKeep"], isMet: ({ hasRotation }) => hasRotation, problem: "needs --log-max SIZE or --log-daily" },
  { flags: ["appendOutput"], isMet: ({ hasTrafficFile }) => hasTrafficFile, problem: "needs -o FILE or -x FILE" },
]
