/** Returns the length of the character that begins with a lead byte, bytes. Returns 1 for any other byte. */
const sequenceLength = (lead: number): number =>
  lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) === 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 1

/** Returns the length of the well-formed character at `at`, bytes, or 0 if there is none (Unicode 15, table 3-7). */
export const characterLength = (bytes: Uint8Array, at: number): number => {
  const lead = bytes[at] as number
  if (lead < 0x80) return 1
  const length = sequenceLength(lead)
  if (length === 1 || at + length > bytes.length) return 0
  const second = bytes[at + 1] as number
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let next = at + 2; next < at + length; next++) {
    if (((bytes[next] as number) & 0xc0) !== 0x80) return 0
  }
  return length
}

/** Returns the code point of a well-formed character of `length` bytes. */
export const codePointAt = (bytes: Uint8Array, at: number, length: number): number => {
  let code = length === 1 ? (bytes[at] as number) : (bytes[at] as number) & (0x7f >> length)
  for (let next = at + 1; next < at + length; next++) code = (code << 6) | ((bytes[next] as number) & 0x3f)
  return code
}

/** Returns the number of bytes of an incomplete character at the end: 0 to 3. */
export const begunTail = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0xc0) === 0x80) continue
    return sequenceLength(byte) > back ? back : 0
  }
  return 0
}

/** Whether all bytes are well-formed UTF-8. */
export const isUtf8 = (bytes: Uint8Array): boolean => wellFormedLength(bytes) === bytes.length

/** Returns the number of bytes of the well-formed characters at the start. */
export const wellFormedLength = (bytes: Uint8Array): number => {
  let at = 0
  while (at < bytes.length) {
    if ((bytes[at] as number) < 0x80) {
      at++
      continue
    }
    const length = characterLength(bytes, at)
    if (length === 0) return at
    at += length
  }
  return at
}
