import { constants } from "node:crypto"
import * as tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { errorCode } from "../../domain/errorCode.ts"
import { TlsError, type TlsVersion, tlsVersions } from "../../domain/index.ts"
import { suggestion } from "../../domain/nearest.ts"
import type { CommonOptions, Identity } from "../tlsTypes.ts"

/** The part of the options of `node:tls` that versions, ciphers and `legacy` decide. */
export interface Parameters {
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  readonly ciphers?: string
  readonly secureOptions?: number
}

const rank = (version: TlsVersion): number => tlsVersions.indexOf(version)

const invalidList = (problem: string) => new TlsError({ part: "cipher list", problem })

const isSuite = (name: string): boolean => name.startsWith("TLS_")

/**
 * Checks that OpenSSL knows each name in a list. OpenSSL itself ignores unknown names as long as it knows another one.
 */
const checkNames = (names: ReadonlyArray<string>): Effect.Effect<void, TlsError> =>
  Effect.forEach(
    // OpenSSL may lack a cipher that a list excludes (`!RC4`). A name with `@` is a command.
    names.filter((name) => !/^[!-]|@/.test(name)),
    (name) =>
      Effect.try({
        try: () => tls.createSecureContext({ ciphers: name.replace(/^\+/, "") }),
        catch: () =>
          invalidList(
            `OpenSSL has no cipher ${name}${suggestion(
              name,
              tls.getCiphers().map((each) => each.toUpperCase()),
            )}`,
          ),
      }),
    { discard: true },
  )

// OpenSSL's name of all ciphers that encrypt and authenticate by a certificate.
const everyCipher = "ALL:!aNULL:!eNULL:!PSK:!SRP"

const suitesOf = (list: string): ReadonlyArray<string> => list.split(":").filter(isSuite)

/** Reads the versions, the ciphers and `legacy`. */
export const parametersOf = (options: CommonOptions): Effect.Effect<Parameters, TlsError> =>
  Effect.gen(function* () {
    const { ciphers, legacy = false, maxVersion = "TLSv1.3" } = options
    const names = ciphers?.split(/[:, ]+/).filter((name) => name !== "")
    const hasOnlySuites = names !== undefined && names.length > 0 && names.every((name) => isSuite(name))
    const lowest = legacy || rank(maxVersion) < rank("TLSv1.2") ? "TLSv1" : "TLSv1.2"
    const minVersion = hasOnlySuites ? "TLSv1.3" : (options.minVersion ?? lowest)
    if (rank(options.minVersion ?? "TLSv1") > rank(maxVersion)) {
      const problem = `the lowest version, ${options.minVersion}, is above the highest, ${maxVersion}`
      return yield* new TlsError({ part: "range of versions", problem })
    }
    if (names !== undefined) {
      if (names.length === 0) return yield* invalidList("it is empty")
      yield* checkNames(names)
      if (rank(minVersion) > rank(maxVersion)) {
        return yield* invalidList(`it has only ciphers of TLS 1.3, and the highest version is ${maxVersion}`)
      }
      if (minVersion === "TLSv1.3" && !names.some(isSuite)) {
        return yield* invalidList("it has no cipher of TLS 1.3, and the lowest version is TLSv1.3")
      }
    }
    // OpenSSL has the old versions only at its security level 0 (SSL_CTX_set_security_level(3)).
    const isWeak = legacy || rank(minVersion) < rank("TLSv1.2")
    const usual = legacy ? [...suitesOf(tls.DEFAULT_CIPHERS), everyCipher].join(":") : tls.DEFAULT_CIPHERS
    // Node passes the security level to OpenSSL only with the ciphers below TLS 1.3, so a list needs one of these.
    const base = names === undefined ? usual : [...names, ...(hasOnlySuites ? [everyCipher] : [])].join(":")
    const list = !isWeak || base.includes("@SECLEVEL") ? names?.join(":") : `${base}:@SECLEVEL=0`
    // Node offers TLS 1.3 with its own ciphers if the list has none.
    const hasNoSuites = names !== undefined && !names.some(isSuite)
    return {
      minVersion,
      maxVersion: hasNoSuites && maxVersion === "TLSv1.3" ? "TLSv1.2" : maxVersion,
      ...(list === undefined ? {} : { ciphers: list }),
      ...(legacy
        ? {
            secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT | constants.SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION,
          }
        : {}),
    }
  })

/** The options of `node:tls` for a certificate and its key. */
export const identityOptions = ({ cert, key, passphrase }: Identity) => ({
  cert,
  key: Redacted.value(key),
  ...(passphrase === undefined ? {} : { passphrase: Redacted.value(passphrase) }),
})

const refusalByOpenssl = (code: string): string => {
  switch (code) {
    case "ERR_SSL_EE_KEY_TOO_SMALL":
      return "its key is too short to be safe; make one of 2048 bits or more, or allow old devices (legacy)"
    case "ERR_SSL_CA_KEY_TOO_SMALL":
      return "the key of its CA is too short to be safe"
    case "ERR_SSL_CA_MD_TOO_WEAK":
      return "it is signed with a hash that is no longer safe"
    default:
      return `OpenSSL refuses it (${code})`
  }
}

/** Makes a context of OpenSSL, or describes why OpenSSL refuses its certificate. */
export const contextOf = (options: tls.SecureContextOptions): Effect.Effect<tls.SecureContext, TlsError> =>
  Effect.try({
    try: () => tls.createSecureContext(options),
    catch: (error) => new TlsError({ part: "certificate", problem: refusalByOpenssl(errorCode(error)) }),
  })
