// A reader of BER (X.690), for PKCS #12 files and LDAP. PKCS #12 files are usually DER, but the key store of macOS writes
// indefinite lengths and strings in pieces.

/** One value. `body` is its content: bytes, or the values inside. */
export interface Value {
  /** The identifier octet: class, form and number of the tag. */
  readonly tag: number
  readonly body: Uint8Array
}

/** The bytes are not BER, or not the expected structure. */
export class BerInvalid extends Error {}

const constructed = 0x20
const indefinite = 0x80
// A PKCS #12 file nests about 15 levels.
const mostLevels = 64

interface Placed extends Value {
  /** The offset after the value. */
  readonly next: number
}

const byteAt = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at]
  if (byte === undefined) throw new BerInvalid("it ends too early")
  return byte
}

const readLength = (bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } => {
  const first = byteAt(bytes, at)
  if (first < indefinite) return { length: first, start: at + 1 }
  const count = first & 0x7f
  if (count > 4) throw new BerInvalid("a length in it is too large")
  let length = 0
  for (let index = 0; index < count; index++) length = length * 256 + byteAt(bytes, at + 1 + index)
  return { length, start: at + 1 + count }
}

const readAt = (bytes: Uint8Array, at: number, level: number): Placed => {
  if (level > mostLevels) throw new BerInvalid("its values are nested too deeply")
  const tag = byteAt(bytes, at)
  if ((tag & 0x1f) === 0x1f) throw new BerInvalid("it has a tag that PKCS #12 does not use")
  if (byteAt(bytes, at + 1) !== indefinite) {
    const { length, start } = readLength(bytes, at + 1)
    if (start + length > bytes.length) throw new BerInvalid("it ends too early")
    return { tag, body: bytes.subarray(start, start + length), next: start + length }
  }
  if ((tag & constructed) === 0) throw new BerInvalid("a string in it has no length")
  let end = at + 2
  while (byteAt(bytes, end) !== 0 || byteAt(bytes, end + 1) !== 0) end = readAt(bytes, end, level + 1).next
  return { tag, body: bytes.subarray(at + 2, end), next: end + 2 }
}

/** Reads the first value of some bytes. */
export const readValue = (bytes: Uint8Array): Value => readAt(bytes, 0, 0)

/** The values inside a value. */
export const inside = ({ body }: Value): ReadonlyArray<Value> => {
  const values: Array<Value> = []
  for (let at = 0; at < body.length; ) {
    const value = readAt(body, at, 0)
    values.push(value)
    at = value.next
  }
  return values
}

/** The value at an index inside a value. */
export const part = (value: Value, index: number): Value => {
  const found = inside(value)[index]
  if (found === undefined) throw new BerInvalid("a value in it is missing")
  return found
}

const octetsAt = (value: Value, level: number): Uint8Array => {
  if (level > mostLevels) throw new BerInvalid("its values are nested too deeply")
  return (value.tag & constructed) === 0
    ? value.body
    : Buffer.concat(inside(value).map((each) => octetsAt(each, level + 1)))
}

/** The bytes of a string, which can consist of pieces. */
export const octets = (value: Value): Uint8Array => octetsAt(value, 0)

/** A small whole number. */
export const wholeNumber = ({ body }: Value): number => {
  if (body.length > 5) throw new BerInvalid("a number in it is too large")
  return body.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** An object identifier as text, such as `1.2.840.113549.1.7.1`. */
export const identifier = ({ body }: Value): string => {
  const arcs: Array<number> = []
  let arc = 0
  for (const byte of body) {
    arc = arc * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [first = 0, ...others] = arcs
  const root = Math.min(Math.floor(first / 40), 2)
  return [root, first - root * 40, ...others].join(".")
}
