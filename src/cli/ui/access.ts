import { hostname } from "node:os"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { isLoopback, tcpEndpoint } from "../../domain/index.ts"
import { interfaceAddresses, Tls } from "../../transport/index.ts"
import { readOwn } from "../files/ownFiles.ts"
import type { PageFlagValues } from "../flags/pageFlags.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { readPem } from "../tls/material.ts"

const leastPassword = 8
const defaultHost = "127.0.0.1"

/** The address of the page and its access control. */
export interface PageAccess {
  readonly host: string
  readonly port: number
  /** Other names of this machine that browsers may use. */
  readonly hosts: ReadonlyArray<string>
  readonly password: Redacted.Redacted | undefined
  readonly tls: { readonly cert: string; readonly key: Redacted.Redacted } | undefined
}

const passwordOf = (path: string): Effect.Effect<Redacted.Redacted, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const text = yield* readOwn("ui-password-file", path, "nothing")
    if (text === undefined)
      return yield* usageError(`--ui-password-file: ${path} cannot be read: there is no such file`)
    const password = text.replace(/\r?\n$/, "")
    return password.length < leastPassword
      ? yield* usageError(`--ui-password-file: ${path}: the password has fewer than ${leastPassword} characters`)
      : Redacted.make(password)
  })

const tlsOf = (certPath: string, keyPath: Option.Option<string>) =>
  Effect.gen(function* () {
    const cert = yield* readPem("ui-tls-cert", certPath)
    const key = Option.isSome(keyPath) ? yield* readPem("ui-tls-key", keyPath.value) : cert
    const identity = { cert, key: Redacted.make(key) }
    yield* Effect.mapError(Tls.acceptor({ identities: [identity] }), ({ lacksPassphrase, message, part }) => {
      const file = Option.getOrElse(keyPath, () => certPath)
      const remedy = lacksPassphrase ? `; give a key without one: openssl pkey -in ${file} -out FILE` : ""
      return usageError(`--ui-tls-${part === "key" && Option.isSome(keyPath) ? "key" : "cert"}: ${message}${remedy}`)
    })
    return identity
  })

/** The names and addresses of this machine that a browser on another machine may use. */
const knownNames = (host: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(interfaceAddresses, (addresses) => {
    const name = hostname().toLowerCase()
    return [host, name, `${name}.local`, ...addresses.map(({ address }) => address)].map((each) => each.toLowerCase())
  })

/**
 * Reads the access control from the flags. Without a password or TLS, refuses an address that other machines can reach:
 * the token is a part of the page's address, and people copy and send addresses.
 */
export const pageAccess = (flags: PageFlagValues): Effect.Effect<PageAccess, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const host = Option.getOrElse(flags.uiHost, () => defaultHost)
    if (Option.isSome(flags.uiTlsKey) && Option.isNone(flags.uiTlsCert)) {
      return yield* usageError("--ui-tls-key needs the certificate of the key; give --ui-tls-cert too")
    }
    const isLocal = host.toLowerCase() === "localhost" || isLoopback(tcpEndpoint(host, 0))
    if (!isLocal && Option.isNone(flags.uiPasswordFile) && Option.isNone(flags.uiTlsCert)) {
      return yield* usageError(
        `--ui-host ${host}: other machines can reach this address; add --ui-password-file or --ui-tls-cert ` +
          "(or leave out --ui-host and use ssh -L)",
      )
    }
    return {
      host,
      port: Option.getOrElse(flags.uiPort, () => 0),
      hosts: isLocal ? [] : yield* knownNames(host),
      password: Option.isSome(flags.uiPasswordFile) ? yield* passwordOf(flags.uiPasswordFile.value) : undefined,
      tls: Option.isSome(flags.uiTlsCert) ? yield* tlsOf(flags.uiTlsCert.value, flags.uiTlsKey) : undefined,
    }
  })
