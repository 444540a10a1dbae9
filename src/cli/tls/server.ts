import { X509Certificate } from "node:crypto"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ListenEndpoint, TlsError } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import { Tls } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { developmentIdentity, keptIdentity } from "./developmentIdentity.ts"
import {
  type CommonTlsOptions,
  commonOptions,
  orVariable,
  type ReadIdentity,
  readIdentity,
  readPem,
  tlsFailed,
  weaknessNotes,
} from "./material.ts"
import { type Passphrases, passphrasesOf } from "./passphrases.ts"

/** The values of the TLS flags of `tcpfx serve`. */
export interface ServerTlsOptions extends CommonTlsOptions {
  readonly tls: boolean
  readonly tlsCert: ReadonlyArray<string>
  readonly tlsKey: ReadonlyArray<string>
  readonly tlsKeep: Option.Option<string>
  readonly tlsClientCa: Option.Option<string>
  readonly tlsPassphraseFile: ReadonlyArray<string>
}

/** The TLS of a server. */
export interface ServerTls {
  readonly acceptor: Tls.Acceptor
  /** Warnings about flags that make TLS weak. */
  readonly warnings: ReadonlyArray<string>
  /** Other messages for the user. */
  readonly notes: ReadonlyArray<string>
  /** The options of an acceptor that these flags have made. */
  readonly optionsOf: (acceptor: Tls.Acceptor) => Tls.AcceptorOptions | undefined
  /** Reads the files again. Undefined if there are no files. */
  readonly reload: ((server: ServerService) => Effect.Effect<void, CommandFailed, Stdio>) | undefined
}

/** The paths of the TLS files of a server. */
export interface ServerTlsPaths {
  readonly certs: ReadonlyArray<string>
  readonly keys: ReadonlyArray<string>
  readonly clientCa: Option.Option<string>
}

/** The paths from the flags, or else from the environment variables. */
export const pathsOf = (options: ServerTlsOptions): Effect.Effect<ServerTlsPaths> =>
  Effect.gen(function* () {
    const certs =
      options.tlsCert.length > 0 ? options.tlsCert : Option.toArray(yield* orVariable(Option.none(), "TCPFX_TLS_CERT"))
    const keys =
      options.tlsKey.length > 0 ? options.tlsKey : Option.toArray(yield* orVariable(Option.none(), "TCPFX_TLS_KEY"))
    return { certs, keys, clientCa: yield* orVariable(options.tlsClientCa, "TCPFX_TLS_CLIENT_CA") }
  })

/** Whether the server speaks TLS. */
export const isTlsAsked = (options: ServerTlsOptions, { certs }: ServerTlsPaths): boolean =>
  options.tls || certs.length > 0 || Option.isSome(options.tlsKeep)

/** Refuses environment variables without effect, because the server would be less safe than its user expects. */
export const checkTlsVariables = (
  { certs, clientCa, keys }: ServerTlsPaths,
  hasTls: boolean,
): Effect.Effect<void, CommandFailed> => {
  if (keys.length > 0 && certs.length === 0) {
    return usageError("TCPFX_TLS_KEY needs the certificate of the key; give --tls-cert or TCPFX_TLS_CERT too")
  }
  return Option.isSome(clientCa) && !hasTls
    ? usageError("TCPFX_TLS_CLIENT_CA needs TLS; give --tls or --tls-cert too")
    : Effect.void
}

const identitiesOf = ({ certs, keys }: ServerTlsPaths, passphrases: Passphrases) =>
  keys.length > 0 && keys.length !== certs.length
    ? usageError(
        `--tls-key is given ${keys.length} times and --tls-cert ${certs.length} times; give one key for each certificate`,
      )
    : Effect.forEach(certs, (cert, index) =>
        readIdentity({ cert, key: Option.fromNullable(keys[index]), index, passphrases }),
      )

/** The file that causes a failure. The file of a certificate may also contain its key. */
const fileOf = ({ index = 0, part }: TlsError, { certs, clientCa, keys }: ServerTlsPaths): string => {
  const cert = certs[index] ?? "the self-signed certificate"
  if (part === "CA certificate") return Option.getOrElse(clientCa, () => cert)
  return part === "key" ? (keys[index] ?? cert) : cert
}

