import * as fs from "node:fs"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { TlsError, TlsVersion } from "../../domain/index.ts"
import { Tls } from "../../transport/index.ts"
import { readBytes } from "../files/files.ts"
import { openSecretLog } from "../files/ownFiles.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { describeBinary, isPkcs12 } from "./formats.ts"
import type { Passphrases } from "./passphrases.ts"

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
  Effect.flatMap(readBytes(flag, path), (bytes) => pemOf(flag, path, bytes))

const pemOf = (flag: string, path: string, bytes: Uint8Array): Effect.Effect<string, CommandFailed> => {
  const problem = describeBinary(bytes, path)
  return problem === undefined
    ? Effect.succeed(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes))
    : usageError(`--${flag}: ${path} ${problem}`)
}

/** An identity from files. */
export interface ReadIdentity {
  readonly identity: Tls.Identity | Tls.Pkcs12
  readonly certificate: string
}

/** The files of a certificate and its key, and the place of the passphrase. */
export interface IdentityFiles {
  readonly cert: string
  /** Default: the key is in the file of the certificate. */
  readonly key: Option.Option<string>
  /** The index of the certificate among those of the command. */
  readonly index: number
  readonly passphrases: Passphrases
}

type WithPassphrase = (passphrase: Redacted.Redacted | undefined) => Tls.Identity | Tls.Pkcs12

const passphraseField = (passphrase: Redacted.Redacted | undefined) => (passphrase === undefined ? {} : { passphrase })

const identityIn = ({ cert, key }: IdentityFiles): Effect.Effect<WithPassphrase, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const bytes = yield* readBytes("tls-cert", cert)
    if (isPkcs12(bytes)) {
      return Option.isSome(key)
        ? yield* usageError(`--tls-key: ${cert} is PKCS #12 and has its key; leave out --tls-key`)
        : (passphrase) => ({ pfx: bytes, ...passphraseField(passphrase) })
    }
    const certPem = yield* pemOf("tls-cert", cert, bytes)
    if (Option.isNone(key) && !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(certPem)) {
      return yield* usageError(`--tls-cert: ${cert} has no key; give the file of the key with --tls-key`)
    }
    const keyPem = Redacted.make(Option.isSome(key) ? yield* readPem("tls-key", key.value) : certPem)
    return (passphrase) => ({ cert: certPem, key: keyPem, ...passphraseField(passphrase) })
  })

/**
 * Reads a certificate and its key from two files, from one file with both, or from a PKCS #12 file. Only an encrypted
 * file needs a passphrase, so the user is asked only then.
 */
export const readIdentity = (files: IdentityFiles): Effect.Effect<ReadIdentity, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const { cert, index, key, passphrases } = files
    const path = Option.getOrElse(key, () => cert)
    const identityWith = yield* identityIn(files)
    const open = (passphrase: Redacted.Redacted | undefined) => {
      const identity = identityWith(passphrase)
      return Effect.map(Tls.readIdentity(identity), (read) => ({ identity, certificate: read.identity.cert }))
    }
    const unlocked = Effect.catchIf(
      open(undefined),
      ({ lacksPassphrase }) => lacksPassphrase === true,
      (error) =>
        Effect.flatMap(passphrases.of(path, index), (passphrase) =>
          passphrase === undefined ? Effect.fail(error) : open(passphrase),
        ),
    )
    return yield* Effect.catchTag(unlocked, "TlsError", (error) =>
      tlsFailed(error, error.part === "certificate" ? cert : path),
    )
  })

/** The error message of a TLS failure, with the file that causes it. */
export const tlsFailed = (error: TlsError, path: string): CommandFailed => {
  if (error.part === "cipher list") return usageError(`--tls-ciphers: ${error.message}`)
  if (error.part === "range of versions") return usageError(`--tls-min, --tls-max: ${error.message}`)
  const remedy = error.lacksPassphrase ? "; give it with --tls-passphrase-file PATH" : ""
  return usageError(`TLS: ${path}: ${error.message}${remedy}`)
}

/** The values of the flags that `serve` and `connect` share. */
export interface CommonTlsOptions {
  readonly tlsAlpn: Option.Option<ReadonlyArray<string>>
  readonly tlsMin: Option.Option<TlsVersion>
  readonly tlsMax: Option.Option<TlsVersion>
  readonly tlsCiphers: Option.Option<string>
  readonly tlsLegacy: boolean
  readonly tlsKeyLog: Option.Option<string>
}

/** The options of TLS from the flags that `serve` and `connect` share. */
export const commonOptions = (options: CommonTlsOptions): Effect.Effect<Tls.CommonOptions, CommandFailed, Stdio> =>
  Effect.map(openKeyLog(options.tlsKeyLog), (keyLog) => ({
    ...keyLog,
    ...(Option.isSome(options.tlsAlpn) ? { alpn: options.tlsAlpn.value } : {}),
    ...(Option.isSome(options.tlsMin) ? { minVersion: options.tlsMin.value } : {}),
    ...(Option.isSome(options.tlsMax) ? { maxVersion: options.tlsMax.value } : {}),
    ...(Option.isSome(options.tlsCiphers) ? { ciphers: options.tlsCiphers.value } : {}),
    legacy: options.tlsLegacy,
  }))

const isOld = (version: Option.Option<TlsVersion>): boolean =>
  Option.isSome(version) && (version.value === "TLSv1" || version.value === "TLSv1.1")

/** The first entry of a cipher list that allows no encryption, no certificate, or the security level 0. */
const weakEntry = (list: Option.Option<string>): Option.Option<string> =>
  Option.flatMapNullable(list, (text) =>
    text.split(/[:, ]+/).find((entry) => /^(?![!-]).*(NULL|ADH|AECDH|@SECLEVEL=0)/.test(entry)),
  )

const danger = "an attacker on the network may read and change the data"

/** The warnings about flags that make TLS weak. */
export const weaknessNotes = ({ tlsCiphers, tlsLegacy, tlsMax, tlsMin }: CommonTlsOptions): ReadonlyArray<string> => {
  const ciphers = Option.match(weakEntry(tlsCiphers), {
    onNone: () => [],
    onSome: (entry) => [
      `WARNING: ${entry} in --tls-ciphers allows weak keys, or connections without encryption or a certificate; ${danger}`,
    ],
  })
  if (tlsLegacy) {
    return [
      `WARNING: --tls-legacy allows TLS 1.0, weak ciphers, small keys and unsafe renegotiation; ${danger}`,
      ...ciphers,
    ]
  }
  return isOld(tlsMin) || isOld(tlsMax)
    ? [
        `WARNING: TLS 1.0 and 1.1 need OpenSSL's security level 0, which also allows SHA-1 and small keys; ${danger}`,
        ...ciphers,
      ]
    : ciphers
}

// The number of lines that may wait to be written. Further lines are dropped: a file server that is down must not cost
// memory or connections.
const maxWaitingLines = 1000

/** Opens the file for the TLS secrets. Returns the option `onKeyLog`, which appends a line to the file. */
const openKeyLog = (
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
