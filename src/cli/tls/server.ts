import { X509Certificate } from "node:crypto"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ListenEndpoint, TlsVersion } from "../../domain/index.ts"
import type { Server } from "../../server/index.ts"
import { Tls } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../exit.ts"
import { readText } from "../files.ts"
import type { Stdio } from "../stdio.ts"
import { tell } from "../tell.ts"
import { developmentIdentity, keptIdentity } from "./developmentIdentity.ts"
import { openKeyLog, orVariable, readIdentity, tlsFailed } from "./material.ts"

/** What the flags of `tcpfx serve` gave. */
export interface ServerTlsOptions {
  readonly tls: boolean
  readonly tlsCert: ReadonlyArray<string>
  readonly tlsKey: ReadonlyArray<string>
  readonly tlsKeep: Option.Option<string>
  readonly tlsClientCa: Option.Option<string>
  readonly tlsAlpn: Option.Option<ReadonlyArray<string>>
  readonly tlsMin: Option.Option<TlsVersion>
  readonly tlsKeyLog: Option.Option<string>
}

/** How a server speaks TLS: what secures its connections, what its user has to know, and how that is made again. */
export interface ServerTls {
  readonly acceptor: Tls.Acceptor
  readonly notes: ReadonlyArray<string>
  /** Reads the files again; none where there are none. */
  readonly reload: ((server: Server["Type"]) => Effect.Effect<void, CommandFailed, Stdio>) | undefined
}

interface Paths {
  readonly certs: ReadonlyArray<string>
  readonly keys: ReadonlyArray<string>
  readonly clientCa: Option.Option<string>
}

const pathsOf = (options: ServerTlsOptions): Effect.Effect<Paths> =>
  Effect.gen(function* () {
    const certs =
      options.tlsCert.length > 0 ? options.tlsCert : Option.toArray(yield* orVariable(Option.none(), "TCPFX_TLS_CERT"))
    const keys =
      options.tlsKey.length > 0 ? options.tlsKey : Option.toArray(yield* orVariable(Option.none(), "TCPFX_TLS_KEY"))
    return { certs, keys, clientCa: yield* orVariable(options.tlsClientCa, "TCPFX_TLS_CLIENT_CA") }
  })

const identitiesOf = ({ certs, keys }: Paths) =>
  keys.length > 0 && keys.length !== certs.length
    ? usageError(
        `--tls-key is given ${keys.length} times and --tls-cert ${certs.length} times; each certificate has one key`,
      )
    : Effect.forEach(certs, (cert, index) => readIdentity(cert, Option.fromNullable(keys[index])))

const noteOf = (identity: Tls.Identity, path: string | undefined): ReadonlyArray<string> => {
  const { fingerprint256, validTo } = new X509Certificate(identity.cert)
  if (path === undefined) return [`TLS with a made-up certificate, SHA-256 fingerprint ${fingerprint256}`]
  return Date.parse(validTo) < Date.now() ? [`${path}: the certificate has expired (${validTo})`] : []
}

/** How the flags say that a server speaks TLS; none where they do not. */
export const serverTls = (
  options: ServerTlsOptions,
  endpoints: ReadonlyArray<ListenEndpoint>,
): Effect.Effect<Option.Option<ServerTls>, CommandFailed, FileSystem.FileSystem | Path.Path | Stdio> =>
  Effect.gen(function* () {
    const paths = yield* pathsOf(options)
    const { certs } = paths
    const isAsked = options.tls || certs.length > 0 || Option.isSome(options.tlsKeep)
    if (!isAsked) {
      const stray = strayFlag(options)
      return stray === undefined ? Option.none() : yield* usageError(`${stray} says something of TLS; say --tls too`)
    }
    if (certs.length > 0 && Option.isSome(options.tlsKeep)) {
      return yield* usageError("--tls-keep keeps a made-up certificate, and --tls-cert names one; give one of them")
    }
    const common = {
      ...(yield* openKeyLog(options.tlsKeyLog)),
      ...Option.match(options.tlsAlpn, { onNone: () => ({}), onSome: (alpn) => ({ alpn }) }),
      ...Option.match(options.tlsMin, { onNone: () => ({}), onSome: (minVersion) => ({ minVersion }) }),
    }
    const make = (made: ReadonlyArray<Tls.Identity>) =>
      Effect.gen(function* () {
        const [first, ...others] = made.length > 0 ? made : yield* identitiesOf(paths)
        if (first === undefined) return yield* usageError("--tls-cert: no certificate is named")
        const clientCa = Option.isSome(paths.clientCa)
          ? { clientCa: yield* readText("tls-client-ca", paths.clientCa.value) }
          : {}
        const identities = [first, ...others] as const
        const named = [...certs, ...Option.toArray(paths.clientCa)].join(", ")
        const acceptor = yield* Effect.mapError(Tls.acceptor({ ...common, ...clientCa, identities }), (error) =>
          tlsFailed(error, error.part === "CA certificate" ? Option.getOrElse(paths.clientCa, () => named) : named),
        )
        return { acceptor, notes: identities.flatMap((identity, index) => noteOf(identity, certs[index])) }
      })
    const made =
      certs.length > 0
        ? []
        : [
            yield* Option.match(options.tlsKeep, {
              onNone: () => developmentIdentity(endpoints),
              onSome: (folder) => keptIdentity(folder, endpoints),
            }),
          ]
    const first = yield* make(made)
    const hasFiles = certs.length > 0 || Option.isSome(paths.clientCa)
    return Option.some({ ...first, reload: hasFiles ? (server) => reloadWith(server, make(made)) : undefined })
  })

// What cannot be read leaves TLS as it is: a file half written must not end the server.
const reloadWith = (
  server: Server["Type"],
  make: Effect.Effect<{ readonly acceptor: Tls.Acceptor; readonly notes: ReadonlyArray<string> }, CommandFailed, Stdio>,
) =>
  Effect.gen(function* () {
    const made = yield* Effect.mapError(make, ({ message }) => usageError(`${message}; TLS stays as it was`))
    yield* server.reload({ tls: made.acceptor })
    yield* tell("read again the certificates, for those who connect from now on")
    yield* Effect.forEach(made.notes, tell, { discard: true })
  })

const strayFlag = (options: ServerTlsOptions): string | undefined => {
  if (options.tlsKey.length > 0) return "--tls-key"
  if (Option.isSome(options.tlsClientCa)) return "--tls-client-ca"
  if (Option.isSome(options.tlsAlpn)) return "--tls-alpn"
  if (Option.isSome(options.tlsMin)) return "--tls-min"
  return Option.isSome(options.tlsKeyLog) ? "--tls-keylog" : undefined
}
