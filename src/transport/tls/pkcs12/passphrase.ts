import { createDecipheriv, createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto"
import { identifier, inside, octets, part, type Value, wholeNumber } from "../ber.ts"
import { decryptRc2 } from "./rc2.ts"

// The algorithms that protect a PKCS #12 file with a passphrase (RFC 7292, RFC 8018).

/** The passphrase is wrong, or the file is damaged. Without a checksum the two look the same. */
export class WrongPassphrase extends Error {}

/** The file uses an algorithm that this program does not know. */
export class UnknownAlgorithm extends Error {}

// More iterations would take seconds, during which the event loop stands still. Java writes 100 000.
const mostIterations = 1_000_000

const iterationsOf = (value: Value): number => {
  const count = wholeNumber(value)
  if (count < 1 || count > mostIterations) throw new UnknownAlgorithm(`${count} iterations`)
  return count
}

const hashes: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
  "2.16.840.1.101.3.4.2.4": "sha224",
}

const hmacs: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
}

const known = <A>(table: Readonly<Record<string, A>>, id: string): A => {
  const found = table[id]
  if (found === undefined) throw new UnknownAlgorithm(id)
  return found
}

/** A passphrase for the key derivation of PKCS #12: UTF-16 with a zero at its end (RFC 7292, appendix B.1). */
export const wide = (passphrase: string): Uint8Array => {
  const bytes = Buffer.from(`${passphrase}\0`, "utf16le")
  return bytes.swap16()
}

/** Repeats bytes up to a multiple of the block length. */
const filled = (bytes: Uint8Array, block: number): Uint8Array => {
  const length = Math.ceil(bytes.length / block) * block
  return Uint8Array.from({ length }, (_, index) => bytes[index % bytes.length] ?? 0)
}

interface Derivation {
  readonly hash: string
  readonly passphrase: Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
}

/** Derives bytes for a purpose: 1 a key, 2 an initialisation vector, 3 the key of a checksum (RFC 7292, appendix B.2). */
const derive = (purpose: 1 | 2 | 3, length: number, { hash, iterations, passphrase, salt }: Derivation): Uint8Array => {
  const block = hash === "sha384" || hash === "sha512" ? 128 : 64
  const diversifier = new Uint8Array(block).fill(purpose)
  const input = Buffer.concat([filled(salt, block), filled(passphrase, block)])
  const pieces: Array<Uint8Array> = []
  for (let made = 0; made < length; ) {
    let digest = createHash(hash).update(diversifier).update(input).digest()
    for (let round = 1; round < iterations; round++) digest = createHash(hash).update(digest).digest()
    pieces.push(digest)
    made += digest.length
    const addend = filled(digest, block).subarray(0, block)
    for (let start = 0; start < input.length; start += block) {
      let carry = 1
      for (let index = block - 1; index >= 0; index--) {
        const sum = (input[start + index] ?? 0) + (addend[index] ?? 0) + carry
        input[start + index] = sum & 0xff
        carry = sum >> 8
      }
    }
  }
  return Buffer.concat(pieces).subarray(0, length)
}

const withoutPadding = (plain: Buffer): Buffer => {
  const count = plain.at(-1) ?? 0
  const isPadding = count >= 1 && count <= 8 && plain.subarray(-count).every((byte) => byte === count)
  if (!isPadding) throw new WrongPassphrase()
  return plain.subarray(0, -count)
}

