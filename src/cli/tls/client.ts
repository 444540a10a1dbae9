import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StartTlsProtocol } from "../../domain/index.ts"
import { Tls } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { warn } from "../process/tell.ts"
import type { ClientTlsFacts } from "./clientDependencies.ts"
import {
  type CommonTlsOptions,
  commonOptions,
  orVariable,
  readIdentity,
  readPem,
  tlsFailed,
  weaknessNotes,
} from "./material.ts"
import { passphrasesOf } from "./passphrases.ts"

/** The values of the TLS flags of `tcpfx connect`. */
export interface ClientTlsOptions extends CommonTlsOptions {
  readonly tls: boolean
  readonly starttls: Option.Option<StartTlsProtocol>
  readonly tlsCa: Option.Option<string>
  readonly tlsName: Option.Option<string>
  readonly insecure: boolean
  readonly tlsVerify: boolean
  readonly tlsCert: Option.Option<string>
  readonly tlsKey: Option.Option<string>
  readonly tlsPassphraseFile: Option.Option<string>
}

/** Whether the client speaks TLS. */
export const clientHasTls = ({ starttls, tls }: ClientTlsOptions): boolean => tls || Option.isSome(starttls)

/** The facts for `clientTlsDependencies`. */
export const clientTlsFacts = (options: ClientTlsOptions): Effect.Effect<ClientTlsFacts> =>
  Effect.map(orVariable(options.tlsCert, "TCPFX_TLS_CERT"), (certificate) => ({
    tls: clientHasTls(options),
    insecure: options.insecure,
    hasCertificate: Option.isSome(certificate),
  }))

// The share of the time-out of connecting that the dialogue before TLS may take. At its end, the message names the
// answer that is missing.
const startTlsShare = 0.8

const trustedBy = (path: Option.Option<string>): Effect.Effect<Tls.ConnectorOptions, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (Option.isNone(path)) return {}
    return { ca: path.value === "system" ? "system" : yield* readPem("tls-ca", path.value) }
  })

/** Makes the TLS connector of a client from its flags. Undefined without TLS. */
export const clientTls = (
  options: ClientTlsOptions,
  connectTimeout: Duration.Duration,
): Effect.Effect<Tls.Connector | undefined, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (!clientHasTls(options)) return undefined
    if (options.insecure && options.tlsVerify)
      return yield* usageError("--insecure and --tls-verify exclude each other")
    const ca = yield* orVariable(options.tlsCa, "TCPFX_TLS_CA")
    const cert = yield* orVariable(options.tlsCert, "TCPFX_TLS_CERT")
    const key = yield* orVariable(options.tlsKey, "TCPFX_TLS_KEY")
    if (Option.isSome(key) && Option.isNone(cert))
      return yield* usageError("--tls-key needs the certificate of the key; give --tls-cert too")
    const passphrases = passphrasesOf(Option.toArray(options.tlsPassphraseFile))
    const identity = Option.isSome(cert)
      ? { identity: (yield* readIdentity({ cert: cert.value, key, index: 0, passphrases })).identity }
      : {}
    const connector = yield* Tls.connector({
      ...(yield* commonOptions(options)),
      ...(yield* trustedBy(ca)),
      ...identity,
      verify: !options.insecure,
      ...(Option.isSome(options.tlsName) ? { serverName: options.tlsName.value } : {}),
      ...(Option.isSome(options.starttls)
        ? { startTls: options.starttls.value, startTlsTimeout: Duration.times(connectTimeout, startTlsShare) }
        : {}),
    }).pipe(
      Effect.catchTag("TlsError", (error) => {
        const path = error.part === "CA certificate" ? ca : cert
        return tlsFailed(
          error,
          Option.getOrElse(path, () => ""),
        )
      }),
    )
    yield* Effect.forEach(weaknessNotes(options), warn, { discard: true })
    return connector
  })
