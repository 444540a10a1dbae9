import { promises as fs } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { PayloadSpec } from "../../domain/assistant/Payload.ts"
import { errorCode } from "../../domain/errorCode.ts"

/** Payloads that were sent from a face, kept between runs. */
export interface PayloadHistory {
  /** The latest first; each payload once. */
  readonly entries: Effect.Effect<ReadonlyArray<PayloadSpec>>
  /** Keeps a payload. It never fails: a history that cannot be written is no reason not to send. */
  readonly add: (payload: PayloadSpec) => Effect.Effect<void>
}

/** Bounds of a history. */
export interface HistoryLimits {
  /** Payloads that are kept. Default 500. */
  readonly entries: number
  /** A longer payload is not kept, bytes of its JSON. Default 16 KiB. */
  readonly entryBytes: number
  /** All of them together, bytes of their JSON. Default 1 MiB. The file may be twice as long before it is written anew. */
  readonly bytes: number
}

export const defaultHistoryLimits: HistoryLimits = { entries: 500, entryBytes: 16 * 1024, bytes: 1024 * 1024 }

/** Options of {@link openHistory}. */
export interface HistoryOptions {
  /** Folder of the file; it is made (mode 700) when there is something to write. */
  readonly folder: string
  readonly limits?: Partial<HistoryLimits>
  /** Told once why the history cannot be kept. */
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

/** The last lines of a file, within bounds: the oldest first. Lines that are no payloads are left out. */
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
 * Opens the history in a folder. A payload is one line of JSON at the end of the file (mode 600), so that several programs can
 * add to it at once; the file is written anew when it is twice as long as it may be.
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
          return options.onProblem(`sent payloads are not kept for the next run: ${file} cannot be used (${code})`)
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
