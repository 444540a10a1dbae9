import { BerInvalid, inside, octets, readValue, wholeNumber } from "../ber.ts"
import { ask, type Dialogue, found, more, type Read, refused } from "./dialogue.ts"

// PostgreSQL and LDAP, whose servers do not greet.

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

// The length of the request in bytes, and the number 1234.5679 in place of a version of the protocol.
const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47)

const readPostgres = (bytes: Uint8Array): Read<string> => {
  const [first] = bytes
  if (first === undefined) return more
  const letter = String.fromCharCode(first)
  if (letter === "S" || letter === "N") return found(letter, 1)
  return letter === "E" ? readError(bytes) : { _tag: "Invalid", sent: text(bytes) }
}

const mostErrorBytes = 16 * 1024

/** Reads an ErrorResponse: `E`, the length without this letter, and fields that begin with a letter and end with 0. */
const readError = (bytes: Uint8Array): Read<string> => {
  if (bytes.length < 5) return more
  const length = Buffer.from(bytes.subarray(1, 5)).readUInt32BE() + 1
  if (length > mostErrorBytes) return { _tag: "Invalid", sent: text(bytes) }
  if (bytes.length < length) return more
  const fields = text(bytes.subarray(5, length)).split("\0")
  const message = fields.find((field) => field.startsWith("M"))
  return found(message?.slice(1) ?? fields.join(" "), length)
}

/** SSLRequest of PostgreSQL (its documentation, section "SSL Session Encryption"). */
export function* postgres(): Dialogue {
  const answer = yield* ask({ send: sslRequest, awaits: "its answer to SSLRequest", read: readPostgres })
  if (answer === "S") return undefined
  return refused("SSLRequest", answer === "N" ? 'it answered "N", so TLS is switched off there' : answer)
}

const startTlsName = new TextEncoder().encode("1.3.6.1.4.1.1466.20037")

// LDAPMessage with the number 1 and an ExtendedRequest (RFC 4511, section 4.12).
const extendedRequest = Uint8Array.of(
  ...[0x30, startTlsName.length + 7, 0x02, 1, 1],
  ...[0x77, startTlsName.length + 2, 0x80, startTlsName.length],
  ...startTlsName,
)

const sequence = 0x30
const extendedResponse = 0x78

interface LdapResult {
  readonly code: number
  readonly message: string
}

const resultCodes: Readonly<Record<number, string>> = {
  1: "operationsError",
  2: "protocolError",
  8: "strongerAuthRequired",
  51: "busy",
  52: "unavailable",
  53: "unwillingToPerform",
  80: "other",
}

/** The length of a message from its first bytes. `undefined` if more bytes are necessary. */
const messageLength = (bytes: Uint8Array): number | undefined => {
  const first = bytes[1]
  if (first === undefined || bytes.length < 2 + (first & 0x7f) * Number(first > 0x80)) return undefined
  if (first <= 0x80) return 2 + first
  return bytes.subarray(2, 2 + (first & 0x7f)).reduce((sum, byte) => sum * 256 + byte, 0) + 2 + (first & 0x7f)
}

const readLdap = (bytes: Uint8Array): Read<LdapResult> => {
  const invalid = { _tag: "Invalid", sent: text(bytes) } as const
  if (bytes.length > 0 && bytes[0] !== sequence) return invalid
  const length = messageLength(bytes)
  if (length === undefined || bytes.length < length) return more
  try {
    const [, response] = inside(readValue(bytes.subarray(0, length)))
    if (response?.tag !== extendedResponse) return invalid
    const [code, , message] = inside(response)
    if (code === undefined || message === undefined) return invalid
    return found({ code: wholeNumber(code), message: text(octets(message)) }, length)
  } catch (error) {
    if (error instanceof BerInvalid) return invalid
    throw error
  }
}

/** StartTLS of LDAP (RFC 4511, section 4.14). */
export function* ldap(): Dialogue {
  const { code, message } = yield* ask({ send: extendedRequest, awaits: "its answer to StartTLS", read: readLdap })
  if (code === 0) return undefined
  const name = resultCodes[code]
  return refused("StartTLS", `result ${code}${name === undefined ? "" : ` (${name})`}${message && `, ${message}`}`)
}
