/** The encodings in which some characters have one byte and others have several, except UTF-8. */
export const mixedEncodings: ReadonlyArray<string> = ["gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"]

// In these encodings, a byte below this value is never part of a multi-byte character.
const lowestPart = 0x30

/** Whether the characters of an encoding have two or four bytes (UTF-16). */
export const isPaired = (encoding: string): boolean => encoding.startsWith("utf-16")

/**
 * Returns an offset in `bytes` at which a new decoder can start. `bytes` are the last bytes of a stream, and may begin
 * in the middle of a character. At the end of `bytes`, the new decoder has the same state as a decoder that has read
 * the whole stream.
 */
export const safeStart = (encoding: string, bytes: Uint8Array): number => {
  if (isPaired(encoding)) return pairStart(encoding, bytes)
  if (!mixedEncodings.includes(encoding)) return bytes.length
  for (let at = bytes.length; at > 0; at--) {
    if ((bytes[at - 1] as number) < lowestPart) return at
  }
  return 0
}

const pairStart = (encoding: string, bytes: Uint8Array): number => {
  const isLittle = encoding === "utf-16le"
  const from = phase(isLittle, bytes)
  const whole = bytes.length - ((bytes.length - from) % 2)
  const high = whole >= from + 2 ? (bytes[isLittle ? whole - 1 : whole - 2] as number) : 0
  // The first half of a surrogate pair at the end is incomplete, so the decoder must start before it.
  return (high & 0xfc) === 0xd8 ? whole - 2 : whole
}

// `phase` counts the zeros at even and at odd offsets. If the counts differ by at least this number, they show at which
// offsets the characters begin.
const clear = 8

/**
 * Returns whether the first whole character of UTF-16 begins at offset 0 or 1. In most text, the high byte of a
 * character is zero far more often than the low byte, so the zeros show the high bytes. Returns 0 if they show nothing.
 */
const phase = (isLittle: boolean, bytes: Uint8Array): number => {
  let balance = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0) balance += at % 2 === (isLittle ? 1 : 0) ? 1 : -1
  }
  return balance <= -clear ? 1 : 0
}
