import * as fs from "node:fs"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { TlsError } from "../../domain/index.ts"
import type { Tls } from "../../transport/index.ts"
import { readBytes } from "../files/files.ts"
import { openSecretLog } from "../files/ownFiles.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { describeBinary } from "./formats.ts"

/**
 * The value of a flag, or else of an environment variable. Only `SSLKEYLOGFILE` may be empty here. It then counts as
 * unset, as in other programs.
 */
export const orVariable = (flag: Option.Option<string>, variable: string): Effect.Effect<Option.Option<string>> =>
  Option.isSome(flag)
    ? Effect.succeed(flag)
    : Config.string(variable).pipe(
        Config.withDefault(""),
        Effect.map(Option.liftPredicate((text) => text !== "")),
        Effect.orElseSucceed(Option.none),
      )

/** Reads a PEM file that a flag names. */
export const readPem = (flag: string, path: string): Effect.Effect<string, CommandFailed, Stdio> =>
  Effect.flatMap(readBytes(flag, path), (bytes) => {
    const problem = describeBinary(bytes, path)
    return problem === undefined
      ? Effect.succeed(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes))
      : usageError(`--${flag}: ${path} ${problem}`)
  })

/** Reads a certificate and its key from two files, or from one file with both. */
export const readIdentity = (
  cert: string,
  key: Option.Option<string>,
): Effect.Effect<Tls.Identity, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const certPem = yield* readPem("tls-cert", cert)
    if (Option.isSome(key)) return { cert: certPem, key: Redacted.make(yield* readPem("tls-key", key.value)) }
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(certPem)) return { cert: certPem, key: Redacted.make(certPem) }
    return yield* usageError(`--tls-cert: ${cert} has no key; give the file of the key with --tls-key`)
  })

/** The error message of a TLS failure, with the file that causes it. */
export const tlsFailed = (error: TlsError, path: string): CommandFailed => usageError(`TLS: ${path}: ${error.message}`)

// The number of lines that may wait to be written. Further lines are dropped: a file server that is down must not cost
// memory or connections.
const maxWaitingLines = 1000

/** Opens the file for the TLS secrets. Returns the option `onKeyLog`, which appends a line to the file. */
export const openKeyLog = (
  flag: Option.Option<string>,
): Effect.Effect<Pick<Tls.CommonOptions, "onKeyLog">, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const path = yield* orVariable(flag, "SSLKEYLOGFILE")
    if (Option.isNone(path)) return {}
    const file = yield* openSecretLog("tls-keylog", path.value)
    let waiting = 0
    return {
      onKeyLog: (line) => {
        if (waiting >= maxWaitingLines) return
        waiting++
        fs.write(file, line, () => {
          waiting--
        })
      },
    }
  })
