import { X509Certificate } from "node:crypto"
import * as os from "node:os"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { ListenEndpoint } from "../../domain/index.ts"
import type { Tls } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../exit.ts"
import { codeOf } from "../fileErrors.ts"
import { readText } from "../files.ts"
import type { Stdio } from "../stdio.ts"

const day = 86_400_000
const validDays = 365
// One that is kept is made anew before it can run out in the middle of a run.
const renewDays = 7

const isAddress = (name: string) => /^[0-9.]+$|:/.test(name)

const namesFor = (endpoints: ReadonlyArray<ListenEndpoint>): ReadonlyArray<string> => [
  ...new Set([
    "localhost",
    "127.0.0.1",
    "::1",
    os.hostname(),
    ...endpoints.flatMap((endpoint) => (endpoint._tag === "Tcp" ? [endpoint.host.replace(/%.*$/, "")] : [])),
  ]),
]

const generate = (endpoints: ReadonlyArray<ListenEndpoint>): Effect.Effect<Tls.Identity> =>
  Effect.promise(async () => {
    const { default: selfsigned } = await import("selfsigned")
    const now = Date.now()
    const made = await selfsigned.generate([{ name: "commonName", value: "tcpfx development" }], {
      keyType: "ec",
      algorithm: "sha256",
      // For clients whose clock is behind.
      notBeforeDate: new Date(now - day),
      notAfterDate: new Date(now + validDays * day),
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        {
          name: "subjectAltName",
          altNames: namesFor(endpoints).map((name) =>
            isAddress(name) ? { type: 7, ip: name } : { type: 2, value: name },
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

/** A certificate for this run: signed by itself, for this machine's names and those of the endpoints, for a year. */
export const developmentIdentity = generate

/** The same, kept in a folder: taken from there while it is valid for a week and more, else made and put there. */
export const keptIdentity = (
  folder: string,
  endpoints: ReadonlyArray<ListenEndpoint>,
): Effect.Effect<Tls.Identity, CommandFailed, FileSystem.FileSystem | Path.Path | Stdio> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const certPath = path.join(folder, "tcpfx-cert.pem")
    const keyPath = path.join(folder, "tcpfx-key.pem")
    if ((yield* files.exists(certPath)) && (yield* files.exists(keyPath))) {
      const cert = yield* readText("tls-keep", certPath)
      const key = Redacted.make(yield* readText("tls-keep", keyPath))
      if (isFresh(cert)) return { cert, key }
    }
    const made = yield* generate(endpoints)
    // Not with its parents: Node never comes back from that where they cannot be made (/proc).
    if (!(yield* files.exists(folder))) yield* files.makeDirectory(folder, { mode: 0o700 })
    // An older file would keep its own mode.
    yield* files.remove(keyPath, { force: true })
    yield* files.writeFileString(keyPath, Redacted.value(made.key), { mode: 0o600 })
    yield* files.writeFileString(certPath, made.cert)
    return made
  }).pipe(
    Effect.catchTags({
      SystemError: (error) => usageError(`--tls-keep: ${folder} cannot be used (${codeOf(error)})`),
      BadArgument: (error) => usageError(`--tls-keep: ${folder} cannot be used (${codeOf(error)})`),
    }),
  )
