import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { TlsError } from "../../../domain/index.ts"
import type { IdentityContent, Pkcs12 } from "../../tlsTypes.ts"
import { BerInvalid, identifier, inside, octets, part, readValue, type Value } from "../ber.ts"
import { passphraseFailure } from "../passphraseFailure.ts"
import { decrypt, isChecksumOf, type Passphrase, UnknownAlgorithm, WrongPassphrase, wide } from "./passphrase.ts"

// Node passes a PKCS #12 file to OpenSSL, but neither lists its certificates, nor keeps its CAs apart from the CAs that
// a server trusts, nor opens files with RC2. So this file reads it (RFC 7292).

const data = "1.2.840.113549.1.7.1"
const encryptedData = "1.2.840.113549.1.7.6"
const keyBag = "1.2.840.113549.1.12.10.1.1"
const shroudedKeyBag = "1.2.840.113549.1.12.10.1.2"
const certificateBag = "1.2.840.113549.1.12.10.1.3"
const nestedBag = "1.2.840.113549.1.12.10.1.6"
const x509 = "1.2.840.113549.1.9.22.1"

interface Found {
  readonly keys: Array<KeyObject>
  readonly certificates: Array<X509Certificate>
}

const privateKeyOf = (bytes: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(bytes), format: "der", type: "pkcs8" })

/** A passphrase to open a file with. */
interface Unlocking extends Passphrase {
  /** Whether the checksum of the file has shown that the passphrase is right. */
  readonly isProven: boolean
}

/**
 * Reads what a passphrase has decrypted. Without a checksum, one wrong passphrase in 256 decrypts to bytes that end like
 * a right result, so bytes that cannot be read count as those of a wrong passphrase.
 */
const reading = <A>({ isProven }: Unlocking, read: () => A): A => {
  try {
    return read()
  } catch (error) {
    throw isProven || error instanceof UnknownAlgorithm ? error : new WrongPassphrase()
  }
}

const readBag = (bag: Value, passphrase: Unlocking, found: Found, level: number): void => {
  const value = part(part(bag, 1), 0)
  switch (identifier(part(bag, 0))) {
    case keyBag:
      // The DER of a value begins with its tag, which `body` does not have.
      found.keys.push(privateKeyOf(part(bag, 1).body))
      break
    case shroudedKeyBag:
      found.keys.push(
        reading(passphrase, () => privateKeyOf(decrypt(part(value, 0), passphrase, octets(part(value, 1))))),
      )
      break
    case certificateBag:
      if (identifier(part(value, 0)) === x509) {
        found.certificates.push(new X509Certificate(octets(part(part(value, 1), 0))))
      }
      break
    case nestedBag:
      if (level > 8) throw new BerInvalid("its bags are nested too deeply")
      for (const each of inside(value)) readBag(each, passphrase, found, level + 1)
  }
}

const readBags = (contents: Uint8Array, passphrase: Unlocking, found: Found): void => {
  for (const bag of inside(readValue(contents))) readBag(bag, passphrase, found, 0)
}

const readSafe = (info: Value, passphrase: Unlocking, found: Found): void => {
  const id = identifier(part(info, 0))
  const content = part(part(info, 1), 0)
  if (id === data) readBags(octets(content), passphrase, found)
  if (id !== encryptedData) return
  const encrypted = part(content, 1)
  reading(passphrase, () =>
    readBags(decrypt(part(encrypted, 1), passphrase, octets(part(encrypted, 2))), passphrase, found),
  )
}

const readSafes = (safes: Uint8Array, passphrase: Unlocking): Found => {
  const found: Found = { keys: [], certificates: [] }
  for (const info of inside(readValue(safes))) readSafe(info, passphrase, found)
  return found
}

/** The passphrases to try: programs derive the key of an empty passphrase from `00 00` or from no bytes. */
const candidates = (text: string): ReadonlyArray<Passphrase> => [
  { text, wide: wide(text) },
  ...(text === "" ? [{ text, wide: new Uint8Array(0) }] : []),
]

const openFile = (file: Uint8Array, text: string): Found => {
  const [, authSafe, macData] = inside(readValue(file))
  if (authSafe === undefined) throw new BerInvalid("it has no content")
  const id = identifier(part(authSafe, 0))
  if (id !== data) throw new UnknownAlgorithm(id)
  const safes = octets(part(part(authSafe, 1), 0))
  const [first, ...others] = candidates(text)
  const fitting =
    macData === undefined ? first : [first, ...others].find((each) => each && isChecksumOf(macData, safes, each))
  if (fitting === undefined) throw new WrongPassphrase()
  return readSafes(safes, { ...fitting, isProven: macData !== undefined })
}

/** The certificates between a certificate and its root, in the order of a handshake (RFC 8446, section 4.4.2). */
const chainOf = (leaf: X509Certificate, others: ReadonlyArray<X509Certificate>): ReadonlyArray<X509Certificate> => {
  const chain: Array<X509Certificate> = []
  for (let last = leaf; ; ) {
    const issuer = others.find((each) => !chain.includes(each) && !each.checkIssued(each) && last.checkIssued(each))
    if (issuer === undefined) return chain
    chain.push(issuer)
    last = issuer
  }
}

const pemOf = (certificates: ReadonlyArray<X509Certificate>): string =>
  certificates.map((each) => each.toString()).join("")

const problemOf = (error: unknown): string => {
  if (error instanceof UnknownAlgorithm) return `it is protected by an unknown algorithm (${error.message})`
  return error instanceof BerInvalid ? `it is damaged: ${error.message}` : "it is damaged"
}

const invalid = (problem: string) => new TlsError({ part: "PKCS #12 file", problem })

/** Reads a PKCS #12 file. */
export const readPkcs12 = ({ passphrase, pfx }: Pkcs12): Effect.Effect<IdentityContent, TlsError> =>
  Effect.gen(function* () {
    const text = passphrase === undefined ? "" : Redacted.value(passphrase)
    const { certificates, keys } = yield* Effect.try({
      try: () => openFile(pfx, text),
      catch: (error) =>
        error instanceof WrongPassphrase
          ? new TlsError({ part: "PKCS #12 file", ...passphraseFailure(passphrase !== undefined) })
          : invalid(problemOf(error)),
    })
    const [key] = keys
    if (key === undefined) return yield* invalid("it contains no private key")
    const leaf = certificates.find((each) => each.checkPrivateKey(key))
    if (leaf === undefined) return yield* invalid("it contains no certificate for its private key")
    const others = certificates.filter((each) => each !== leaf)
    const cas = others.filter(({ ca }) => ca)
    return {
      identity: {
        cert: pemOf([leaf, ...chainOf(leaf, others)]),
        key: Redacted.make(key.export({ type: "pkcs8", format: "pem" }).toString()),
      },
      ca: cas.length === 0 ? undefined : pemOf(cas),
    }
  })