const noteOf = ({ certificate }: ReadIdentity, path: string | undefined): ReadonlyArray<string> => {
  const { fingerprint256, validTo } = new X509Certificate(certificate)
  if (path === undefined) return [`TLS with a self-signed certificate, SHA-256 fingerprint ${fingerprint256}`]
  return Date.parse(validTo) < Date.now() ? [`${path}: the certificate has expired (${validTo})`] : []
}

/** Makes the TLS of a server from its flags. Returns `None` if the flags do not ask for TLS. */
export const serverTls = (
  options: ServerTlsOptions,
  endpoints: ReadonlyArray<ListenEndpoint>,
): Effect.Effect<Option.Option<ServerTls>, CommandFailed, FileSystem.FileSystem | Path.Path | Stdio> =>
  Effect.gen(function* () {
    const paths = yield* pathsOf(options)
    const { certs } = paths
    if (!isTlsAsked(options, paths)) return Option.none()
    if (certs.length > 0 && Option.isSome(options.tlsKeep)) {
      return yield* usageError("give either --tls-keep, for a self-signed certificate, or --tls-cert, not both")
    }
    const files = options.tlsPassphraseFile
    if (files.length > 1 && files.length !== certs.length) {
      return yield* usageError(
        `--tls-passphrase-file is given ${files.length} times and --tls-cert ${certs.length} times; give it once for each certificate, or once for all`,
      )
    }
    const common = yield* commonOptions(options)
    const passphrases = passphrasesOf(files)
    const optionsOf = new WeakMap<Tls.Acceptor, Tls.AcceptorOptions>()
    const make = (made: ReadonlyArray<ReadIdentity>) =>
      Effect.gen(function* () {
        const [first, ...others] = made.length > 0 ? made : yield* identitiesOf(paths, passphrases)
        if (first === undefined) return yield* usageError("--tls-cert names no certificate")
        const clientCa = Option.isSome(paths.clientCa)
          ? { clientCa: yield* readPem("tls-client-ca", paths.clientCa.value) }
          : {}
        const read = [first, ...others]
        const identities = [first.identity, ...others.map(({ identity }) => identity)] as const
        const whole = { ...common, ...clientCa, identities }
        const acceptor = yield* Effect.mapError(Tls.acceptor(whole), (error) => tlsFailed(error, fileOf(error, paths)))
        optionsOf.set(acceptor, whole)
        return { acceptor, notes: read.flatMap((each, index) => noteOf(each, certs[index])) }
      })
    const made =
      certs.length > 0
        ? []
        : [
            yield* Effect.map(
              Option.match(options.tlsKeep, {
                onNone: () => developmentIdentity(endpoints),
                onSome: (folder) => keptIdentity(folder, endpoints),
              }),
              (identity) => ({ identity, certificate: identity.cert }),
            ),
          ]
    const first = yield* make(made)
    passphrases.stopAsking()
    const hasFiles = certs.length > 0 || Option.isSome(paths.clientCa)
    return Option.some({
      ...first,
      warnings: weaknessNotes(options),
      optionsOf: (acceptor: Tls.Acceptor) => optionsOf.get(acceptor),
      reload: hasFiles ? (server) => reloadWith(server, make(made)) : undefined,
    })
  })

// If a file cannot be read, TLS stays unchanged: a partly written file must not end the server.
const reloadWith = (
  server: ServerService,
  make: Effect.Effect<{ readonly acceptor: Tls.Acceptor; readonly notes: ReadonlyArray<string> }, CommandFailed, Stdio>,
) =>
  Effect.gen(function* () {
    const made = yield* Effect.mapError(make, ({ message }) => usageError(`${message}; TLS stays as it was`))
    yield* Effect.mapError(server.reload({ tls: made.acceptor }), ({ message }) => usageError(message))
    yield* tell("read the certificates again; new connections use them")
    yield* Effect.forEach(made.notes, tell, { discard: true })
  })
