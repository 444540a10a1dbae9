import { promises as fs } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { PayloadSpec } from "../../domain/assistant/Payload.ts"
import { errorCode } from "../../domain/errorCode.ts"

/** The payloads that a user interface has sent. The history survives the end of the process. */
export interface PayloadHistory {
  /** The payloads, the latest first, without duplicates. */
  readonly entries: Effect.Effect<ReadonlyArray<PayloadSpec>>
  /** Adds a payload. It never fails, because an unwritable history must not prevent a send. */
  readonly add: (payload: PayloadSpec) => Effect.Effect<void>
}

/** Bounds of a history. */
export interface HistoryLimits {
  /** The maximum number of payloads. Default 500. */
  readonly entries: number
  /** The maximum length of the JSON of one payload, bytes. The history skips longer payloads. Default 16 KiB. */
  readonly entryBytes: number
  /** The maximum length of the JSON of all payloads, bytes. The file is rewritten at twice this length. Default 1 MiB. */
  readonly bytes: number
}

export const defaultHistoryLimits: HistoryLimits = { entries: 500, entryBytes: 16 * 1024, bytes: 1024 * 1024 }

/** Options of {@link openHistory}. */
export interface HistoryOptions {
  /** The folder of the file. The first write creates the folder (mode 700). */
  readonly folder: string
  readonly limits?: Partial<HistoryLimits>
  /** Called once, with the reason why the history cannot be read or written. */
  readonly onProblem: (message: string) => Effect.Effect<void>
}

/** `$XDG_STATE_HOME/tcpfx`, or `~/.local/state/tcpfx` (XDG Base Directory Specification: a relative path is ignored). */
export const historyFolder = (environment: Readonly<Record<string, string | undefined>>): string => {
  const given = environment["XDG_STATE_HOME"] ?? ""
  return join(isAbsolute(given) ? given : join(homedir(), ".local", "state"), "tcpfx")
}

const fileName = "payloads.ndjson"
const Entry = Schema.parseJson(PayloadSpec)
const decode = Schema.decodeUnknownEither(Entry)
const encode = Schema.encodeSync(Entry)

/** The valid lines of a file without duplicates, the oldest first. It skips lines that are too long or are not payloads. */
const linesOf = (text: string, limits: HistoryLimits): Array<string> => {
  const kept = new Map<string, true>()
  for (const line of text.split("\n")) {
    if (line === "" || line.length > limits.entryBytes || Either.isLeft(decode(line))) continue
    kept.delete(line)
    kept.set(line, true)
  }
  return [...kept.keys()]
}

/**
 * Opens the history in a folder. Each payload is appended to the file (mode 600) as one line of JSON, so several processes can
 * add to the file at once. The file is rewritten when it is longer than twice the limit.
 */
export const openHistory = (options: HistoryOptions): Effect.Effect<PayloadHistory> =>
  Effect.gen(function* () {
    const limits = { ...defaultHistoryLimits, ...options.limits }
    const file = join(options.folder, fileName)
    const turn = yield* Effect.makeSemaphore(1)
    let lines: Array<string> = []
    let fileBytes = 0
    let isTold = false

    const trim = () => {
      let bytes = lines.reduce((sum, line) => sum + line.length + 1, 0)
      while (lines.length > limits.entries || bytes > limits.bytes) bytes -= (lines.shift()?.length ?? 0) + 1
    }

    const attempt = (run: () => Promise<void>): Effect.Effect<void> =>
      Effect.catchAll(
        Effect.tryPromise({ try: run, catch: (error) => errorCode(error, String(error)) }),
        (code): Effect.Effect<void> => {
          if (isTold) return Effect.void
          isTold = true
          return options.onProblem(
            `the history of sent payloads is not saved: ${file} cannot be read or written (${code})`,
          )
        },
      )

    const rewrite = async () => {
      const beside = `${file}.${process.pid}`
      const text = lines.map((line) => `${line}\n`).join("")
      await fs.writeFile(beside, text, { mode: 0o600, flag: "w" })
      await fs.rename(beside, file)
      fileBytes = Buffer.byteLength(text)
    }

    const append = async (line: string) => {
      await fs.mkdir(options.folder, { recursive: true, mode: 0o700 })
      await fs.appendFile(file, `${line}\n`, { mode: 0o600 })
      fileBytes += Buffer.byteLength(line) + 1
      if (fileBytes > 2 * limits.bytes) await rewrite()
    }

    yield* attempt(async () => {
      const text = await fs.readFile(file, "utf8").catch((error: unknown) => {
        if (errorCode(error) === "ENOENT") return ""
        throw error
      })
      fileBytes = Buffer.byteLength(text)
      lines = linesOf(text, limits)
      trim()
    })

    return {
      entries: Effect.sync(() =>
        lines
          .flatMap((line) => Either.match(decode(line), { onLeft: () => [], onRight: (payload) => [payload] }))
          .reverse(),
      ),
      add: (payload) =>
        turn.withPermits(1)(
          Effect.suspend(() => {
            const line = encode(payload)
            if (line.length > limits.entryBytes || line === lines.at(-1)) return Effect.void
            lines = lines.filter((other) => other !== line)
            lines.push(line)
            trim()
            return attempt(() => append(line))
          }),
        ),
    }
  })
