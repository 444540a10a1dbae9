import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { TlsVersion } from "../../domain/index.ts"
import { Tls } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { openKeyLog, orVariable, readIdentity, readPem, tlsFailed } from "./material.ts"

/** The values of the TLS flags of `tcpfx connect`. */
export interface ClientTlsOptions {
  readonly tls: boolean
  readonly tlsCa: Option.Option<string>
  readonly tlsName: Option.Option<string>
  readonly insecure: boolean
  readonly tlsVerify: boolean
  readonly tlsCert: Option.Option<string>
  readonly tlsKey: Option.Option<string>
  readonly tlsAlpn: Option.Option<ReadonlyArray<string>>
  readonly tlsMin: Option.Option<TlsVersion>
  readonly tlsKeyLog: Option.Option<string>
}

/** Makes the TLS connector of a client from its flags. Undefined without `--tls`. */
export const clientTls = (options: ClientTlsOptions): Effect.Effect<Tls.Connector | undefined, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (!options.tls) return undefined
    if (options.insecure && options.tlsVerify)
      return yield* usageError("--insecure and --tls-verify exclude each other")
    const ca = yield* orVariable(options.tlsCa, "TCPFX_TLS_CA")
    const cert = yield* orVariable(options.tlsCert, "TCPFX_TLS_CERT")
    const key = yield* orVariable(options.tlsKey, "TCPFX_TLS_KEY")
    if (Option.isSome(key) && Option.isNone(cert))
      return yield* usageError("--tls-key needs the certificate of the key; give --tls-cert too")
    return yield* Tls.connector({
      ...(yield* openKeyLog(options.tlsKeyLog)),
      verify: !options.insecure,
      ...(Option.isSome(ca) ? { ca: yield* readPem("tls-ca", ca.value) } : {}),
      ...(Option.isSome(cert) ? { identity: yield* readIdentity(cert.value, key) } : {}),
      ...(Option.isSome(options.tlsName) ? { serverName: options.tlsName.value } : {}),
      ...(Option.isSome(options.tlsAlpn) ? { alpn: options.tlsAlpn.value } : {}),
      ...(Option.isSome(options.tlsMin) ? { minVersion: options.tlsMin.value } : {}),
    }).pipe(
      Effect.catchTag("TlsError", (error) => {
        const path = error.part === "CA certificate" ? ca : error.part === "key" && Option.isSome(key) ? key : cert
        return tlsFailed(
          error,
          Option.getOrElse(path, () => ""),
        )
      }),
    )
  })
