import { createPrivateKey, X509Certificate } from "node:crypto"
import * as os from "node:os"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { withoutZone } from "../../domain/hostText.ts"
import type { ListenEndpoint } from "../../domain/index.ts"
import { isIpAddress } from "../../domain/ipAddress.ts"
import type { Tls } from "../../transport/index.ts"
import { ownFolder, readOwn, replaceOwn } from "../files/ownFiles.ts"
import type { CommandFailed } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"

const day = 86_400_000
const validDays = 365
// A kept certificate is replaced this many days before it expires, so that it does not expire during a run.
const renewDays = 7

const namesFor = (endpoints: ReadonlyArray<ListenEndpoint>): ReadonlyArray<string> => [
  ...new Set([
    "localhost",
    "127.0.0.1",
    "::1",
    os.hostname(),
    ...endpoints.flatMap((endpoint) => (endpoint._tag === "Tcp" ? [withoutZone(endpoint.host)] : [])),
  ]),
]

const generate = (endpoints: ReadonlyArray<ListenEndpoint>): Effect.Effect<Tls.Identity> =>
  Effect.promise(async () => {
    const { default: selfsigned } = await import("selfsigned")
    const now = Date.now()
    const made = await selfsigned.generate([{ name: "commonName", value: "tcpfx development" }], {
      keyType: "ec",
      algorithm: "sha256",
      // The certificate is valid from a day in the past on, for clients whose clock is behind.
      notBeforeDate: new Date(now - day),
      notAfterDate: new Date(now + validDays * day),
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        {
          name: "subjectAltName",
          altNames: namesFor(endpoints).map((name) =>
            isIpAddress(name) ? { type: 7, ip: name } : { type: 2, value: name },
          ),
        },
      ],
    })
    return { cert: made.cert, key: Redacted.make(made.private) }
  })

const isFresh = (cert: string): boolean => {
  try {
    return Date.parse(new X509Certificate(cert).validTo) > Date.now() + renewDays * day
  } catch {
    return false
  }
}

/** Makes a self-signed certificate for the names of this machine and of the endpoints, valid for a year. */
export const developmentIdentity = generate

/** Whether a key belongs to a certificate. The two files may come from different runs. */
const isPair = (cert: string, key: string): boolean => {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

/**
 * Reads the self-signed certificate from a folder if it is valid for more than a week. Otherwise makes a new one and
 * writes it there. Refuses links, files that other users may change, and a key that other users may read.
 */
export const keptIdentity = (
  folder: string,
  endpoints: ReadonlyArray<ListenEndpoint>,
): Effect.Effect<Tls.Identity, CommandFailed, Path.Path | Stdio> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const certPath = path.join(folder, "tcpfx-cert.pem")
    const keyPath = path.join(folder, "tcpfx-key.pem")
    yield* ownFolder("tls-keep", folder)
    const cert = yield* readOwn("tls-keep", certPath, "read")
    const key = yield* readOwn("tls-keep", keyPath, "nothing")
    if (cert !== undefined && key !== undefined && isFresh(cert) && isPair(cert, key)) {
      return { cert, key: Redacted.make(key) }
    }
    const made = yield* generate(endpoints)
    yield* replaceOwn("tls-keep", keyPath, Redacted.value(made.key), 0o600)
    yield* replaceOwn("tls-keep", certPath, made.cert, 0o644)
    return made
  })
