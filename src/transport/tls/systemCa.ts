import { X509Certificate } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as tls from "node:tls"
import * as Effect from "effect/Effect"
import { TlsError } from "../../domain/index.ts"
import { certificatesIn } from "./tlsMaterial.ts"

// The places of the CA certificates in Debian, Fedora and RHEL, openSUSE, Alpine and macOS, FreeBSD.
const files = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/usr/local/share/certs/ca-root-nss.crt",
]
const folders = ["/etc/ssl/certs", "/etc/pki/tls/certs"]

const invalid = (problem: string) => new TlsError({ part: "CA certificate", problem })

/** Whether Node can read a certificate. One strange certificate must not make the others of a system unusable. */
const isReadable = (pem: string): boolean => {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

/** The readable certificates of a file. None if the file cannot be read. */
const inFile = (file: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    Effect.orElseSucceed(
      Effect.tryPromise(() => fs.readFile(file, "utf8")),
      () => "",
    ),
    (text) => certificatesIn(text).filter(isReadable),
  )

/** The readable certificates of all files in a folder. A folder of OpenSSL has most certificates under two names. */
const inFolder = (folder: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const names = yield* Effect.orElseSucceed(
      Effect.tryPromise(() => fs.readdir(folder)),
      (): ReadonlyArray<string> => [],
    )
    const found = yield* Effect.forEach(names, (name) => inFile(path.join(folder, name)), { concurrency: 16 })
    return [...new Set(found.flat())]
  })

/** The certificates that Node finds itself. Node has the function from version 22.15 on. */
const byNode: Effect.Effect<ReadonlyArray<string>> = Effect.sync(() => {
  const get: unknown = Reflect.get(tls, "getCACertificates")
  const found: unknown = typeof get === "function" ? Reflect.apply(get, tls, ["system"]) : []
  return Array.isArray(found) ? found.filter((each) => typeof each === "string") : []
})

const environmentPath = (name: string): string | undefined => process.env[name] || undefined

const fromVariables = (file: string | undefined, folder: string | undefined) =>
  Effect.gen(function* () {
    const found = [
      ...(file === undefined ? [] : yield* inFile(file)),
      ...(folder === undefined
        ? []
        : yield* Effect.map(Effect.forEach(folder.split(":"), inFolder), (all) => all.flat())),
    ]
    const named = [...(file ? [`SSL_CERT_FILE ${file}`] : []), ...(folder ? [`SSL_CERT_DIR ${folder}`] : [])]
    return found.length > 0 ? found : yield* invalid(`no certificate in PEM can be read from ${named.join(" or ")}`)
  })

const firstWith = (sources: ReadonlyArray<Effect.Effect<ReadonlyArray<string>>>) =>
  Effect.gen(function* () {
    for (const source of sources) {
      const found = yield* source
      if (found.length > 0) return found
    }
    return yield* invalid(
      `the system has none: Node finds none, and no file of these has one: ${files.join(", ")}; ` +
        "install the package ca-certificates, or name a file in SSL_CERT_FILE",
    )
  })

/** Reads the CA certificates of the operating system, as PEM. */
export const systemCa: Effect.Effect<string, TlsError> = Effect.gen(function* () {
  const file = environmentPath("SSL_CERT_FILE")
  const folder = environmentPath("SSL_CERT_DIR")
  const found =
    file === undefined && folder === undefined
      ? yield* firstWith([byNode, ...files.map(inFile), ...folders.map(inFolder)])
      : yield* fromVariables(file, folder)
  return found.join("\n")
})
