/** The encodings in which a character has one byte or several. */
export const mixedEncodings: ReadonlyArray<string> = ["gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"]

// A byte below this is never part of a character of several bytes, in any of these encodings.
const lowestPart = 0x30

/** Whether a character of this encoding has two bytes or four. */
export const isPaired = (encoding: string): boolean => encoding.startsWith("utf-16")

/**
 * A place in the last bytes of a stream at which a decoder can begin, so that it holds at their end what a decoder of the
 * whole stream would hold. They may have been cut from the stream at any byte.
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
  // The first half of a surrogate pair waits for the second one.
  return (high & 0xfc) === 0xd8 ? whole - 2 : whole
}

// So many more zeros at one kind of place than at the other say where characters begin.
const clear = 8

/**
 * The offset of the first whole character, 0 or 1. A stream is cut at an even place, unless its zeros say otherwise: in
 * most text the high byte of a character is zero far more often than the low one.
 */
const phase = (isLittle: boolean, bytes: Uint8Array): number => {
  let balance = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0) balance += at % 2 === (isLittle ? 1 : 0) ? 1 : -1
  }
  return balance <= -clear ? 1 : 0
}