const decipher = (cipher: string, key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer => {
  const made = createDecipheriv(cipher, key, iv)
  try {
    return Buffer.concat([made.update(bytes), made.final()])
  } catch {
    throw new WrongPassphrase()
  }
}

const ciphers: Readonly<Record<string, readonly [string, number]>> = {
  "2.16.840.1.101.3.4.1.2": ["aes-128-cbc", 16],
  "2.16.840.1.101.3.4.1.22": ["aes-192-cbc", 24],
  "2.16.840.1.101.3.4.1.42": ["aes-256-cbc", 32],
  "1.2.840.113549.3.7": ["des-ede3-cbc", 24],
}

/** A key by PBKDF2 (RFC 8018, appendix A.2), which takes the passphrase as UTF-8. */
const derivePbkdf2 = (algorithm: Value, passphrase: string, length: number): Uint8Array => {
  const id = identifier(part(algorithm, 0))
  if (id !== "1.2.840.113549.1.5.12") throw new UnknownAlgorithm(id)
  const [salt, iterations, ...others] = inside(part(algorithm, 1))
  if (salt === undefined || iterations === undefined) throw new UnknownAlgorithm(id)
  const prf = others.find(({ tag }) => tag === 0x30)
  const hash = prf === undefined ? "sha1" : known(hmacs, identifier(part(prf, 0)))
  return pbkdf2Sync(passphrase, octets(salt), iterationsOf(iterations), length, hash)
}

const decryptPbes2 = (parameters: Value, passphrase: string, bytes: Uint8Array): Buffer => {
  const scheme = part(parameters, 1)
  const [cipher, keyBytes] = known(ciphers, identifier(part(scheme, 0)))
  const key = derivePbkdf2(part(parameters, 0), passphrase, keyBytes)
  return decipher(cipher, key, octets(part(scheme, 1)), bytes)
}

// The algorithms of PKCS #12 itself (RFC 7292, appendix C), without RC4: the name and the length of the key.
const ownSchemes: Readonly<Record<string, readonly ["des" | "rc2", number]>> = {
  "1.2.840.113549.1.12.1.3": ["des", 24],
  "1.2.840.113549.1.12.1.4": ["des", 16],
  "1.2.840.113549.1.12.1.5": ["rc2", 16],
  "1.2.840.113549.1.12.1.6": ["rc2", 5],
}

/** The two forms of a passphrase. `wide` of no passphrase can be empty, so the caller chooses it. */
export interface Passphrase {
  readonly text: string
  readonly wide: Uint8Array
}

/** Decrypts bytes with an algorithm that a passphrase protects. */
export const decrypt = (algorithm: Value, passphrase: Passphrase, bytes: Uint8Array): Buffer => {
  const id = identifier(part(algorithm, 0))
  const parameters = part(algorithm, 1)
  if (id === "1.2.840.113549.1.5.13") return decryptPbes2(parameters, passphrase.text, bytes)
  const [kind, keyBytes] = known(ownSchemes, id)
  const derivation: Derivation = {
    hash: "sha1",
    passphrase: passphrase.wide,
    salt: octets(part(parameters, 0)),
    iterations: iterationsOf(part(parameters, 1)),
  }
  const key = derive(1, keyBytes, derivation)
  const iv = derive(2, 8, derivation)
  if (kind === "rc2") return withoutPadding(decryptRc2(key, iv, bytes))
  return decipher("des-ede3-cbc", keyBytes === 24 ? key : Buffer.concat([key, key.subarray(0, 8)]), iv, bytes)
}

/** The checksum of a file with a passphrase, by PBMAC1 (RFC 9579). */
const pbmac1 = (parameters: Value, passphrase: string, content: Uint8Array): Uint8Array => {
  const [derivation, scheme] = inside(parameters)
  if (derivation === undefined || scheme === undefined) throw new UnknownAlgorithm("PBMAC1")
  const hash = known(hmacs, identifier(part(scheme, 0)))
  const [, , length] = inside(part(derivation, 1))
  const keyBytes = length === undefined || length.tag !== 0x02 ? 64 : wholeNumber(length)
  return createHmac(hash, derivePbkdf2(derivation, passphrase, keyBytes))
    .update(content)
    .digest()
}

/** Whether the checksum of a file fits its content and a passphrase (RFC 7292, section 4). */
export const isChecksumOf = (macData: Value, content: Uint8Array, passphrase: Passphrase): boolean => {
  const [info, salt, iterations] = inside(macData)
  if (info === undefined || salt === undefined) throw new UnknownAlgorithm("MacData")
  const algorithm = part(info, 0)
  const expected = octets(part(info, 1))
  const id = identifier(part(algorithm, 0))
  const checksum = (): Uint8Array => {
    if (id === "1.2.840.113549.1.5.14") return pbmac1(part(algorithm, 1), passphrase.text, content)
    const hash = known(hashes, id)
    const key = derive(3, expected.length, {
      hash,
      passphrase: passphrase.wide,
      salt: octets(salt),
      iterations: iterations === undefined ? 1 : iterationsOf(iterations),
    })
    return createHmac(hash, key).update(content).digest()
  }
  const made = checksum()
  return made.length === expected.length && timingSafeEqual(made, expected)
}
