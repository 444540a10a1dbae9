import * as fs from "node:fs"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { TlsError } from "../../domain/index.ts"
import type { Tls } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../exit.ts"
import { codeOf } from "../fileErrors.ts"

/**
 * The value of a flag, or else that of a variable. Only `SSLKEYLOGFILE` may be empty here, and means none then, as in
 * other programs.
 */
export const orVariable = (flag: Option.Option<string>, variable: string): Effect.Effect<Option.Option<string>> =>
  Option.isSome(flag)
    ? Effect.succeed(flag)
    : Config.string(variable).pipe(
        Config.withDefault(""),
        Effect.map(Option.liftPredicate((text) => text !== "")),
        Effect.orElseSucceed(Option.none),
      )

/** The text of a file that a flag names. */
export const readPem = (flag: string, path: string): Effect.Effect<string, CommandFailed, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.mapError(files.readFileString(path), (error) =>
      usageError(`--${flag}: ${path} cannot be read (${codeOf(error)})`),
    ),
  )

/** A certificate and its key from their files, or from one that holds both. */
export const readIdentity = (
  cert: string,
  key: Option.Option<string>,
): Effect.Effect<Tls.Identity, CommandFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const certPem = yield* readPem("tls-cert", cert)
    if (Option.isSome(key)) return { cert: certPem, key: Redacted.make(yield* readPem("tls-key", key.value)) }
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(certPem)) return { cert: certPem, key: Redacted.make(certPem) }
    return yield* usageError(`--tls-cert: ${cert} holds no key; name the file of its key with --tls-key`)
  })

/** A failure of TLS as one line, with the file that it is about. */
export const tlsFailed = (error: TlsError, path: string): CommandFailed => usageError(`TLS: ${path}: ${error.message}`)

/** Opens the file that the secrets go to, and gives what writes a line to it. */
export const openKeyLog = (
  flag: Option.Option<string>,
): Effect.Effect<Pick<Tls.CommonOptions, "onKeyLog">, CommandFailed> =>
  Effect.gen(function* () {
    const path = yield* orVariable(flag, "SSLKEYLOGFILE")
    if (Option.isNone(path)) return {}
    const file = yield* Effect.try({
      // Readable by its owner only: whoever has it can read everything.
      try: () => fs.openSync(path.value, "a", 0o600),
      catch: (error) => usageError(`--tls-keylog: ${path.value} cannot be written (${systemCode(error)})`),
    })
    return {
      onKeyLog: (line) => {
        // A full disk must not cost the connection.
        try {
          fs.writeSync(file, line)
        } catch {}
      },
    }
  })

const systemCode = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error)
